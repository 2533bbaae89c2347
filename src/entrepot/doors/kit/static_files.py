"""Static files straight from the packages, no collecting: the address carries a hash, so browsers may keep them."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class HashedAddresses(StaticFilesStorage):
    """Adds `?v=` and the content's hash to the address of every static file."""

    def url(self, name: str | None) -> str:
        """Return the address of a file."""
        plain = super().url(name)
        mark = _hash(name or "") if not settings.DEBUG else ""
        return f"{plain}?v={mark}" if mark else plain


@lru_cache(maxsize=256)
def _hash(name: str) -> str:
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12] if isinstance(found, str) else ""
