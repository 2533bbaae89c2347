"""Set the stage of a simulation on a demo instance, and read it as the auditor's start."""

from typing import Any

from entrepot.base import scope
from entrepot.fulfilment.actions import drop_substitute
from entrepot.trade import desk, terms
from entrepot.trade.acceptances import Accept
from entrepot_sdk import Entrepot
from tests.sim import room_terms, views
from tests.sim.looking import pool_name
from tests.sim.model import Auditor
from tests.sim.records import Article, Pool, Supplier
from tests.sim.records import Party as Distributor
from tests.sim.rooms import Rooms
from tests.sim.tariff import Template, Zone
from tests.sim.views import rows

STAFF = "system"
OF_EACH_SHIPPER = 2
SHIPPERS = 3
BATCH = 100
_RIGHTS = """
select a.supplier_id, a.distributor_id, s.number as supplier, d.number as distributor, r.number as referrer,
       g.supplier_rate_bps, g.distributor_rate_bps
from referral_attachment a join parties_referrer r on r.id = a.referrer_id
left join parties_supplier s on s.id = a.supplier_id left join parties_distributor d on d.id = a.distributor_id
cross join lateral (
    select y.grade_id from referral_gradestay y where y.referrer_id = r.id order by y.since desc, y.id desc limit 1
) stay
cross join lateral (
    select x.supplier_rate_bps, x.distributor_rate_bps from referral_graderate x where x.grade_id = stay.grade_id
    order by x.since desc, x.id desc limit 1
) g
where a.until is null
"""


def templates(run: str) -> tuple[Template, ...]:
    """Three ways to ask for freight: by weight with a region not served, by piece, and free from an amount on."""
    return (
        Template(
            name=f"sim {run} weight",
            kind="weight",
            zones=(
                Zone(first=1000, first_fen=813, step=500, step_fen=207),
                Zone(regions=("33", "440305"), first=500, first_fen=499, step=1000, step_fen=101, free_from_fen=19_900),
                Zone(regions=("51",), is_served=False),
                Zone(regions=("510107",), first=1, first_fen=1500, step=300, step_fen=33),
            ),
        ),
        Template(
            name=f"sim {run} piece",
            kind="piece",
            zones=(
                Zone(first=1, first_fen=600, step=1, step_fen=151),
                Zone(regions=("44",), first=2, first_fen=301, step=2, step_fen=99, free_from_pieces=5),
            ),
        ),
        Template(
            name=f"sim {run} own",
            kind="piece",
            zones=(Zone(first=3, first_fen=450, step=3, step_fen=50), Zone(regions=("51",), is_served=False)),
        ),
    )


def auditor_of(malls: dict[str, Entrepot], *, rooms: Rooms, run: str) -> Auditor:
    """Agree on everything a simulation tries, and give an auditor who starts from what stands."""
    room_terms.default_terms()
    _finish_orders()
    chosen = choose_articles(malls)
    auditor = Auditor()
    for shipper in sorted({row["supplier"] for row in chosen}):
        _agree_with(auditor, shipper, is_own=next(row["is_own"] for row in chosen if row["supplier"] == shipper))
    skus = sorted(row["sku"] for row in chosen)
    _clear(skus)
    sent = _send_by(chosen, run=run)
    _stand_in(chosen)
    _refer(malls, shippers=[one for one in auditor.suppliers.values() if not one.is_own], run=run)
    for _ in range(3):
        rooms.turn()
    _read(auditor, malls=malls, skus=skus, sent=sent)
    _name_substitutes(auditor)
    return auditor


