"""Every fault of a body's shape: walked only once it has been refused."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

AT_MOST = 50
"""So many faults are named; who has more of them mends one cause, not each."""


@cache
def _fields(shape: type) -> dict[str, tuple[Any, bool]]:
    """Return the type of each field of a struct and whether it must be given."""
    hints = get_type_hints(shape, include_extras=True)
    return {field.encode_name: (hints[field.name], field.required) for field in msgspec.structs.fields(shape)}


def faults_of(value: Any, wanted: Any) -> list[tuple[str, str]]:
    """Return pointer and message of each fault of a parsed body, in the order of its fields; the first `AT_MOST`.

    A message is the decoder's own, or `One of` the values to choose from; a missing or unknown field is named as the decoder names it.
    """
    return list(islice(_faults(value, wanted, ""), AT_MOST))


def _faults(value: Any, wanted: Any, pointer: str) -> Iterator[tuple[str, str]]:
    # What is right as a whole is not walked, so that a large body costs little more than to be read once more.
    try:
        msgspec.convert(value, wanted)
        return
    except msgspec.ValidationError as error:
        message = str(error)
    kind = _plain(wanted)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _faults_of_object(value, kind, pointer)
    elif isinstance(value, list) and get_origin(kind) is list and " - at `$[" in message:
        (inner,) = get_args(kind)
        for place, item in enumerate(value):
            yield from _faults(item, inner, f"{pointer}/{place}")
    elif get_origin(kind) is Literal and message.startswith("Invalid enum value"):
        yield pointer, f"One of {', '.join(str(one) for one in get_args(kind))}"
    else:
        yield pointer, message


def _faults_of_object(value: dict[str, Any], shape: type, pointer: str) -> Iterator[tuple[str, str]]:
    fields = _fields(shape)
    for name, (wanted, is_required) in fields.items():
        if name in value:
            yield from _faults(value[name], wanted, f"{pointer}/{name}")
        elif is_required:
            yield pointer, f"Object missing required field `{name}`"
    for name in value:
        if name not in fields:
            yield pointer, f"Object contains unknown field `{name}`"


def _plain(wanted: Any) -> Any:
    """Return a type without its bounds and without null, which a value that is there cannot be meant by."""
    if get_origin(wanted) is Annotated:
        return _plain(get_args(wanted)[0])
    if get_origin(wanted) in (Union, UnionType):
        (kind, *others) = [one for one in get_args(wanted) if one is not NoneType]
        return wanted if others else _plain(kind)
    return wanted
