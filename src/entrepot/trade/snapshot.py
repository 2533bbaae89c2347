"""Load and lock what a batch needs, ids sorted, once per transaction: the only `for update` of the house."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg

from entrepot.base.scope import AS_DESK
from entrepot.freight.rules import templates_of
from entrepot.stock.rules import AllotmentRow, Holdings, HoldQuota, LevelRow
from entrepot.trade import terms
from entrepot.trade.acceptances import AcceptanceRow, CannotSupply, LapseAcceptance, Reroute
from entrepot.trade.addresses import ChangeAddress
from entrepot.trade.arrays import literal
from entrepot.trade.books import (
    AccountRow,
    Books,
    DistributorRow,
    LineRow,
    OrderRow,
    ReturnedRow,
    SkuRow,
    SupplyOrderRow,
    Take,
)
from entrepot.trade.referrals import AccrueReferral, PayReferrer, ReturnPayout, ReverseReferral
from entrepot.trade.sql import SQL
from entrepot.trade.terms import one_of_line

Statement: TypeAlias = tuple[str, dict[str, Any]]

HOUSE_KINDS = ("goods_income", "fee_income", "bank", "adjustment", "referral_expense", "membership_income")


class Wanted:
    """The ids and numbers that a list of asks speaks of."""

    def __init__(self, asks: Sequence[Any]) -> None:
        self.places = [ask for ask in asks if isinstance(ask, terms.Place)]
        self.stock_asks = [ask for ask in asks if isinstance(ask, terms.Restock | terms.Allot)]
        money_asks = [ask for ask in asks if isinstance(ask, terms.Credit | terms.SetCreditLimit | terms.Release)]
        self.order_ids = sorted({ask.order_id for ask in asks if hasattr(ask, "order_id")})
        self.credited = sorted({ask.distributor_id for ask in money_asks})
        self.distributor_ids = {ask.distributor_id for ask in self.places} | set(self.credited)
        self.distributor_ids |= {ask.distributor_id for ask in asks if isinstance(ask, terms.SetWarning)}
        self.codes = {line.sku for ask in self.places for line in ask.lines} | {ask.sku for ask in self.stock_asks}
        self.codes |= _substitutes(asks)
        self.codes |= {code for ask in asks if isinstance(ask, ChangeAddress) for code in ask.skus}
        self.settings = [ask for ask in asks if isinstance(ask, terms.SetAllotment)]
        pool_asks = [ask for ask in asks if isinstance(ask, terms.Allot | terms.CloseAllotment | terms.TendAllotment)]
        self.allotment_ids = {ask.allotment_id for ask in pool_asks}
        self.codes |= {ask.sku for ask in (*self.settings, *pool_asks)}
        once = terms.Credit | terms.Restock | terms.Allot | terms.SetAllotment
        once_asks = [ask for ask in asks if isinstance(ask, once)]
        self.causes = [ask.cause for ask in once_asks]
        self.completed = {ask.order_id for ask in asks if isinstance(ask, terms.Complete | terms.ReturnMoney)}
        goods_asks = [ask for ask in asks if isinstance(ask, terms.ReturnGoods | terms.Resend)]
        self.returning = sorted({ask.order_id for ask in goods_asks})
        self.causes += [one_of_line(ask.cause, line_no=line_no) for ask in goods_asks for line_no in ask.pieces]
        payments = [ask for ask in asks if isinstance(ask, terms.PaySupplier | terms.AdjustSupplier)]
        self.payee_ids = sorted({ask.supplier_id for ask in payments})
        self.causes += [ask.cause for ask in payments]
        asked = AccrueReferral | ReverseReferral | PayReferrer | ReturnPayout
        referral_asks = [ask for ask in asks if isinstance(ask, asked)]
        self.referrer_ids = sorted({ask.referrer_id for ask in referral_asks})
        self.causes += [ask.cause for ask in referral_asks]


def _substitutes(asks: Sequence[Any]) -> set[str]:
    """Return the codes of all SKUs that a line may be sent by instead."""
    codes = {ask.sku for ask in asks if isinstance(ask, Reroute)}
    codes |= {one.sku for ask in asks if isinstance(ask, LapseAcceptance) for one in ask.substitutes}
    refused = [some for ask in asks if isinstance(ask, CannotSupply) for some in ask.substitutes.values()]
    return codes | {one.sku for some in refused for one in some}


def load(asks: Sequence[Any], *, raw: psycopg.Connection[Any], is_locking: bool = True) -> Books:
    """Return the books for these asks, with every row they may change locked in the order orders, allotments,
    accounts, levels, each by id.

    `is_locking` False reads the same rows without locks, for answers that are thrown away.
    """
    wanted = Wanted(asks)
    cursor = _Reader(raw, is_locking=is_locking)
    orders = _lock_orders(cursor, wanted)
    if wanted.stock_asks:
        _open_levels(cursor, wanted)
    if wanted.settings:
        _open_allotments(cursor, wanted)
    wanted.distributor_ids |= {order.distributor_id for order in orders.values()}
    books = _read(cursor, wanted, orders)
    missing = [party for party in wanted.distributor_ids if party in books.distributors and party not in books.prepaid]
    unpaid = _unopened_suppliers(books, wanted)
    if len(books.referrers) < len(wanted.referrer_ids):
        cursor.write("open_referrers", referrer_ids=wanted.referrer_ids)
        books = _read(cursor, wanted, orders)
    if missing or unpaid or len(books.house) < len(HOUSE_KINDS):
        cursor.write("open_accounts", distributor_ids=sorted(missing), supplier_ids=sorted(unpaid))
        books = _read(cursor, wanted, orders)
    _count_holdings(cursor, wanted, books=books)
    return books


class _Reader:
    """Sends named statements in one go and hands back their rows."""

    def __init__(self, raw: psycopg.Connection[Any], *, is_locking: bool) -> None:
        self._raw = raw
        self._is_locking = is_locking
        self._is_begun = False

    def begin(self) -> None:
        """Put on the desk's role and keep the plans steady, once; in a pipeline it costs no journey of its own."""
        if not self._is_begun:
            for statement in (AS_DESK, SQL["steady_plans"]):
                psycopg.Cursor(self._raw).execute(statement, prepare=True)
            self._is_begun = True

    def read(self, *wanted: tuple[str, dict[str, Any]]) -> list[list[tuple[Any, ...]]]:
        """Return the rows of each statement; all of them travel together."""
        cursors = []
        with self._raw.pipeline():
            self.begin()
            for name, values in wanted:
                statement = SQL[name]
                if not self._is_locking:
                    statement = statement.partition(" for update")[0]
                values = {key: literal(value) if type(value) is list else value for key, value in values.items()}
                cursors.append(psycopg.Cursor(self._raw).execute(statement, values, prepare=True))
        return [cursor.fetchall() for cursor in cursors]

    def write(self, name: str, **values: Any) -> None:
        """Run a statement that gives no rows."""
        self.begin()
        columns = {key: literal(value) for key, value in values.items()}
        psycopg.Cursor(self._raw).execute(SQL[name], columns)


