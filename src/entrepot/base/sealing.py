"""Encryption of single fields and keyed hashes for searching them."""

import base64
import hmac
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12


@cache
def _parts() -> tuple[AESGCM, bytes]:
    key = base64.b64decode(settings.FIELD_KEY)
    if len(key) != 32:
        raise ValueError("ENTREPOT_FIELD_KEY must be the base64 of 32 bytes")
    return AESGCM(key), hmac.digest(key, b"entrepot search hash", "sha256")


def seal(plain: bytes) -> bytes:
    """Return the bytes encrypted and authenticated with AES-256-GCM under the field key."""
    nonce = os.urandom(_NONCE_BYTES)
    return _VERSION + nonce + _parts()[0].encrypt(nonce, plain, None)


def unseal(sealed: bytes) -> bytes:
    """Return the plain bytes of `seal`. Raises InvalidTag when they were altered or sealed under another key."""
    sealed = bytes(sealed)
    if sealed[:1] != _VERSION:
        raise ValueError("sealed with an unknown version")
    return _parts()[0].decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], None)


def new_secret() -> str:
    """Return a fresh secret to sign with, as Standard Webhooks writes them: `whsec_` and base64 of 32 random bytes."""
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()


def search_hash(text: str) -> bytes:
    """Return a 16-byte keyed hash by which an encrypted field can be found again."""
    return hmac.digest(_parts()[1], text.encode(), "sha256")[:16]
