"""Referral: shares of the platform's own income, owed once per order and side, and undone by the same refund."""

from datetime import date, timedelta
from itertools import count
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.ledger.queries import owed_to_referrer_fen
from entrepot.parties.actions import activate_referrer, suspend_referrer
from entrepot.parties.models import Distributor, Referrer, Supplier
from entrepot.referral import actions, queries
from entrepot.referral.jobs import follow_ledger
from entrepot.referral.models import Attachment, Grade
from entrepot.reports.verify import verify
from entrepot.trade.books import OrderRow
from entrepot.trade.terms import ReturnMoney
from tests import audit
from tests.world import STAFF, Article, World, followed_to_the_end, rows, taken

pytestmark = pytest.mark.usefixtures("committed")
_serial = count(1)


@pytest.fixture
def world(committed: Any) -> World:
    """A world of its own."""
    return World()


def grade(world: World, supplier_bps: int, distributor_bps: int, **more: Any) -> Grade:
    """A grade with its two rates."""
    return actions.create_grade(
        world.name("G"), supplier_rate_bps=supplier_bps, distributor_rate_bps=distributor_bps, actor=STAFF, **more
    )


def referrer(world: World, of: Grade) -> Referrer:
    """An active referrer in a grade."""
    made, _user = actions.admit_referrer(
        world.name("R"), username=f"r{world.mark}{next(_serial)}", grade_id=of.pk, actor=STAFF
    )
    return made


def brought(who: Referrer, *, supplier: Supplier | None = None, distributor: Distributor | None = None) -> Attachment:
    """The attachment of a party, from now on."""
    return actions.attach(
        who.pk,
        supplier_id=None if supplier is None else supplier.pk,
        distributor_id=None if distributor is None else distributor.pk,
        actor=STAFF,
    )


def done(world: World, party: Distributor, *lines: tuple[Article, int]) -> OrderRow:
    """An order that went all the way."""
    order = world.place(party, *lines, mode="direct")
    for supplier_id in order.supply_orders:
        taken(world.ship(order, supplier_id=supplier_id))
    taken(world.receive(order))
    return taken(world.complete(order))


def owed(who: Referrer) -> int:
    """What the platform owes him once the ledger is followed, in fen."""
    followed_to_the_end()
    with scope.platform():
        return owed_to_referrer_fen(who.pk)


def entries(who: Referrer) -> list[tuple[str, int]]:
    """His statement, oldest first: kind and amount."""
    return rows("select kind, amount_fen from referral_entry where referrer_id = %s order by id", who.pk)


def test_both_sides_earn_of_margin_and_fee_once(world: World) -> None:
    """80 to the supplier, 100 to the platform, 5 % fee: the platform's own income is 25.00 a piece."""
    silver = grade(world, 1000, 500)
    his, hers = referrer(world, silver), referrer(world, silver)
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=500)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=8_000)
    other = world.article(stock=100, supply_price_fen=1_000, supplier_price_fen=700)
    brought(his, supplier=supplier)
    brought(hers, distributor=party)
    order = done(world, party, (goods, 3), (other, 1))
    assert owed(his) == 3 * 2_500 // 10
    assert owed(hers) == 3 * 2_500 // 20 + (300 + 50) // 20
    transfers = rows("select kind, cause, amount_fen from ledger_transfer where order_id = %s and kind like 'referral%%'"
                     " order by cause", order.id)  # fmt: skip
    assert [(kind, amount) for kind, _cause, amount in transfers] == [
        ("referral_accrue", 375), ("referral_accrue", 17), ("referral_accrue", 750)
    ]  # fmt: skip
    before = entries(his), entries(hers)
    assert followed_to_the_end() == 0
    with scope.desk(), connection.cursor() as cursor:
        cursor.execute("update referral_followed set until_xid = 0")
    followed_to_the_end()
    assert (entries(his), entries(hers)) == before, "the whole ledger followed anew books nothing twice"


def returned(world: World, order: OrderRow, amounts: dict[int, tuple[int, int]], *, supplier_bps: int = 10_000) -> None:
    """Money given back after completion, borne by the supplier unless said otherwise."""
    kind = "claim" if supplier_bps < 10_000 else "after_sale"
    taken(world.run(ReturnMoney(order.id, world.name("X"), kind, STAFF, "proof", amounts, supplier_bps=supplier_bps)))


