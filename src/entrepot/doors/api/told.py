"""What malls are told, type by type, as the contract lists it: the shape of each callback and an example of it."""

from typing import Any

from entrepot.callbacks.examples import example_of
from entrepot.callbacks.rules import TYPES
from entrepot.callbacks.shapes import FOLDED, SHAPES, FeedHint

FACTS: list[type] = [*dict.fromkeys(SHAPES.values()), FeedHint]
"""The shapes of all that events hold, each once."""


def any_fact(reference: str) -> dict[str, Any]:
    """Return the schema of what an event of any type holds; `reference` leads to a shape by its `name`."""
    return {
        "description": "By the event's type, as under `webhooks`",
        "anyOf": [{"$ref": reference.format(name=shape.__name__)} for shape in FACTS],
    }


def callbacks(reference: str) -> dict[str, Any]:
    """Return the contract's callbacks by their types; `reference` leads to a shape by its `name`."""
    return {name: {"post": _callback(name, reference)} for name in TYPES}


def _callback(name: str, reference: str) -> dict[str, Any]:
    shape = SHAPES[name]
    held: dict[str, Any] = {"$ref": reference.format(name=shape.__name__)}
    if name in FOLDED:
        held = {"anyOf": [held, {"$ref": reference.format(name=FeedHint.__name__)}]}
    schema = {
        "allOf": [{"$ref": reference.format(name="Event")}],
        "properties": {"type": {"const": name}, "data": held},
    }
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": name,
        "description": f"{shape.__doc__}\n\n"
        "Signed by Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature).",
        "tags": ["events"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schema, "example": event_example(name)}},
        },
        "responses": {"200": {"description": "Any 2xx within 10 s: it is heard"}},
        "security": [],
    }


def event_example(name: str) -> dict[str, Any]:
    """Return a callback of a type as it is sent."""
    return {
        "id": "evt_9001",
        "seq": 42,
        "type": name,
        "timestamp": "2026-01-01T07:30:00+00:00",
        "api": "v1",
        "data": example_of(name),
    }
