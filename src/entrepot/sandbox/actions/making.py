"""Make a sandbox: a party with a tier, a supplier, a warehouse, goods and money of its own."""

import uuid
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.mistakes import Mistake
from entrepot.base.worlds import SANDBOX_FROM, sandbox_of
from entrepot.catalog.actions.steps import keep
from entrepot.catalog.models import Category, Goods, Sku
from entrepot.catalog.rules import ALLOWED_PROMOTIONS
from entrepot.events.operations import changes, record
from entrepot.parties.models import Distributor, PartyState, Supplier, Tier
from entrepot.sandbox import rules
from entrepot.sandbox.models import Sandbox
from entrepot.sandbox.pictures import picture_of
from entrepot.stock.warehouses import main_warehouse
from entrepot.trade import desk
from entrepot.trade.terms import Credit, Restock

_STATE = """
select k.code, g.state, k.supply_price_fen,
       coalesce((select sum(l.on_hand) from stock_level l where l.sku_id = k.id), 0)::bigint
from catalog_goods g join catalog_sku k on k.goods_id = g.id where g.supplier_id = %s
"""


def make_sandbox(distributor_id: int, *, actor: str, address: str = "") -> bool:
    """Make a distributor's sandbox (沙箱) with everything in it, in one transaction; False when there is one already.

    Refuses while the platform has no category to put goods into. Raises Distributor.DoesNotExist, for a sandbox too:
    it has none of its own.
    """
    sandbox_id = sandbox_of(distributor_id)
    pictures = {goods.code: picture_of(goods.name, hue=goods.hue) for goods in rules.GOODS}
    with scope.in_sandbox(), scope.platform():
        # No join beside a lock: it would find nobody when the transaction ahead changes his tier.
        owner = Distributor.objects.select_for_update(no_key=True).get(pk=distributor_id, is_sandbox=False)
        if Sandbox.objects.filter(pk=sandbox_id).exists():
            return False
        category = Category.objects.order_by("position", "id").first()
        if category is None:
            raise Mistake("", _("The platform has no category yet to put goods into."))
        _parties(owner, sandbox_id=sandbox_id)
        for goods in rules.GOODS:
            _goods(goods, sandbox_id=sandbox_id, category=category, image=pictures[goods.code], number=owner.number)
        Sandbox.objects.create(distributor_id=sandbox_id)
        asks = [Credit(sandbox_id, rules.FUNDS_FEN, f"sandbox:{sandbox_id}", SYSTEM), *_stock(sandbox_id)]
        _stand(desk.run_within(asks))
        record(
            actor=actor,
            verb="sandbox.created",
            object_kind="distributor",
            object_id=distributor_id,
            label=f"{owner.number} {owner.name}",
            after={"sandbox": rules.number_of(owner.number)},
            address=address,
        )
    return True


def restore(distributor_id: int, *, actor: str, address: str = "") -> int:
    """Put stock, prices and shelf of a sandbox's goods back to what they were at the beginning; return how many SKUs.

    Raises Sandbox.DoesNotExist.
    """
    sandbox_id = sandbox_of(distributor_id)
    with scope.in_sandbox(), scope.platform():
        Sandbox.objects.select_for_update(no_key=True).get(pk=sandbox_id)
        before = _state(sandbox_id)
        by_code = {goods.code: goods for goods in rules.GOODS}
        for row in Goods.objects.select_for_update(no_key=True, of=("self",)).filter(supplier_id=sandbox_id):
            fake = by_code[row.goods_no.rpartition("-")[2]]
            row.state = "unlisted" if fake.is_delisted else "on_sale"
            for sku, code in zip(row.skus.order_by("position"), fake.skus, strict=True):
                Sku.objects.filter(pk=sku.pk).update(supply_price_fen=code.price_fen)
            keep(row, "state")
        _stand(desk.run_within(_stock(sandbox_id)))
        old, new = changes(before, _state(sandbox_id))
        if new:
            record(
                actor=actor,
                verb="sandbox.restored",
                object_kind="distributor",
                object_id=distributor_id,
                before=old,
                after=new,
                address=address,
            )
    return len(new)


def _state(sandbox_id: int) -> dict[str, Any]:
    """Return state, supply price in fen and pieces of each SKU of a sandbox, by its code."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [sandbox_id])
        return {code: {"state": state, "supply_price_fen": fen, "stock": stock} for code, state, fen, stock in cursor}


def _parties(owner: Distributor, *, sandbox_id: int) -> None:
    number = rules.number_of(owner.number)
    tier = Tier.objects.create(
        id=sandbox_id,
        name=number,
        fee_rate_bps=owner.tier.fee_rate_bps,
        rate_limit_per_s=rules.RATE_PER_S,
        rate_burst=rules.RATE_BURST,
    )
    Distributor.objects.create(
        id=sandbox_id,
        number=number,
        name=f"{owner.name[:70]} · {_('sandbox')}",
        tier=tier,
        state=PartyState.ACTIVE,
        funds_policy=owner.funds_policy,
        hold_ttl_s=owner.hold_ttl_s,
        is_sandbox=True,
    )
    Supplier.objects.create(id=sandbox_id, number=number, name=number, state=PartyState.ACTIVE)


def _goods(fake: rules.FakeGoods, *, sandbox_id: int, category: Category, image: str, number: str) -> None:
    prefix = rules.number_of(number)
    goods = Goods.objects.create(
        id=_next_id("catalog_goods"),
        goods_no=f"{prefix}-{fake.code}",
        supplier_id=sandbox_id,
        name=fake.name,
        category=category,
        state="unlisted" if fake.is_delisted else "on_sale",
        min_quantity=fake.min_quantity,
        images=[image],
        detail_images=[image],
        allowed_promotions=list(ALLOWED_PROMOTIONS),
        visible_distributors=[sandbox_id],
    )
    for position, sku in enumerate(fake.skus):
        Sku.objects.create(
            id=_next_id("catalog_sku"),
            goods=goods,
            code=f"{prefix}-{sku.code}",
            spec=sku.spec,
            supplier_price_fen=sku.price_fen,
            supply_price_fen=sku.price_fen,
            suggested_price_fen=sku.price_fen * 2,
            weight_g=sku.weight_g,
            position=position,
        )


def _stock(sandbox_id: int) -> list[Any]:
    """Return the asks that bring every SKU's stock to what it is at the beginning."""
    warehouse_id = main_warehouse(sandbox_id)
    codes = Sku.objects.filter(goods__supplier_id=sandbox_id).values_list("code", flat=True)
    fakes = {sku.code: sku for goods in rules.GOODS for sku in goods.skus}
    prefix = Distributor.objects.values_list("number", flat=True).get(pk=sandbox_id)
    once = uuid.uuid4().hex
    return [
        Restock(code, warehouse_id, 0, f"sandbox:{code}:{once}", SYSTEM, set_to=fakes[code[len(prefix) + 1 :]].stock)
        for code in codes
    ]


def _next_id(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        return SANDBOX_FROM + int(cursor.fetchone()[0])


def _stand(answers: list[Any]) -> None:
    """Let the transaction fall when the desk refused what must hold in a sandbox."""
    refused = [answer for answer in answers if not answer.is_accepted]
    if refused:
        raise AssertionError(f"the desk refused what a sandbox is made of: {refused[0]}")
