"""Texts that people search for, inside a `like` pattern."""


def like(text: str) -> str:
    """Return a text for the inside of a `like` pattern, its own signs taken literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
