"""The pictures of an upload: a zip that is never unpacked to disk, looked up by file names alone."""

import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from django.utils.translation import gettext as _

from entrepot.base.mistakes import Mistake
from entrepot.catalog import pictures
from entrepot.catalog.intake.sheet import Unreadable
from entrepot.catalog.rules import PICTURES_AT_MOST

BYTES_AT_MOST = 500 * 1024 * 1024
UNPACKED_AT_MOST = 2 * 1024 * 1024 * 1024
ENTRIES_AT_MOST = 30_000
_FORMS = (".jpg", ".jpeg", ".png", ".webp", ".gif")
# What follows a goods number in the name of one of its pictures: a place, after a letter or word for the details.
_TAIL = re.compile(
    r"(?P<stem>.+?)[-_ ]+(?:(?P<detail>详情|detail|d)[-_ ]*)?(?:\(?(?P<place>\d{1,3})\)?|(?<=[情ldLD]))", re.IGNORECASE
)


class Zip:
    """An opened zip of pictures. Only names are looked at until a picture is asked for."""

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > BYTES_AT_MOST:
            raise Unreadable(_("The zip is larger than %(limit)d MB.") % {"limit": BYTES_AT_MOST // 1024 // 1024})
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as wrong:
            raise Unreadable(_("The zip of pictures is damaged.")) from wrong
        entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        if len(entries) > ENTRIES_AT_MOST:
            raise Unreadable(_("The zip holds more than %(limit)d files.") % {"limit": ENTRIES_AT_MOST})
        if sum(entry.file_size for entry in entries) > UNPACKED_AT_MOST:
            raise Unreadable(_("The zip unpacks to more than %(limit)d MB.") % {
                "limit": UNPACKED_AT_MOST // 1024 // 1024
            })  # fmt: skip
        self._named: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        self._of_goods: dict[str, list[tuple[bool, int, str]]] = defaultdict(list)
        for entry in entries:
            self._note(entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    def _note(self, entry: zipfile.ZipInfo) -> None:
        # Where in the zip a file lies says nothing: its bare name is all that is used, so no path can lead astray.
        name = PurePosixPath(_decoded(entry).replace("\\", "/")).name
        stem, dot, form = name.rpartition(".")
        if not stem or name.startswith((".", "__")) or f"{dot}{form}".casefold() not in _FORMS:
            return
        self._named[name.casefold()].append(entry)
        found = _TAIL.fullmatch(stem)
        self._of_goods[stem.casefold()].append((False, 0, name))
        if found:
            place = int(found["place"] or 0)
            self._of_goods[found["stem"].casefold()].append((bool(found["detail"]), place, name))

    def names_for(self, goods_no: str, *, others: Collection[str]) -> tuple[list[str], list[str]]:
        """Return the pictures and detail pictures that are named after goods: `A1.jpg`, `A1-2.jpg`, `A1-d1.jpg`.

        `others` are the numbers of all goods of the sheet, casefolded: `A1-2.jpg` belongs to goods `A1-2` if there are.
        """
        own = goods_no.casefold()
        found = [
            one
            for one in sorted(self._of_goods.get(own, ()))
            if (stem := one[2].rpartition(".")[0].casefold()) == own or stem not in others
        ]
        images = list(dict.fromkeys(name for is_detail, _place, name in found if not is_detail))
        details = list(dict.fromkeys(name for is_detail, _place, name in found if is_detail))
        return images[:PICTURES_AT_MOST], details[:PICTURES_AT_MOST]

    def fault(self, name: str) -> str:
        """Return why a picture cannot be used, as far as its name and size tell; empty when nothing is wrong."""
        entries = self._named.get(name.casefold(), [])
        if not entries:
            return _("There is no picture “%(name)s” in the zip.") % {"name": name[:60]}
        if len(entries) > 1:
            return _("There are several pictures “%(name)s” in the zip.") % {"name": name[:60]}
        if entries[0].flag_bits & 1:
            return _("“%(name)s” is locked by a password.") % {"name": name[:60]}
        if entries[0].file_size > pictures.BYTES_AT_MOST:
            return _("“%(name)s” is too large.") % {"name": name[:60]}
        return ""

    def store(self, name: str) -> str:
        """Keep a picture and return its path. Refuses what is no picture, and one larger than it said."""
        (entry,) = self._named[name.casefold()]
        try:
            with self._archive.open(entry) as stream:
                data = stream.read(pictures.BYTES_AT_MOST + 1)
        except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError, zlib.error) as wrong:
            raise Mistake("images", _("“%(name)s” is damaged.") % {"name": name[:60]}) from wrong
        try:
            return pictures.store(data)
        except Mistake as mistake:
            raise Mistake("images", f"{name[:60]}: {mistake.reason}") from mistake


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Return a name as it was meant: older programs write Chinese in GB18030 and do not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
