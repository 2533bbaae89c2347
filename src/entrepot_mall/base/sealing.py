"""Encryption of single fields: secrets of connections lie sealed in the database."""

import base64
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


@cache
def _cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings.FIELD_KEY))


def seal(plain: str) -> bytes:
    """The text encrypted and authenticated; nothing stays nothing."""
    if not plain:
        return b""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, plain.encode(), None)


def unseal(sealed: bytes | memoryview) -> str:
    """The plain text of `seal`. Raises InvalidTag when it was altered or sealed under another key."""
    sealed = bytes(sealed)
    return _cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode() if sealed else ""