def choose_articles(malls: dict[str, Entrepot]) -> list[dict[str, Any]]:
    """SKUs that every mall may sell, two of each shipper, of the middle of his prices, each of goods of its own."""
    shelves = [{sku.sku for goods in mall.products(limit=200) for sku in goods.skus} for mall in malls.values()]
    shared = sorted(set.intersection(*shelves))
    found = views.books(shared)["skus"]
    alone = {row["goods_id"] for row in found if sum(one["goods_id"] == row["goods_id"] for one in found) == 1}
    chosen = []
    for shipper in sorted({row["supplier"] for row in found}):
        his = [row for row in found if row["supplier"] == shipper and row["goods_id"] in alone]
        his.sort(key=lambda row: (row["supply_price_fen"], row["sku"]))
        if len(his) < OF_EACH_SHIPPER:
            continue  # somebody has just begun: there is not enough of his to trade with
        middle = len(his) // 2 - OF_EACH_SHIPPER // 2
        chosen += his[middle : middle + OF_EACH_SHIPPER]
    shippers = {row["supplier"] for row in chosen}
    if len(shippers) < SHIPPERS or not any(row["is_own"] for row in chosen):
        raise RuntimeError(
            f"only {sorted(shippers)} have {OF_EACH_SHIPPER} SKUs on every shelf; the demo world has more"
        )
    return chosen


def _finish_orders() -> None:
    """Take on what shippers were asked and complete what was sent before, so that time decides none of it under way."""
    with scope.desk(read_only=True):
        waiting = rows(
            "select distinct a.order_id, l.supplier_id from orders_acceptance a"
            " join orders_line l on l.order_id = a.order_id and l.line_no = a.line_no"
            " where a.state = 'waiting' order by 1, 2"
        )
    for row in waiting:
        desk.run([Accept(row["order_id"], row["supplier_id"], STAFF)])
    for states, ask in ((("shipped",), terms.Receive), (("received",), terms.Complete)):
        with scope.desk(read_only=True):
            found = rows("select id from orders_order where state = any(%s) order by id", list(states))
        asks = [ask(row["id"], actor=STAFF) for row in found]
        for start in range(0, len(asks), BATCH):
            desk.run(asks[start : start + BATCH])


def _agree_with(auditor: Auditor, number: str, *, is_own: bool) -> None:
    """How a shipper is asked and billed: of two suppliers one is asked and has a rights window, the other neither."""
    supplier = Supplier(number=number, is_own=is_own)
    auditor.suppliers[number] = supplier
    if is_own:
        return
    is_first = sum(not one.is_own for one in auditor.suppliers.values()) == 1
    supplier.is_asked, supplier.policy = is_first, "reroute" if is_first else "refund"
    supplier.rights_days, supplier.is_silent_consent = 0 if is_first else 7, not is_first
    minutes = room_terms.MINUTES if supplier.is_asked else None
    party = room_terms.supplier_of(number)
    room_terms.fulfilment.set_terms(party.pk, minutes=minutes, policy=supplier.policy, actor=STAFF)
    room_terms.bill_terms(number, rights_days=supplier.rights_days, is_silent_consent=supplier.is_silent_consent)


def _clear(skus: list[str]) -> None:
    """Take away what earlier simulations, or the demo world, agreed about these goods."""
    with scope.platform(read_only=True):
        pools = rows(
            "select a.id, k.code from stock_allotment a join catalog_sku k on k.id = a.sku_id"
            " where a.is_open and k.code = any(%s)",
            skus,
        )
        stand_ins = rows(
            "select s.id from fulfilment_substitute s join catalog_sku k on k.id = s.sku_id where k.code = any(%s)",
            skus,
        )
    for pool in pools:
        desk.run([terms.CloseAllotment(pool["code"], pool["id"], STAFF)])
    for row in stand_ins:
        drop_substitute(row["id"], actor=STAFF)
    for place, sku in enumerate(skus):
        room_terms.unsend(sku)
        room_terms.switch(sku, unlists=place % 3 == 0)


def _send_by(chosen: list[dict[str, Any]], *, run: str) -> dict[str, Template]:
    """Freight by weight for both goods of a supplier, by piece for one of the other's, and for one of our own."""
    shippers = sorted({row["supplier"] for row in chosen}, key=lambda number: (_is_own(number, chosen), number))
    sent: dict[str, Template] = {}
    for place, (shipper, template) in enumerate(zip(shippers, templates(run), strict=False)):
        skus = [row["sku"] for row in chosen if row["supplier"] == shipper]
        skus = skus if place == 0 else skus[:1]
        room_terms.write_template(shipper, template=template, skus=skus)
        sent |= dict.fromkeys(skus, template)
    return sent


