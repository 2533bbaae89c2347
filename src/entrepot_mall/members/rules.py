"""Phone numbers and addresses as buyers type them."""

import re
from dataclasses import dataclass

PHONE = re.compile(r"1[3-9]\d{9}")
_PROVINCE = re.compile(r"^(北京|上海|天津|重庆)市?|^(.{2,3}?省|.{2,8}?自治区|香港特别行政区|澳门特别行政区)")
_CITY = re.compile(r"^(.{2,9}?(?:自治州|地区|盟|市))")
_DISTRICT = re.compile(r"^(.{2,9}?(?:自治县|区|县|市|旗))")
MUNICIPALITIES = ("北京", "上海", "天津", "重庆")


@dataclass(frozen=True)
class Place:
    """An address, by its parts."""

    province: str
    city: str
    district: str
    address: str


def read_phone(text: str) -> str | None:
    """A mobile number of the mainland without spaces and prefix, None when it is none."""
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    return digits if PHONE.fullmatch(digits) else None


def read_place(text: str) -> Place | None:
    """The parts of an address in one line; None when province, city and district cannot be told apart."""
    rest = re.sub(r"\s+", "", text)
    match = _PROVINCE.match(rest)
    if match is None:
        return None
    if match[1]:
        province, rest = f"{match[1]}市", rest[match.end() :]
        rest = rest.removeprefix(province).removeprefix("市辖区")
        city = province
    else:
        province, rest = match[2], rest[match.end() :]
        found = _CITY.match(rest)
        if found is None:
            return None
        city, rest = found[1], rest[found.end() :]
    district = _DISTRICT.match(rest)
    if district is None or len(rest) == district.end():
        return None
    return Place(province=province, city=city, district=district[1], address=rest[district.end() :])


def place_line(*names: str) -> str:
    """The parts of an address from wide to narrow in one line, a municipality once: 重庆市, 重庆市 is 重庆市."""
    said = [name for name in names if name]
    return " ".join(name for wider, name in zip(["", *said], said, strict=False) if name != wider)


def masked_phone(phone: str) -> str:
    """A phone number that says whose it is to those who know him, and to nobody else."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"
