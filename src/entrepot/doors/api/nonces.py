"""Nonces seen in the last ten minutes, kept as 8-byte hashes in ten generations."""

import time

_GENERATIONS = 11
_SPAN_S = 60


class Nonces:
    """Remembers each nonce of a key for at least 600 s; losing the memory in a crash is fine, writes are idempotent."""

    def __init__(self) -> None:
        self._sets: list[set[int]] = [set()]
        self._turned_at = time.monotonic()

    def is_new(self, key: str, nonce: str) -> bool:
        """Return whether the nonce has not been used with this key, and remember it."""
        now = time.monotonic()
        while now - self._turned_at >= _SPAN_S:
            self._sets.insert(0, set())
            del self._sets[_GENERATIONS:]
            self._turned_at += _SPAN_S
        mark = hash((key, nonce))
        for seen in self._sets:
            if mark in seen:
                return False
        self._sets[0].add(mark)
        return True