def _is_own(number: str, chosen: list[dict[str, Any]]) -> bool:
    return any(row["is_own"] for row in chosen if row["supplier"] == number)


def _stand_in(chosen: list[dict[str, Any]]) -> None:
    for place, row in enumerate(chosen):
        for step in (1, 3):
            other = chosen[(place + step) % len(chosen)]
            room_terms.substitute(row["sku"], by=other["sku"], place=step, may_lose=step == 3)


def _name_substitutes(auditor: Auditor) -> None:
    with scope.platform(read_only=True):
        found = rows(
            "select k.code as sku, o.code as other, s.may_lose from fulfilment_substitute s"
            " join catalog_sku k on k.id = s.sku_id join catalog_sku o on o.id = s.substitute_id"
            " where k.code = any(%s) order by s.sku_id, s.place, s.id",
            list(auditor.articles),
        )
    for row in found:
        auditor.articles[row["sku"]].substitutes.append((row["other"], row["may_lose"]))


def _refer(malls: dict[str, Entrepot], *, shippers: list[Supplier], run: str) -> None:
    """A referrer of our own brings whom nobody has brought; one mall stays without."""
    with scope.platform(read_only=True):
        known = rows(_RIGHTS)
    brought = {row["supplier"] or row["distributor"] for row in known}
    suppliers = [one.number for one in shippers if one.number not in brought]
    distributors = [number for number in sorted(malls)[:-1] if number not in brought]
    if suppliers or distributors:
        room_terms.referrer(run, suppliers=suppliers, distributors=distributors, rates=(1234, 777))


def _read(auditor: Auditor, *, malls: dict[str, Entrepot], skus: list[str], sent: dict[str, Template]) -> None:
    books = views.books(skus)
    money = {row["distributor"]: row for row in books["accounts"] if row["kind"] == "prepaid"}
    for number, mall in malls.items():
        me, balance = mall.me(), mall.balance()
        auditor.parties[number] = Distributor(
            number=number,
            tier=me.tier,
            fee_rate_bps=me.fee_rate_bps,
            balance=balance.balance,
            held=balance.held,
            credit_limit=money.get(number, {}).get("credit_limit_fen", 0),
            policy=me.funds_policy,
        )
    for row in books["skus"]:
        pools = {pool_name(level): _pool(level) for level in books["levels"] if level["sku"] == row["sku"]}
        auditor.articles[row["sku"]] = Article(
            sku=row["sku"],
            supplier=row["supplier"],
            supplier_price=row["supplier_price_fen"],
            supply_price=row["supply_price_fen"],
            min_quantity=row["min_quantity"],
            is_own=row["is_own"],
            pools=pools,
            weight_g=row["weight_g"],
            template=sent.get(row["sku"]),
            unlists=row["unlists"],
            is_listed=row["state"] == "on_sale",
        )
    with scope.platform(read_only=True):
        for row in rows(_RIGHTS):
            side = "supplier" if row["supplier"] else "distributor"
            auditor.brought[f"{side} {row['supplier'] or row['distributor']}"] = row["referrer"]
            auditor.rates[row["referrer"]] = (row["supplier_rate_bps"], row["distributor_rate_bps"])
        (run,) = rows("select coalesce(max(period_until) - current_date, 0) as days from settlement_run")
        (bill,) = rows("select coalesce(max(id), 0) as id from settlement_bill")
    auditor.owed_before = {
        row["referrer"]: row["balance_fen"] for row in books["accounts"] if row["kind"] == "referrer_payable"
    }
    auditor.first_run_days = max(10, run["days"] + 2)
    auditor.first_bill = bill["id"]


def _pool(level: dict[str, Any]) -> Pool:
    return Pool(
        on_hand=level["on_hand"],
        reserved=level["reserved"],
        distributor=level["distributor"],
        tier=level["tier"],
        cap=level["cap"],
        buffer=level["buffer"] or 0,
        taken=level["taken"] or 0,
        given=level["given"] or 0,
        is_open=level["allotment"] is None or level["is_open"],
    )
