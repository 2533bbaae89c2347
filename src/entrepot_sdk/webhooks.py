"""The address at which the platform calls a mall."""

import msgspec


class Webhook(msgspec.Struct, kw_only=True):
    """Where the platform calls this mall: none, pending until the challenge is answered, active, disabled.

    `reason` says why it is not active in words, `reason_code` for programs; `failing_since` is null while calls are heard.
    """

    url: str
    state: str
    secret: str = ""
    events: list[str] = []
    reason: str = ""
    reason_code: str = ""
    failing_since: str | None = None