def _lock_orders(cursor: _Reader, wanted: Wanted) -> dict[int, OrderRow]:
    if not wanted.order_ids and not wanted.credited:
        return {}
    (rows,) = cursor.read(("lock_orders", {"order_ids": wanted.order_ids, "credited": wanted.credited}))
    return {row[0]: OrderRow(*row) for row in rows}


def _open_levels(cursor: _Reader, wanted: Wanted) -> None:
    levels = {(ask.sku, ask.warehouse_id, ask.allotment_id) for ask in wanted.stock_asks}
    levels |= {(ask.sku, ask.warehouse_id, None) for ask in wanted.stock_asks}
    ordered = sorted(levels, key=lambda level: (level[0], level[1], level[2] or 0))
    cursor.write(
        "open_levels",
        codes=[level[0] for level in ordered],
        warehouse_ids=[level[1] for level in ordered],
        allotment_ids=[level[2] for level in ordered],
    )


def _open_allotments(cursor: _Reader, wanted: Wanted) -> None:
    """Make, closed as yet, the allotments that are to be opened, and every pool in each warehouse of the SKU."""
    fresh = {
        "codes": [ask.sku for ask in wanted.settings],
        "distributor_ids": [ask.distributor_id for ask in wanted.settings],
        "tier_ids": [ask.tier_id for ask in wanted.settings],
    }
    (rows,) = cursor.read(("open_allotments", fresh))
    wanted.allotment_ids |= {row[0] for row in rows}
    cursor.write("open_pools", codes=fresh["codes"], allotment_ids=sorted(wanted.allotment_ids))


