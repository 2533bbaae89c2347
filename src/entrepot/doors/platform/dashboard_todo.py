"""What waits for somebody at the platform: counted in one statement, each entry with the list that holds it."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from entrepot.doors.platform.acceptance_rows import TABS as LINES
from entrepot.stock.rules import LOW

MOST = 9_999
"""Nobody needs to know how many more there are."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that waits: who may see it, what it is called, its rows, and its list with the filter."""

    permission: str
    word: Any
    rows: str
    page: str
    query: str = ""

    @property
    def url(self) -> str:
        """Return the address of the list."""
        return f"{reverse(f'platform:{self.page}')}{self.query}"


# Gathered by their own index first: the planner cannot know how few they are.
_LOW_LEVELS = (
    f"select sku_id from stock_level where allotment_id is null and on_hand <= reserved + {LOW}"  # noqa: S608 - our own
    f" order by sku_id limit {MOST}"
)
_ASKED = "orders_acceptance a join orders_line l on l.order_id = a.order_id and l.line_no = a.line_no"
KINDS = (
    Kind("goods.view", _("Goods to review"), "catalog_goods where state = 'submitted'", "goods", "?tab=submitted"),
    Kind(
        "goods.view",
        _("Changes of goods to review"),
        "catalog_goodsversion where state = 'waiting'",
        "goods",
        "?tab=changes",
    ),
    Kind(
        "goods.view",
        _("Proposed prices to decide"),
        "pricing_pricechange where state = 'proposed'",
        "prices",
        "?tab=proposed",
    ),
    Kind(
        "orders.view",
        _("Own orders to ship"),
        "orders_supplyorder where supplier_id = (select id from parties_supplier where is_platform)"
        " and state in ('confirmed', 'partly_shipped')",
        "orders",
        "?tab=to_ship",
    ),
    Kind("orders.view", _("Lines to decide"), f"{_ASKED} where {LINES['undecided']}", "acceptance", "?tab=undecided"),
    Kind(
        "orders.view",
        _("Lines to be accepted within 4 hours"),
        f"{_ASKED} where {LINES['soon']}",
        "acceptance",
        "?tab=soon",
    ),
    Kind(
        "aftersales.view",
        _("After-sales to decide"),
        "aftersale_request where state = 'requested'",
        "aftersales",
        "?tab=requested",
    ),
    Kind(
        "aftersales.view",
        _("Claims to answer within a day"),
        "aftersale_claim where state = 'demanded' and due_at <= clock_timestamp() + interval '1 day'",
        "aftersales",
        "?tab=soon",
    ),
    Kind("topups.view", _("Top-ups to approve"), "recharge_topup where state = 'pending'", "topups", "?tab=pending"),
    Kind("bills.view", _("Bills disputed"), "settlement_bill where state = 'disputed'", "bills", "?tab=disputed"),
    Kind("bills.view", _("Bills to pay"), "settlement_bill where state = 'confirmed'", "bills", "?tab=confirmed"),
    Kind(
        "referrers.view",
        _("Referrers to pay"),
        "ledger_account where kind = 'referrer_payable' and balance_fen > 0",
        "referrers",
        "?owed=yes",
    ),
    Kind(
        "distributors.view",
        _("Malls that cannot be called"),
        "callbacks_endpoint where state = 'disabled' or (state = 'active' and failing_since is not null)",
        "distributors",
        "?callbacks=failing",
    ),
    Kind(
        "stock.view",
        _("SKUs low or sold out"),
        f"({_LOW_LEVELS}) l join catalog_sku s on s.id = l.sku_id join catalog_goods g on g.id = s.goods_id where s.is_active and g.state = 'on_sale'",
        "stock",
        "?tab=low",
    ),
)
_EACH = "(select count(*) from (select 1 from {rows} limit {most}) x)"
_COUNTS = "select " + ", ".join(_EACH.format(rows=kind.rows, most=MOST) for kind in KINDS)
_TOPUPS = "(select coalesce(sum(amount_fen), 0)::bigint from recharge_topup where state = 'pending')"


@dataclass(frozen=True, slots=True)
class Todo:
    """How many of each kind wait, in the order of `KINDS`; `topup_fen` is the sum of the top-ups that wait."""

    counts: tuple[int, ...]
    topup_fen: int

    def count(self, page: str, *, query: str = "") -> int:
        """Return how many of the kind wait that a list holds."""
        return next(n for kind, n in zip(KINDS, self.counts, strict=True) if (kind.page, kind.query) == (page, query))


def todo() -> Todo:
    """Return what waits for somebody."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_COUNTS}, {_TOPUPS}")
        *counts, topup_fen = cursor.fetchone()
        return Todo(tuple(counts), topup_fen)
