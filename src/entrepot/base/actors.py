"""Who asks: one line of text that is kept with every effect."""

# The forms: `system` · `api/<distributor id>/<key>` · `<back office>/<party id>/<user id>/<user name>`, where the back
# office is `platform` (party id 0), `supplier`, `distributor` or `referrer`.
from dataclasses import dataclass

SYSTEM = "system"
BACK_OFFICES = ("platform", "supplier", "distributor", "referrer")


@dataclass(frozen=True, slots=True)
class Staff:
    """A person of a back office."""

    kind: str
    party_id: int
    user_id: int
    name: str


def staff(kind: str, *, party_id: int, user_id: int, name: str) -> str:
    """Return the actor line of a person who works in a back office."""
    if kind not in BACK_OFFICES:
        raise ValueError(f"no such back office: {kind}")
    return f"{kind}/{party_id}/{user_id}/{name}"[:80]


def api(distributor_id: int, *, key: str) -> str:
    """Return the actor line of a mall that calls with a key."""
    return f"api/{distributor_id}/{key}"[:80]


def staff_of(actor: str) -> Staff | None:
    """Return the person behind an actor line, None for a mall or the system."""
    parts = actor.split("/", 3)
    if len(parts) != 4 or parts[0] not in BACK_OFFICES:
        return None
    return Staff(parts[0], int(parts[1]), int(parts[2]), parts[3])
