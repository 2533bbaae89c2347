"""Where the files of an import lie until it is over and its refused rows are fetched."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

from entrepot.catalog.intake.sheet import BYTES_AT_MOST as SHEET_AT_MOST
from entrepot.catalog.intake.sheet import Line, Table, read, table_of
from entrepot.catalog.intake.zipped import BYTES_AT_MOST as ZIP_AT_MOST

KEPT_S = 7 * 24 * 3600
_PIECE = 1024 * 1024


class TooLarge(Exception):
    """A file is larger than it may be."""


class Readable(Protocol):
    """What a file is read from."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes."""


def folder(import_id: int) -> Path:
    """Return the folder of one import; it need not be there."""
    return _root() / str(import_id)


def sheet_path(import_id: int) -> Path:
    """Return where the sheet of an import lies."""
    return folder(import_id) / "sheet"


def zip_path(import_id: int) -> Path:
    """Return where the pictures of an import lie."""
    return folder(import_id) / "pictures.zip"


def keep(import_id: int, *, sheet: Readable, pictures: Readable | None) -> None:
    """Keep the files of an import under names of ours. Raises TooLarge, and keeps nothing, beyond the limits."""
    place = folder(import_id)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with sheet_path(import_id).open("wb") as stream:
            _copy(sheet, stream=stream, most=SHEET_AT_MOST)
        if pictures is not None:
            with zip_path(import_id).open("wb") as stream:
                _copy(pictures, stream=stream, most=ZIP_AT_MOST)
    except TooLarge:
        shutil.rmtree(place)
        raise


def take_in(import_id: int) -> None:
    """Read the sheet of an import and keep its rows as text beside it. Raises Unreadable.

    Taking a workbook apart costs more than judging its rows, and the worker and the page of refused rows need them too.
    """
    table = read(sheet_path(import_id))
    rows = {
        "headings": table.headings,
        "numbers": [line.number for line in table.lines],
        "cells": [line.cells for line in table.lines],
    }
    draft = _rows_path(import_id).with_suffix(".draft")
    draft.write_text(json.dumps(rows, ensure_ascii=False, check_circular=False), encoding="utf-8")
    draft.replace(_rows_path(import_id))


def table(import_id: int) -> Table:
    """Return the sheet of an import as it was read when it was taken in.

    Raises Unreadable, and FileNotFoundError when the files are forgotten.
    """
    try:
        rows = json.loads(_rows_path(import_id).read_bytes())
    except FileNotFoundError:
        return read(sheet_path(import_id))
    return table_of(rows["headings"], lines=list(map(Line, rows["numbers"], rows["cells"])))


def sweep() -> None:
    """Forget files nobody has needed for a week."""
    for place in _root().glob("*"):
        if time.time() - place.stat().st_mtime > KEPT_S:
            shutil.rmtree(place, ignore_errors=True)


def drop_pictures(import_id: int) -> None:
    """Forget the zip of an import that is over; the sheet stays for its refused rows."""
    zip_path(import_id).unlink(missing_ok=True)


def _rows_path(import_id: int) -> Path:
    return folder(import_id) / "rows.json"


def _copy(source: Readable, *, stream: IO[bytes], most: int) -> None:
    size = 0
    for piece in _pieces(source):
        size += len(piece)
        if size > most:
            raise TooLarge(most)
        stream.write(piece)


def _pieces(source: Readable) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _root() -> Path:
    return Path(settings.DATA_DIR) / "imports" / "goods"
