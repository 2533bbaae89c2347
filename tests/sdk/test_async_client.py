"""The asynchronous client: the same operations, many at once."""

import asyncio
import inspect

import pytest

from entrepot_sdk import AsyncEntrepot, Entrepot, NewOrder, OutcomeUnknownError, errors
from tests.sdk.conftest import QUICK
from tests.sdk.scripted import KEY, SECRET, Reply, ScriptedPlatform, order_body, problem_body


def test_both_clients_offer_the_same_operations() -> None:
    def operations(client: type) -> dict[str, list[str]]:
        found = {}
        for name, method in inspect.getmembers(client, inspect.isfunction):
            if not name.startswith("_") and name not in {"close", "aclose"}:
                found[name] = list(inspect.signature(method).parameters)
        return found

    assert operations(Entrepot) == operations(AsyncEntrepot)


def test_many_at_once_have_their_own_nonces(platform: ScriptedPlatform, new_order: NewOrder) -> None:
    platform.script.extend([Reply(drop=True)] * 3 + [Reply(body=order_body())] * 20)

    async def story() -> list[str]:
        async with AsyncEntrepot(platform.url, key=KEY, secret=SECRET, retry=QUICK) as mall:
            return [order.id for order in await asyncio.gather(*(mall.create_order(new_order) for _ in range(20)))]

    assert asyncio.run(story()) == ["7"] * 20
    assert len({s.headers["entrepot-nonce"] for s in platform.seen}) == 23
    assert all(s.genuine for s in platform.seen)


def test_walks_pages(platform: ScriptedPlatform) -> None:
    platform.script.extend(
        [
            Reply(body={"items": [order_body(id="1")], "next_cursor": "n", "has_more": True}),
            Reply(body={"items": [order_body(id="2")], "next_cursor": None, "has_more": False}),
        ]
    )

    async def story() -> list[str]:
        async with AsyncEntrepot(platform.url, key=KEY, secret=SECRET, retry=QUICK) as mall:
            return [order.id async for order in mall.orders(state="held", limit=1)]

    assert asyncio.run(story()) == ["1", "2"]
    assert platform.seen[1].target == "/api/v1/orders?state=held&cursor=n&limit=1"


def test_refusals_and_lost_connections_are_typed(platform: ScriptedPlatform, new_order: NewOrder) -> None:
    async def story() -> None:
        async with AsyncEntrepot(platform.url, key=KEY, secret=SECRET, retry=QUICK) as mall:
            platform.script.append(Reply(status=409, body=problem_body("insufficient_balance", retry="after_action")))
            with pytest.raises(errors.InsufficientBalanceError):
                await mall.create_order(new_order)
            platform.script.extend([Reply(drop=True)] * 4)
            with pytest.raises(OutcomeUnknownError):
                await mall.create_order(new_order)

    asyncio.run(story())