def _read(cursor: _Reader, wanted: Wanted, orders: dict[int, OrderRow]) -> Books:
    suppliers = _payable_suppliers(cursor, wanted)
    statements = _locking(wanted, sorted(orders), suppliers=suppliers) + _plain(wanted, sorted(orders))
    names = (name.removesuffix("_of_skus").removesuffix("_named") for name, _ in statements)
    rows = dict(zip(names, cursor.read(*statements), strict=True))
    books = Books(now=rows["now"][0][0], orders=orders)
    _fill_parties(books, rows)
    _fill_stock(books, rows)
    _fill_orders(books, rows)
    if any(sku.template_id is not None or sku.has_own_rates for sku in books.skus.values()):
        _look_again(cursor, books)
    return books


def _locking(wanted: Wanted, order_ids: list[int], *, suppliers: list[int]) -> list[Statement]:
    codes = sorted(wanted.codes)
    is_by_sku = not order_ids
    stock = {"codes": codes} if is_by_sku else {"codes": codes, "order_ids": order_ids}
    allotments: Statement = ("lock_allotments_of_skus" if is_by_sku else "lock_allotments", stock)
    if wanted.allotment_ids:
        named = {"codes": codes, "order_ids": order_ids, "allotment_ids": sorted(wanted.allotment_ids)}
        allotments = ("lock_allotments_named", named)
    return [
        allotments,
        ("lock_accounts", {"distributor_ids": sorted(wanted.distributor_ids), "supplier_ids": suppliers}),
        *([("lock_referrers", {"referrer_ids": wanted.referrer_ids})] if wanted.referrer_ids else []),
        ("lock_levels_of_skus" if is_by_sku else "lock_levels", stock),
    ]


def _plain(wanted: Wanted, order_ids: list[int]) -> list[Statement]:
    """Return the reads without locks. They come after every lock: who waited for his twin must find what it has
    written, or he would be refused for want of the stock and money that his own order took."""
    parties = {"distributor_ids": sorted(wanted.distributor_ids)}
    statements: list[Statement] = [
        ("distributors", parties),
        ("plain_accounts", parties),
        ("skus", {"codes": sorted(wanted.codes)}),
    ]
    if wanted.places:
        numbers = {
            "distributor_ids": [ask.distributor_id for ask in wanted.places],
            "numbers": [ask.out_order_no for ask in wanted.places],
        }
        statements.append(("known_orders", numbers))
        statements.append(("order_ids", {"count": len(wanted.places)}))
    if order_ids:
        statements += [
            (name, {"order_ids": order_ids}) for name in ("lines", "supply_orders", "takes", "refunds", "tracking_nos")
        ]
    if wanted.completed:
        statements.append(("returned", {"order_ids": sorted(wanted.completed)}))
    if wanted.returning:
        statements.append(("left_from", {"order_ids": wanted.returning}))
    if wanted.causes:
        statements += [(name, {"causes": wanted.causes}) for name in ("done_transfers", "done_moves")]
    return [*statements, ("now", {})]


def _payable_suppliers(cursor: _Reader, wanted: Wanted) -> list[int]:
    if not wanted.completed:
        return wanted.payee_ids
    (rows,) = cursor.read(("supply_orders", {"order_ids": sorted(wanted.completed)}))
    return sorted({row[1] for row in rows}.union(wanted.payee_ids))


def _unopened_suppliers(books: Books, wanted: Wanted) -> set[int]:
    suppliers = {
        supplier_id
        for order_id in wanted.completed
        if order_id in books.orders
        for supplier_id in books.orders[order_id].supply_orders
    }
    return suppliers - set(books.payable)


