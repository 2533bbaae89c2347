"""Static files straight from the packages: the address carries a hash, so browsers may keep them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class HashedAddresses(StaticFilesStorage):
    """Adds `?v=` and the content's hash to the address of every static file."""

    def url(self, name: str | None) -> str:
        """Return the address of a file."""
        mark = _hash(name or "")
        return f"{super().url(name)}?v={mark}" if mark else super().url(name)


@lru_cache(maxsize=256)
def _hash(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12] if isinstance(found, str) else ""