def test_the_same_refund_takes_the_same_share_back_at_the_original_rate(world: World) -> None:
    silver = grade(world, 1000, 500)
    his, hers = referrer(world, silver), referrer(world, silver)
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=500)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=8_000)
    link = brought(his, supplier=supplier)
    brought(hers, distributor=party)
    order, later = done(world, party, (goods, 4)), done(world, party, (goods, 1))
    assert (owed(his), owed(hers)) == (5 * 250, 4 * 125 + 125)
    actions.change_grade(silver.pk, name=silver.name, supplier_rate_bps=0, distributor_rate_bps=0, actor=STAFF)
    actions.end_attachment(link.pk, reason="over", actor=STAFF)
    with scope.platform():
        for who in (his, hers):
            actions.pay_out(
                who.pk,
                amount_fen=owed_to_referrer_fen(who.pk),
                month=date(2026, 1, 1),
                paid_on=date(2026, 1, 31),
                bank_reference="B",
                once=world.name("o"),
                actor=STAFF,
            )
    returned(world, order, {1: (1, 10_500)})
    assert (owed(his), owed(hers)) == (-250, -125), "what was paid already is a debt"
    returned(world, order, {1: (3, 31_500)})
    assert (owed(his), owed(hers)) == (-1_000, -500)
    assert [amount for kind, amount in entries(his) if kind == "reversal"] == [-250, -750]
    returned(world, later, {1: (1, 1_000)}, supplier_bps=0)
    assert (owed(his), owed(hers)) == (-1_100, -550), "a claim the platform bears lessens its income by all of it"


FAULTS = (  # what is changed behind the back, how it is put right again, and which fields verify must name
    (
        "update referral_entryline set amount_fen = amount_fen + 1 where line_no = 2",
        "update referral_entryline set amount_fen = amount_fen - 1 where line_no = 2",
        {"lines_fen", "share_fen"},
    ),
    (
        "update referral_entry set amount_fen = amount_fen - 1 where kind = 'payout'",
        "update referral_entry set amount_fen = amount_fen + 1 where kind = 'payout'",
        {"transfer_fen", "lines_fen"},
    ),
    (
        "update referral_entry set cause = cause || 'x' where kind = 'reversal'",
        "update referral_entry set cause = rtrim(cause, 'x') where kind = 'reversal'",
        {"transfer_fen", "lines_fen"},
    ),
    (
        "update referral_graderate set supplier_rate_bps = 900",
        "update referral_graderate set supplier_rate_bps = 1000",
        {"share_fen"},
    ),
    (
        "update ledger_account set balance_fen = balance_fen + 1 where kind = 'referrer_payable'",
        "update ledger_account set balance_fen = balance_fen - 1 where kind = 'referrer_payable'",
        {"balance_fen"},
    ),
)


def test_verify_names_a_share_that_is_missing_or_wrong(fresh_database: Any) -> None:
    """In a database of its own, where nothing else may differ."""
    world = World()
    silver = grade(world, 1000, 500)
    his, hers = referrer(world, silver), referrer(world, silver)
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=500)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=8_000)
    own = world.article(supplier=world.supplier(is_own=True), stock=9, supply_price_fen=999, supplier_price_fen=500)
    brought(his, supplier=supplier)
    brought(hers, distributor=party)
    order = done(world, party, (goods, 4), (own, 3))
    done(world, party, (goods, 1))
    assert verify()["differences"] == [], "what is still to be followed is no fault"
    assert owed(his) == 1_250
    returned(world, order, {1: (1, 10_500)})
    returned(world, order, {2: (1, 1_049)})
    assert owed(his) == 1_000
    terms: dict[str, Any] = {"month": date(2026, 1, 1), "paid_on": date(2026, 1, 31), "actor": STAFF}
    actions.pay_out(his.pk, amount_fen=300, bank_reference="B", once=world.name("o"), **terms)
    assert verify()["differences"] == []
    assert audit.faults(distributors=[party.pk]) == []
    for change, undo, expected in FAULTS:
        for statement, fields in ((change, expected), (undo, set())):
            with psycopg.connect(fresh_database.admin_url) as superuser:
                superuser.execute("set session_replication_role = replica")
                assert superuser.execute(statement).rowcount >= 1, statement  # type: ignore[arg-type]
            assert {one["field"] for one in verify()["differences"]} == fields, statement


