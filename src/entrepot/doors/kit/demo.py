"""The accounts of a demo world, which its sign-in pages may show. Outside a demo world there are none."""

import json
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from django.conf import settings


class DemoAccount(TypedDict):
    """One account: back office, what it stands for, user name and password."""

    kind: str
    party: str
    username: str
    password: str


def accounts(kind: str = "") -> list[DemoAccount]:
    """Return the demo accounts of one back office or of all."""
    if not settings.DEMO:
        return []
    path = settings.DATA_DIR / "demo-accounts.json"
    if not path.exists():
        return []
    found = _read(str(path), path.stat().st_mtime_ns)
    return [account for account in found if not kind or account["kind"] == kind]


def is_demo_account(username: str) -> bool:
    """Tell whether a user name is one of the demo world's printed accounts."""
    return any(account["username"] == username for account in accounts())


@lru_cache(maxsize=4)
def _read(path: str, _changed_ns: int) -> list[DemoAccount]:
    found: list[DemoAccount] = json.loads(Path(path).read_text(encoding="utf-8"))
    return found
