"""Reading a request body strictly: every fault names its field."""

import re
from typing import Any, TypeVar

import msgspec

from entrepot.doors.api.problems import Problem, Words, Wrong, invalid
from entrepot.doors.api.shape_faults import faults_of

Wanted = TypeVar("Wanted")
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:unknown field|required field) `(.*)`$", re.DOTALL)
_NAME_AT_MOST = 80

_MATCHING = r"Expected `str[^`]*` matching regex .*"
# A pattern by a part of it that no other has, and what it lets through.
_PATTERNS: list[tuple[str, Words]] = [
    (_MATCHING + re.escape(part), words)
    for part, words in (
        (r"[0-9+\\- ]", ("只能含数字、空格、+ 和 -", "Digits, spaces, + and - only")),
        (r"[A-Za-z0-9._:\\-]", ("只能含字母、数字和 . _ : -", "Letters, digits and . _ : - only")),
        (r"^[0-9]", ("只能含数字", "Digits only")),
        ("[Hh][Tt]", ("须以 http:// 或 https:// 开头，不含空格", "Begins with http:// or https://, has no spaces")),
        (r"[a-z]+\\.", ("须为事件类型，如 order.shipped", "A type of event, such as order.shipped")),
        (r"\\x00-\\x1f", ("不得含换行和控制字符", "No line breaks and control characters")),
        (r"\\x00-\\x08", ("不得含控制字符", "No control characters")),
    )
]
_TYPES: dict[str, Words] = {
    "int": ("整数", "a whole number"),
    "float": ("小数", "a decimal number"),
    "str": ("文字", "a text"),
    "bool": ("true 或 false", "true or false"),
    "object": ("对象", "an object"),
    "array": ("数组", "an array"),
    "null": ("null", "null"),
}

# What the decoder says of a value, and what we say; it may repeat the value, we never do.
_WORDS: list[tuple[re.Pattern[str], Words]] = [
    (re.compile(what, re.DOTALL), words)
    for what, words in (
        (r"Expected `int[^`]*` (?P<sign>[<>]=) (?P<figure>-?\d+)", ("须 {sign} {figure}", "Must be {sign} {figure}")),
        (r"Expected `str[^`]*` of length >= (?P<figure>\d+)", ("至少 {figure} 个字符", "At least {figure} characters")),
        (r"Expected `str[^`]*` of length <= (?P<figure>\d+)", ("至多 {figure} 个字符", "At most {figure} characters")),
        (r"Expected `array` of length >= (?P<figure>\d+)", ("至少 {figure} 项", "At least {figure} items")),
        (r"Expected `array` of length <= (?P<figure>\d+)", ("至多 {figure} 项", "At most {figure} items")),
        *_PATTERNS,
        (r"Expected `str[^`]*` matching regex", ("含有不允许的字符", "Has characters that are not allowed")),
        (r"One of (?P<options>.*)", ("可选值：{options}", "One of {options}")),
        (
            r"Expected `int(?: \| null)?`, got `float`",
            ("须为整数，不能是小数；金额以分为单位", "Must be a whole number, not a decimal one; money is in fen"),
        ),
        (
            r"Expected `(?P<wanted>[^`]*)`, got `(?P<given>[^`]*)`",
            ("须为{wanted}，收到{given}", "Must be {wanted}, not {given}"),
        ),
        (r"Object missing required field", ("缺少此字段", "This field is required")),
        (r"Object contains unknown field", ("没有此字段", "There is no such field")),
        (r"Invalid enum value", ("不在可选值之内", "Not one of the values to choose from")),
        (r"", ("取值不正确", "The value is not right")),
    )
]


def read(body: bytes, wanted: type[Wanted]) -> Wanted:
    """Return the body as the wanted struct. Raises Problem: 400 for broken JSON, 422 with every fault otherwise."""
    decoder = _decoders.get(wanted)
    if decoder is None:
        decoder = _decoders[wanted] = msgspec.json.Decoder(wanted, strict=True)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid(*_all_wrong(body, wanted, first=str(error))) from None
    except UnicodeDecodeError:
        raise _no_text() from None
    except msgspec.DecodeError as error:
        raise _no_json(body, error) from None


def _no_text() -> Problem:
    return Problem("bad_json", detail=("不是合法的 UTF-8", "Not valid UTF-8"))


def _no_json(body: bytes, error: msgspec.DecodeError) -> Problem:
    if not body:
        return Problem("bad_json", detail=("请求体为空，须为 JSON 对象", "The body is empty; it must be a JSON object"))
    return Problem("bad_json", detail=(f"JSON 有误：{error}", str(error)))


def _all_wrong(body: bytes, wanted: type, *, first: str) -> list[Wrong]:
    """Return every fault of the body's shape. `first` is what the decoder stumbled over."""
    try:
        found = [_wrong(message, pointer) for pointer, message in faults_of(msgspec.json.decode(body), wanted)]
    except UnicodeDecodeError:
        raise _no_text() from None
    except msgspec.DecodeError as error:
        if "out of range" not in str(error):
            raise _no_json(body, error) from None  # behind its first fault
        found = []  # a number without end is JSON, but none that can be walked: the first fault is told alone
    except RecursionError:
        found = []  # nested without end
    # A name given twice: the decoder has refused the one before the last, which the walk does not see.
    return found or [_wrong(first, "")]


def _wrong(message: str, pointer: str) -> Wrong:
    found = _AT.match(message)
    what, path = (found["what"], found["path"] or "$") if found else (message, "$")
    pointer += _pointer(path)
    field = _FIELD.search(what)
    if field is not None:
        name = field[1][:_NAME_AT_MOST].replace("~", "~0").replace("/", "~1")
        pointer = f"{pointer}/{name}"
    return Wrong(pointer, "unknown_field" if what.startswith("Object contains") else "validation_failed", _words(what))


def _told(found: re.Match[str], *, language: int) -> dict[str, str]:
    """Return what a message names, types by the words of people; null is not named, for it may be left out as well."""
    told = found.groupdict()
    for name in {"wanted", "given"} & told.keys():
        kinds = [kind for kind in told[name].split(" | ") if kind != "null"] or ["null"]
        told[name] = " / ".join(_TYPES[kind][language] if kind in _TYPES else kind for kind in kinds)
    return told


def _pointer(path: str) -> str:
    """Return the JSON pointer of a path like `$.lines[0].qty`."""
    return "".join(f"/{part}" for part in re.findall(r"[^.\[\]$]+", path))


def _words(what: str) -> Words:
    for pattern, (chinese, english) in _WORDS:
        found = pattern.match(what)
        if found is not None:
            return chinese.format_map(_told(found, language=0)), english.format_map(_told(found, language=1))
    raise AssertionError("the last pattern matches everything")