def test_a_debt_is_made_good_by_later_earnings(world: World) -> None:
    his = referrer(world, grade(world, 1000, 0))
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=0)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=5_000)
    brought(his, supplier=supplier)
    order = done(world, party, (goods, 1))
    terms: dict[str, Any] = {"month": date(2026, 1, 1), "paid_on": date(2026, 1, 31), "actor": STAFF}
    assert owed(his) == 500
    actions.pay_out(his.pk, amount_fen=500, bank_reference="B", once=world.name("o"), **terms)
    returned(world, order, {1: (1, 10_000)})
    assert owed(his) == -500
    with pytest.raises(Mistake, match=r"^amount_fen: "):
        actions.pay_out(his.pk, amount_fen=1, bank_reference="B", once=world.name("o"), **terms)
    done(world, party, (goods, 3))
    assert owed(his) == 1_000


def test_refunds_before_shipping_earn_nothing_and_own_goods_lessen_in_proportion(world: World) -> None:
    hers = referrer(world, grade(world, 0, 1000))
    party, own = world.distributor(funds_fen=10**7, fee_rate_bps=1000), world.supplier(is_own=True)
    brought(hers, distributor=party)
    goods = world.article(supplier=own, stock=100, supply_price_fen=1_000, supplier_price_fen=600)
    order = world.place(party, (goods, 5), mode="direct")
    taken(world.refund(order, pieces={1: 1}))
    taken(world.ship(order))
    taken(world.receive(order))
    taken(world.complete(order))
    assert owed(hers) == 4 * (400 + 100) // 10
    returned(world, order, {1: (1, 1_100)})
    assert owed(hers) == 3 * (400 + 100) // 10


def test_rights_are_those_of_the_moment_the_order_was_placed(world: World) -> None:
    low, high = grade(world, 1000, 0), grade(world, 2000, 0)
    first, second = referrer(world, low), referrer(world, low)
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=0)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=1_000, supplier_price_fen=0)
    before = world.place(party, (goods, 1), mode="direct")
    link = brought(first, supplier=supplier)
    under_low = world.place(party, (goods, 1), mode="direct")
    actions.set_grade(first.pk, grade_id=high.pk, actor=STAFF)
    under_high = world.place(party, (goods, 1), mode="direct")
    actions.change_grade(high.pk, name=high.name, supplier_rate_bps=3000, distributor_rate_bps=0, actor=STAFF)
    under_more = world.place(party, (goods, 1), mode="direct")
    actions.end_attachment(link.pk, reason="contract over", actor=STAFF)
    brought(second, supplier=supplier)
    for_second = world.place(party, (goods, 1), mode="direct")
    for order in (before, under_low, under_high, under_more, for_second):
        taken(world.ship(order))
        taken(world.receive(order))
        taken(world.complete(order))
    assert (owed(first), owed(second)) == (100 + 200 + 300, 100)