def _fill_parties(books: Books, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    for row in rows["distributors"]:
        limits = row[6:12]
        is_limited = any(limit is not None for limit in limits)
        quota = HoldQuota(*limits) if is_limited else None
        party = books.distributors[row[0]] = DistributorRow(*row[:6])
        party.old_rate_bps, party.quota = row[-1], quota
    for row in rows["lock_accounts"]:
        account = AccountRow(*row)
        if account.kind == "prepaid" and account.distributor_id is not None:
            books.prepaid[account.distributor_id] = account
        elif account.supplier_id is not None:
            books.payable[account.supplier_id] = account
    for referrer_id, account_id, balance_fen in rows.get("lock_referrers", []):
        books.referrers[referrer_id] = AccountRow(account_id, "referrer_payable", None, None, balance_fen, 0, 0)
    for account_id, kind, distributor_id in rows["plain_accounts"]:
        if kind == "clearing":
            books.clearing[distributor_id] = account_id
        elif distributor_id is not None:
            books.sandbox_houses[distributor_id, kind] = account_id
        else:
            books.house[kind] = account_id
    for kind, cause, amount in rows.get("done_transfers", []):
        books.done_causes[kind, cause] = amount
    for kind, cause, delta in rows.get("done_moves", []):
        books.done_causes[kind, cause] = delta


def _count_holdings(cursor: _Reader, wanted: Wanted, *, books: Books) -> None:
    """Count what distributors with a quota have on hold, if they ask for more.

    It is a statement of its own after their accounts were locked, so that it finds every hold that was placed before.
    """
    counted = {party.id for party in books.distributors.values() if party.quota and party.quota.is_counting}
    asks = [ask for ask in wanted.places if ask.mode == "hold" and ask.distributor_id in counted]
    if not asks:
        return
    codes = {line.sku for ask in asks for line in ask.lines}
    values = {
        "distributor_ids": sorted({ask.distributor_id for ask in asks}),
        "sku_ids": sorted(sku.id for code, sku in books.skus.items() if code in codes),
        "buyers": sorted({ask.consignee.phone_hash for ask in asks}),
    }
    (rows,) = cursor.read(("holdings", values))
    for distributor_id, sku_id, buyer, count in rows:
        holdings = books.holdings.setdefault(distributor_id, Holdings())
        if sku_id is None and buyer is None:
            holdings.holds = count
        elif sku_id is None:
            holdings.buyer_holds[bytes(buyer)] = count
        elif buyer is None:
            holdings.pieces[sku_id] = count
        else:
            holdings.buyer_pieces[bytes(buyer), sku_id] = count


def _fill_stock(books: Books, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    books.skus = {row[1]: SkuRow(*row) for row in rows["skus"]}
    for row in rows["lock_levels"]:
        level = books.levels[row[0]] = LevelRow(*row)
        books.levels_by_sku.setdefault(level.sku_id, []).append(level)
    for row in rows["lock_allotments"]:
        allotment = AllotmentRow(*row)
        books.allotments[allotment.id] = allotment
        if allotment.is_open:
            books.allotments_by_sku.setdefault(allotment.sku_id, []).append(allotment)


def _look_again(cursor: _Reader, books: Books) -> None:
    """Read freight templates and fee rates of their own, which most goods have not and which cost a round trip."""
    skus, parties = books.skus.values(), books.distributors
    rates, zones = cursor.read(
        (
            "fee_rates",
            {
                "goods_ids": sorted({sku.goods_id for sku in skus if sku.has_own_rates}),
                "tier_ids": sorted({party.tier_id for party in parties.values()}),
                "distributor_ids": sorted(parties),
            },
        ),
        ("freight_zones", {"template_ids": sorted({sku.template_id for sku in skus if sku.template_id is not None})}),
    )
    books.fee_rates = {(goods_id, tier_id, party_id): rate_bps for goods_id, tier_id, party_id, rate_bps in rates}
    books.templates = templates_of(zones)


def _fill_orders(books: Books, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    for row in rows.get("known_orders", []):
        known = books.orders.get(row[0]) or OrderRow(*row)
        books.order_by_number[known.distributor_id, known.out_order_no] = known
    books.order_ids = [row[0] for row in reversed(rows.get("order_ids", []))]
    for *values, is_own, rate_bps, minutes, taken_on_by, word, accept_by, ship_by, reason in rows.get("lines", []):
        line = LineRow(*values)
        line.is_own, line.fee_rate_bps, line.acceptance_minutes = is_own, rate_bps, minutes
        order = books.orders[line.order_id]
        order.lines[line.line_no] = line
        if word is not None:
            line.acceptance = AcceptanceRow(
                order.id, line.line_no, order.distributor_id, taken_on_by, word, accept_by, ship_by, reason
            )
    for row in rows.get("supply_orders", []):
        part = SupplyOrderRow(*row)
        books.orders[part.order_id].supply_orders[part.supplier_id] = part
    for order_id, line_no, level_id, allotment_id, pieces in rows.get("takes", []):
        books.orders[order_id].takes[line_no, level_id] = Take(pieces, allotment_id)
    for order_id, refund_no, amount_fen in rows.get("refunds", []):
        books.orders[order_id].refunds[refund_no] = amount_fen
    for returned in rows.get("returned", []):
        books.orders[returned[0]].returned[returned[1]] = ReturnedRow(*returned)
    for order_id, line_no, level_id in rows.get("left_from", []):
        books.orders[order_id].left_from[line_no] = level_id
    for order_id, supplier_id, tracking_no in rows.get("tracking_nos", []):
        books.orders[order_id].tracking_nos.add((supplier_id, tracking_no))
