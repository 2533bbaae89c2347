"""A deed for each type of event by which it is really told, and the malls that hear of all of them."""

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from PIL import Image

from entrepot.aftersale import actions as aftersale
from entrepot.aftersale.rules import By, Wish
from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.callbacks.actions import send_test, set_endpoint
from entrepot.callbacks.models import Endpoint
from entrepot.callbacks.queue import write_down
from entrepot.catalog import actions as catalog
from entrepot.catalog.models import Pick
from entrepot.membership import jobs as membership
from entrepot.membership.models import Membership
from entrepot.parties.actions import change_distributor, change_tier
from entrepot.parties.actions.keys import issue_key
from entrepot.parties.jobs import watch_keys
from entrepot.parties.models import Distributor
from entrepot.pricing import actions as pricing
from entrepot.pricing import jobs as prices
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.models import PriceChange
from entrepot.recharge.jobs import make_statements
from entrepot.reports.daily_digest import tell_digest
from entrepot.trade import terms
from tests.callbacks.telling import all_told
from tests.world import STAFF, Article, World, taken

URL = "http://127.0.0.1:9/hook"
NEVER = threading.Event()
PLATFORM = By(kind="platform", actor=STAFF)


@dataclass
class Scene:
    """A mall that selected some goods, and one whose orders wait for funds; both are called for all types."""

    admin_url: str
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.mall = self.world.distributor(funds_fen=10_000_000)
        self.poor = self.world.distributor(funds_policy="check")
        self.article = self.world.article(stock=1_000)
        for party in (self.mall, self.poor):
            set_endpoint(party.pk, url=URL, actor=STAFF)
        catalog.pick(self.mall.pk, goods_ids=[self.article.goods_id], actor=STAFF)
        all_told()

    def fresh(self, *, stock: int = 0) -> Article:
        """One more article in the mall's selection, all of which is told already."""
        article = self.world.article(stock=stock)
        catalog.pick(self.mall.pk, goods_ids=[article.goods_id], actor=STAFF)
        all_told()
        return article

    def placed(self, party: Distributor | None = None, *, qty: int = 2, mode: str = "hold") -> Any:
        """An order of the mall."""
        return self.world.place(party or self.mall, (self.article, qty), mode=mode)

    def sent(self) -> Any:
        """An order of the mall that is on its way."""
        order = self.placed(mode="direct")
        taken(self.world.ship(order))
        return order

    def claimed(self) -> int:
        """A claim of the mall for goods it has received."""
        order = self.sent()
        taken(self.world.receive(order))
        picture = io.BytesIO()
        Image.new("RGB", (20, 20), "red").save(picture, "PNG")
        wish = Wish(
            order_id=order.id, out_refund_no=self.world.name("A"), kind="refund", reason="quality", pieces={1: 1}
        )
        by = By(kind="distributor", party_id=self.mall.pk, actor=STAFF)
        made = aftersale.ask(wish, by=by, evidence=[picture.getvalue()])
        assert made.is_accepted and made.request_id is not None, made
        return made.request_id

    def as_owner(self, statement: str, *values: Any) -> None:
        """What the database lets nobody else do, as to move a day of the past."""
        with psycopg.connect(self.admin_url) as owner:
            owner.execute("set session_replication_role = replica")
            owner.execute(statement, values)


def _listed(scene: Scene) -> None:
    catalog.suspend_supplier(scene.fresh().supplier_id, actor=STAFF, reason="proof")
    article = scene.fresh()
    catalog.suspend_supplier(article.supplier_id, actor=STAFF, reason="proof")
    catalog.activate_supplier(article.supplier_id, actor=STAFF)


def _updated(scene: Scene) -> None:
    catalog.set_promotions(scene.fresh().goods_id, promotions=["coupon"], actor=STAFF)


def _delisted(scene: Scene) -> None:
    catalog.unlist_goods(scene.fresh().goods_id, reason="换季", actor=STAFF)


def _prices(scene: Scene) -> None:
    """Prices of a SKU, of a product for a tier and for one mall, of the tier, and by another tier: all that there is."""
    sku_id = scene.article.sku_id
    drafts = [
        ChangeDraft(field="supply_price", sku_id=sku_id, new_value=1100),
        ChangeDraft(field="suggested_price", sku_id=sku_id, new_value=1900),
        ChangeDraft(field="fee_rate", tier_id=scene.mall.tier_id, new_value=400),
    ]
    changes = pricing.announce(drafts, actor=STAFF, grace_minutes=60)
    pricing.cancel_change(changes[1].pk, actor=STAFF)
    with scope.platform():
        ids = [change.pk for change in changes]
        PriceChange.objects.filter(pk__in=ids).update(effective_at=database_now() - timedelta(seconds=1))
    prices.apply_due(NEVER)
    goods_id = scene.article.goods_id
    pricing.set_fee_rate(goods_id, rate_bps=300, tier_id=scene.mall.tier_id, actor=STAFF)
    pricing.set_fee_rate(goods_id, rate_bps=200, distributor_id=scene.mall.pk, actor=STAFF)
    pricing.set_fee_rate(goods_id, rate_bps=None, distributor_id=scene.mall.pk, actor=STAFF)
    all_told()
    _tiers(scene)


