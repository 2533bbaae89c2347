"""The one exception for ordinary mistakes in what people ask; doors show it beside the field."""


class Mistake(Exception):
    """What was asked cannot be done as asked: `field` names the wrong input (empty: the whole), `reason` says why.

    `reason` is a sentence for people in the language that is active when it is raised. Nothing was written.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