def test_a_party_has_one_referrer_at_a_time_and_its_history_stays(world: World) -> None:
    one = grade(world, 100, 100)
    first, second = referrer(world, one), referrer(world, one)
    supplier, own = world.supplier(), world.supplier(is_own=True)
    link = brought(first, supplier=supplier)
    with pytest.raises(Mistake, match=r"^party: "):
        brought(second, supplier=supplier)
    with pytest.raises(Mistake, match=r"^party: "):
        brought(first, supplier=own)
    now = database_now()
    with pytest.raises(Mistake, match=r"^since: "):
        actions.attach(first.pk, supplier_id=world.supplier().pk, since=now - timedelta(days=1), actor=STAFF)
    with pytest.raises(Mistake, match=r"^until: "):
        actions.end_attachment(link.pk, reason="x", until=now - timedelta(days=1), actor=STAFF)
    later = now + timedelta(days=30)
    actions.end_attachment(link.pk, reason="ends in a month", until=later, actor=STAFF)
    actions.attach(second.pk, supplier_id=supplier.pk, since=later, actor=STAFF)
    for change in (
        "update referral_attachment set referrer_id = %s where id = %s",
        "update referral_attachment set until = null, referrer_id = referrer_id + 0 * %s where id = %s",
        "update referral_attachment set since = now() - interval '1 year' + %s * interval '0' where id = %s",
        "delete from referral_attachment where referrer_id <> %s and id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match="ended and never changed"),
            scope.platform(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change, [second.pk, link.pk])
    with pytest.raises(Mistake, match=r"^reason: "):
        actions.end_attachment(link.pk, reason=" ", actor=STAFF)


def test_grades_that_together_could_take_more_than_all_are_refused(world: World) -> None:
    """Grades of other tests count too, so these rates are high enough by themselves."""
    with pytest.raises(Mistake):
        grade(world, 6000, 4001)
    fair = grade(world, 0, 6000)
    with pytest.raises(Mistake):
        grade(world, 4001, 0)
    with pytest.raises(Mistake):
        actions.change_grade(fair.pk, name=fair.name, supplier_rate_bps=4001, distributor_rate_bps=6000, actor=STAFF)
    with pytest.raises(Mistake, match=r"^supplier_rate_bps: "):
        grade(world, -1, 0)
    actions.change_grade(fair.pk, name=fair.name, supplier_rate_bps=0, distributor_rate_bps=0, actor=STAFF)
    with scope.platform():
        assert (queries.grades().get(pk=fair.pk).distributor_rate_bps, fair.rates.count()) == (0, 2)


def test_he_is_paid_once_and_never_more_than_he_is_owed(world: World) -> None:
    his = referrer(world, grade(world, 1000, 0))
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=0)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=5_000)
    brought(his, supplier=supplier)
    done(world, party, (goods, 2))
    assert owed(his) == 1_000
    terms: dict[str, Any] = {"month": date(2026, 1, 15), "paid_on": date(2026, 2, 1), "actor": STAFF}
    with pytest.raises(Mistake, match=r"^amount_fen: "):
        actions.pay_out(his.pk, amount_fen=1_001, bank_reference="B1", once=world.name("o"), **terms)
    with pytest.raises(Mistake, match=r"^bank_reference: "):
        actions.pay_out(his.pk, amount_fen=1, once=world.name("o"), **terms)
    suspend_referrer(his.pk, actor=STAFF, reason="contract in question")
    with pytest.raises(Mistake):
        actions.pay_out(his.pk, amount_fen=1, bank_reference="B1", once=world.name("o"), **terms)
    activate_referrer(his.pk, actor=STAFF)
    token = world.name("o")
    first = actions.pay_out(his.pk, amount_fen=600, bank_reference="B1", once=token, **terms)
    again = actions.pay_out(his.pk, amount_fen=600, bank_reference="B1", once=token, **terms)
    assert (first.pk, first.month, owed(his)) == (again.pk, date(2026, 1, 1), 400)
    assert entries(his) == [("accrual", 1_000), ("payout", -600)]
    with scope.platform():
        (statement,) = queries.statements(his.pk)
        assert (statement.opening_fen, statement.earned_fen, statement.paid_fen) == (0, 1_000, -600)
        assert statement.closing_fen == 400
        assert [found for who, found in queries.statements_of_month(statement.month) if who.pk == his.pk] == [statement]


def test_he_rises_by_the_income_he_brought_and_keeps_a_grade_given_by_hand(world: World) -> None:
    base = grade(world, 100, 0, reached_from_fen=0)
    next_one = grade(world, 200, 0, reached_from_fen=1_000_000_001)
    by_hand = grade(world, 100, 0)
    his, hers = referrer(world, base), referrer(world, by_hand)
    suppliers = world.supplier(), world.supplier()
    party = world.distributor(funds_fen=10**12, fee_rate_bps=0)
    for who, supplier in ((his, suppliers[0]), (hers, suppliers[1])):
        brought(who, supplier=supplier)
        goods = world.article(
            supplier=supplier, stock=1, supply_price_fen=1_000_000_001, supplier_price_fen=0, min_quantity=1
        )
        done(world, party, (goods, 1))
    followed_to_the_end()
    with scope.platform():
        found = queries.grades_of([his.pk, hers.pk])
    assert (found[his.pk].pk, found[hers.pk].pk) == (next_one.pk, by_hand.pk)


def test_an_order_whose_transaction_is_still_open_is_not_skipped(world: World, committed: Any) -> None:
    """Whoever commits late has a transaction below others that were followed long before."""
    his = referrer(world, grade(world, 1000, 0))
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=0)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=1_000, supplier_price_fen=0)
    brought(his, supplier=supplier)
    with psycopg.connect(committed.app_url) as slow:
        slow.execute("select pg_current_xact_id()")
        done(world, party, (goods, 1))
        assert follow_ledger(Event()) == 0, "nothing is followed past a transaction that still runs"
    assert owed(his) == 100


def test_a_run_that_breaks_off_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    his = referrer(world, grade(world, 1000, 0))
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7, fee_rate_bps=0)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=1_000, supplier_price_fen=0)
    brought(his, supplier=supplier)
    done(world, party, (goods, 1))
    with monkeypatch.context() as patch:
        patch.setattr("entrepot.referral.trail.mark", lambda window: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            followed_to_the_end()
    assert entries(his) == []
    assert rows("select 1 from ledger_transfer where kind like 'referral%%' and debit_id in"
                " (select id from ledger_account where referrer_id = %s)", his.pk) == []  # fmt: skip
    assert owed(his) == 100