def _tiers(scene: Scene) -> None:
    change_tier(scene.mall.tier_id, fee_rate_bps=640, actor=STAFF)
    scene.mall.tier = scene.world.tier()
    change_distributor(scene.mall.pk, tier_id=scene.mall.tier_id, actor=STAFF)


def _stock(scene: Scene) -> None:
    article = scene.fresh(stock=5)
    for pieces in (-2, -3, 4):
        scene.world.restock(article, pieces)
        all_told()


def _dropped(scene: Scene) -> None:
    article = scene.fresh()
    with scope.distributor(scene.mall.pk, read_only=True):
        (own,) = Pick.objects.filter(goods_id=article.goods_id)
    catalog.drop(scene.mall.pk, pick_ids=[own.pk], actor=STAFF)


def _expired(scene: Scene) -> None:
    order = scene.placed()
    scene.world.let_lapse(order)
    taken(scene.world.expire(order))


def _completed(scene: Scene) -> None:
    order = scene.sent()
    taken(scene.world.receive(order))
    taken(scene.world.complete(order))


def _refunded(scene: Scene) -> None:
    """Before it is sent, and after the goods were received."""
    taken(scene.world.refund(scene.placed(mode="direct"), pieces={1: 1}))
    aftersale.accept(scene.claimed(), by=PLATFORM)


def _offered(scene: Scene) -> None:
    request_id = scene.claimed()
    assert aftersale.offer(request_id, by=PLATFORM, amount_fen=5).is_accepted
    by = By(kind="distributor", party_id=scene.mall.pk, actor=STAFF)
    assert aftersale.accept(request_id, by=by).is_accepted


def _low(scene: Scene) -> None:
    scene.world.run(terms.SetWarning(scene.mall.pk, 10**12))


def _statement(scene: Scene) -> None:
    scene.as_owner(
        "update ledger_transfer set at = date_trunc('month', now()) - interval '10 days' where distributor_id = %s",
        scene.mall.pk,
    )
    scene.as_owner(
        "update parties_distributor set created_at = now() - interval '90 days' where id = %s", scene.mall.pk
    )
    make_statements(NEVER)


def _membership(scene: Scene) -> None:
    now = database_now()
    with scope.platform():
        Membership.objects.create(
            distributor=scene.mall,
            tier_id=scene.mall.tier_id,
            tier_name="高级",
            price_fen=1,
            months=1,
            since=now - timedelta(days=30),
            until=now + timedelta(hours=30),
            once=scene.world.name("o"),
            bought_by=STAFF,
        )
    membership.tend(NEVER)


def _key(scene: Scene) -> None:
    issue_key(scene.mall.pk, actor=STAFF, ends_at=database_now() + timedelta(days=5))
    watch_keys(NEVER)


def _disabled(scene: Scene) -> None:
    with scope.platform():
        Endpoint.objects.filter(pk=scene.poor.pk).update(
            state="active", failing_since=database_now() - timedelta(days=6)
        )
    write_down([])


DEEDS: dict[str, Callable[[Scene], Any]] = {
    "product.listed": _listed,
    "product.updated": _updated,
    "product.delisted": _delisted,
    "price.changed": _prices,
    **dict.fromkeys(("stock.changed", "stock.sold_out", "stock.restocked"), _stock),
    "selection.added": lambda scene: scene.fresh(),
    "selection.removed": _dropped,
    "order.held": lambda scene: scene.placed(),
    "order.confirmed": lambda scene: scene.world.capture(scene.placed()),
    "order.expired": _expired,
    "order.cancelled": lambda scene: scene.world.cancel(scene.placed()),
    "order.shipped": lambda scene: scene.sent(),
    "order.delivered": lambda scene: scene.world.receive(scene.sent()),
    "order.completed": _completed,
    "order.awaiting_funds": lambda scene: scene.placed(scene.poor, mode="direct"),
    **dict.fromkeys(("order.refunded", "balance.refunded"), _refunded),
    "aftersale.updated": lambda scene: scene.claimed(),
    "claim.updated": _offered,
    "balance.credited": lambda scene: scene.world.credit(scene.mall, 1_000),
    "balance.debited": lambda scene: scene.world.credit(scene.mall, -1_000),
    "balance.low": _low,
    "statement.ready": _statement,
    "tier.changed": _tiers,
    "membership.expiring": _membership,
    "key.expiring": _key,
    "endpoint.disabled": _disabled,
    "digest.daily": lambda scene: tell_digest(scene.mall.pk, day="2026-01-05", version=739_256),
    "webhook.test": lambda scene: send_test(scene.mall.pk, actor=STAFF),
}
"""What is done for each type that anything tells."""
