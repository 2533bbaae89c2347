"""The shapes of callbacks and of the events they tell of."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from entrepot.doors.api.fields import Moment, Strict

EventType = Annotated[str, Meta(max_length=40, pattern=r"^[a-z]+\.[a-z_]+$(?!\n)")]
Seq = Annotated[int, Meta(ge=1, le=2**53, description="Number of an event in your queue")]


class WebhookRequest(Strict):
    """Where to call you; an empty address ends callbacks."""

    url: Annotated[
        str,
        Meta(max_length=500, pattern=r"^([Hh][Tt][Tt][Pp][Ss]?://[!-~]+)?$(?!\n)", description="https://… or empty"),
    ]
    events: (
        Annotated[
            list[EventType],
            Meta(max_length=50, description="Only these types, [] for all; left out: as it was, at first all"),
        ]
        | None
    ) = None


class Webhook(Struct):
    """Your callback address as it stands: pending until it has answered its challenge, then active."""

    url: str
    state: Literal["none", "pending", "active", "disabled"]
    events: list[str]
    secret: Annotated[str, Meta(description="Callbacks are signed under it; empty before there is an address")]
    reason: Annotated[str, Meta(description="Why the address is not active, in words of your Accept-Language")]
    reason_code: Annotated[str, Meta(description="The same for programs, such as wrong_challenge or not_admitted")] = ""
    failing_since: Annotated[
        Moment | None, Meta(description="Since when every call has failed; null: the last was heard")
    ] = None


class Accepted(Struct):
    """It is on its way."""

    accepted: bool


class Event(Struct):
    """What has happened, with the body of a callback; `seq` rises by one, so that a gap shows."""

    id: str
    seq: Annotated[int, Meta(description="Its number in your queue, from 1, without a gap")]
    type: str
    timestamp: Moment
    api: str
    data: dict[str, Any]


class Events(Struct):
    """A page of events, oldest first."""

    items: list[Event]
    next_cursor: str | None
    has_more: bool


class ReplayRequest(Strict):
    """Which events to send once more."""

    first_seq: Seq = 1
    last_seq: Seq | None = None
    only_failed: Annotated[bool, Meta(description="Only those that were given up")] = False


class Replay(Struct):
    """How many events are sent once more; at most 10,000 at a time, the oldest first."""

    count: Annotated[int, Meta(description="How many events")]
