"""Encryption of single fields and keyed hashes for searching them."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12
_cache: dict[str, tuple[AESGCM, bytes]] = {}


def _parts() -> tuple[AESGCM, bytes]:
    encoded: str = settings.FIELD_KEY
    found = _cache.get(encoded)
    if found is None:
        key = base64.b64decode(encoded)
        if len(key) != 32:
            raise ValueError("ENTREPOT_FIELD_KEY must be the base64 of 32 bytes")
        hash_key = hmac.new(key, b"entrepot search hash", hashlib.sha256).digest()
        found = _cache[encoded] = (AESGCM(key), hash_key)
    return found


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


def search_hash(text: str) -> bytes:
    """Return a 16-byte keyed hash by which an encrypted field can be found again."""
    return hmac.new(_parts()[1], text.encode(), hashlib.sha256).digest()[:16]
