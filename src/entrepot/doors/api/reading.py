"""Reading a request body strictly: every fault names its field."""

import re
from typing import Any, TypeVar

import msgspec

from entrepot.doors.api.problems import ErrorItem, Problem, invalid

Wanted = TypeVar("Wanted")
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_FIELD = re.compile(r"(?:unknown field|required field) `([^`]*)`")


def read(body: bytes, wanted: type[Wanted]) -> Wanted:
    """Return the body as the wanted struct. Raises Problem: 400 for broken JSON, 422 with a pointer otherwise."""
    decoder = _decoders.get(wanted)
    if decoder is None:
        decoder = _decoders[wanted] = msgspec.json.Decoder(wanted, strict=True)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid(_item(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_json", status=400, detail=str(error)) from None


def _item(message: str) -> ErrorItem:
    found = _AT.match(message)
    what, path = (found["what"], found["path"] or "$") if found else (message, "$")
    pointer = _pointer(path)
    field = _FIELD.search(what)
    if field is not None:
        pointer = f"{pointer}/{field[1]}"
    return ErrorItem(pointer, "unknown_field" if "unknown field" in what else "validation_failed", what)


def _pointer(path: str) -> str:
    """Return the JSON pointer of a path like `$.lines[0].qty`."""
    return "".join(f"/{part}" for part in re.findall(r"[^.\[\]$]+", path))
