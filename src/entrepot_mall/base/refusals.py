"""What a shop says no to, by codes that pages and the front API share."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why something was not done: a stable code, and figures for the words that explain it."""

    code: str
    facts: tuple[tuple[str, object], ...] = ()


class RefusedError(Exception):
    """Carries a refusal out of a transaction, so that nothing of it stays."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.refusal = Refusal(code=code, facts=tuple(facts.items()))
