"""Named SQL of the desk: each statement in the `.sql` files stands under a line `-- name: …`."""

import re
from pathlib import Path


def _load() -> dict[str, str]:
    statements: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*.sql")):
        for part in re.split(r"^-- name: ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, body = part.partition("\n")
            if name.strip() in statements:
                raise ValueError(f"two statements are named {name.strip()}")
            statements[name.strip()] = body.strip().rstrip(";")
    return statements


SQL = _load()
