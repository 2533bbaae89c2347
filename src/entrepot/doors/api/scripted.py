"""In a sandbox an order's number or SKU can ask for an outcome; what its script names is made up here, all else is real."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from entrepot.base.refusals import Refusal
from entrepot.doors.api import shapes
from entrepot.doors.api.callers import Caller
from entrepot.doors.api.calls import as_distributor
from entrepot.doors.api.problems import Problem, refused
from entrepot.doors.api.threads import in_thread
from entrepot.sandbox import rules
from entrepot.sandbox.actions import fall_due, is_due, is_first, move_price
from entrepot.sandbox.rules import Script
from entrepot.trade.terms import Fault, refuse

_RETRY_S = 1
_waiting: Counter[int] = Counter()
_REFUSALS = {refusal.code: refusal for refusal in Refusal}


async def before_placing(wanted: shapes.OrderRequest, caller: Caller) -> None:
    """Let happen what an order of a sandbox asks for before it is judged. Raises the Problem its script names."""
    script = _script_of(wanted)
    if script is None or script is rules.LOST:
        return
    if script is rules.SLOW:
        await _wait(caller.distributor_id)
        return
    party, number = caller.distributor_id, wanted.out_order_no
    if not await in_thread(lambda: fall_due(script, sandbox_id=party, out_order_no=number)):
        return
    skus = [line.sku for line in wanted.lines]
    place = rules.called_for(script, skus=skus)
    if script is rules.PRICE:
        await in_thread(lambda: move_price(party, skus=skus, place=place))
        return
    raise await _problem(script, wanted, caller=caller, place=place)


async def before_preview(wanted: shapes.OrderRequest, caller: Caller) -> None:
    """Refuse a preview as the order would be refused until something changes; what happens once is left to the order.

    Raises the Problem its script names.
    """
    script = _script_of(wanted)
    if script is rules.SLOW:
        await _wait(caller.distributor_id)
    elif script is not None and not script.once:
        party, number = caller.distributor_id, wanted.out_order_no
        if await in_thread(lambda: is_due(script, sandbox_id=party, out_order_no=number)):
            place = rules.called_for(script, skus=[line.sku for line in wanted.lines])
            raise await _problem(script, wanted, caller=caller, place=place)


async def before_batch(orders: Sequence[shapes.OrderRequest], caller: Caller) -> list[Problem | None]:
    """Return for each order of a batch the problem its script names now; all that ask for it are slow together.

    Raises Problem where too many slow calls wait already.
    """
    if any(_script_of(order) is rules.SLOW for order in orders):
        await _wait(caller.distributor_id)
    found: list[Problem | None] = []
    for order in orders:
        try:
            if _script_of(order) is not rules.SLOW:
                await before_placing(order, caller)
        except Problem as problem:
            found.append(problem)
        else:
            found.append(None)
    return found


async def after_batch(orders: Sequence[shapes.OrderRequest], caller: Caller) -> None:
    """Lose the answer of a batch that is done, once, if one of its orders asks for that. Raises Problem."""
    for order in orders:
        await after_placing(order, caller)


def _script_of(order: shapes.OrderRequest) -> Script | None:
    return rules.script_for(order.out_order_no, skus=[line.sku for line in order.lines])


async def after_placing(wanted: shapes.OrderRequest, caller: Caller) -> None:
    """Lose the answer of an order that was placed, once, if it asks for that. Raises Problem."""
    if _script_of(wanted) is not rules.LOST:
        return
    if await in_thread(lambda: is_first(caller.distributor_id, out_order_no=wanted.out_order_no)):
        raise Problem("busy", headers={"retry-after": str(_RETRY_S)})


async def _wait(sandbox_id: int) -> None:
    """Answer slowly: no thread and no connection waits, and no more than a few calls of one sandbox."""
    if _waiting[sandbox_id] >= rules.SLOW_AT_ONCE:
        raise Problem("rate_limited", headers={"retry-after": str(rules.SLOW_S)})
    _waiting[sandbox_id] += 1
    try:
        await asyncio.sleep(rules.SLOW_S)
    finally:
        _waiting[sandbox_id] -= 1
        if not _waiting[sandbox_id]:
            del _waiting[sandbox_id]


async def _problem(script: Script, wanted: shapes.OrderRequest, *, caller: Caller, place: int) -> Problem:
    refusal = _REFUSALS.get(script.code)
    if refusal is None:
        return Problem(script.code, headers={"retry-after": str(_RETRY_S)})
    line = wanted.lines[place]
    facts: dict[str, object] = {"sku": line.sku}
    pointer = f"/lines/{place}/sku"
    if refusal is Refusal.INSUFFICIENT_STOCK:
        pointer, facts = f"/lines/{place}/qty", facts | {"available": 0, "wanted": line.qty}
    elif refusal is Refusal.BELOW_MIN_QUANTITY:
        pointer, facts = f"/lines/{place}/qty", facts | {"min_quantity": line.qty + 1, "qty": line.qty}
    elif refusal is Refusal.PROMOTION_NOT_ALLOWED:
        pointer, facts = f"/lines/{place}/promotion", facts | {"promotion": line.promotion or "", "allowed": []}
    elif refusal is Refusal.REGION_NOT_SERVED:
        facts |= {"region": wanted.consignee.province}
    elif refusal is Refusal.INSUFFICIENT_BALANCE:
        from entrepot.doors.api.money_calls import prepaid_of

        held = await as_distributor(caller, prepaid_of, caller.distributor_id)
        pointer, facts = "", {"needed": held.available + 1, "available": held.available}
    elif refusal is Refusal.DISTRIBUTOR_SUSPENDED:
        pointer, facts = "", {"state": "suspended"}
    elif refusal is Refusal.HOLD_QUOTA_EXCEEDED:
        pointer, facts = "", {"quota": "holds", "limit": 0, "held": 0, "wanted": 1}
    return refused(refuse(Fault(pointer, refusal, facts)))
