"""A sandbox: made at one press, traded in for real, and nowhere to be seen in the live world."""

import re
from threading import Event
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.base.worlds import SANDBOX_FROM, sandbox_of
from entrepot.callbacks.rules import TYPES
from entrepot.callbacks.sorting import sort_out
from entrepot.catalog.models import Category
from entrepot.ledger import journal
from entrepot.parties import actions as parties
from entrepot.parties.models import Distributor
from entrepot.reports.changes import changes_since, cursor_now
from entrepot.reports.shelf import goods_page, terms_of
from entrepot.reports.verify import verify
from entrepot.sandbox import actions, rules
from entrepot.sandbox.jobs import ship_at_once
from entrepot.sandbox.models import Sandbox
from entrepot.sandbox.queries import standing_of
from entrepot.trade import desk, terms
from entrepot.trade.books import OrderRow
from tests.world import CONSIGNEE, STAFF, World, rows, sorted_to_the_end, taken


def make(world: World) -> Distributor:
    """A distributor with a sandbox."""
    party = world.distributor(funds_fen=100_000)
    with scope.platform():
        Category.objects.get_or_create(name=f"C-{world.mark}")
    assert actions.make_sandbox(party.pk, actor=STAFF)
    return party


def place(party: Distributor, code: str, *, qty: int = 1, mode: str = "direct", number: str = "N1") -> terms.Answer:
    """Order in a sandbox."""
    who = sandbox_of(party.pk)
    ask = terms.Place(
        distributor_id=who,
        out_order_no=number,
        mode=mode,
        lines=[terms.AskLine(code if code.startswith("K-") else f"{rules.number_of(party.number)}-{code}", qty)],
        consignee=CONSIGNEE,
        content_hash=b"c",
        actor=f"api/{who}/proof",
    )
    (answer,) = desk.run([ask])
    return answer


def bought(party: Distributor, code: str, **more: Any) -> OrderRow:
    """An order that must be accepted."""
    return taken(place(party, code, **more))


def test_one_press_makes_goods_money_and_keys(world: World) -> None:
    party = make(world)
    assert not actions.make_sandbox(party.pk, actor=STAFF)
    found = standing_of(party.pk)
    assert found is not None and found.id == SANDBOX_FROM + party.pk
    assert len({sku.goods_no for sku in found.skus}) == len(rules.GOODS) >= 12
    assert all(sku.image for sku in found.skus)
    by_code = {sku.code.removeprefix(f"{found.number}-"): sku for sku in found.skus}
    assert (by_code["APPLE"].stock, by_code["LAST"].stock, by_code["NONE"].stock) == (500, 1, 0)
    assert by_code["OLD"].state == "unlisted" and by_code["CUP"].min_quantity == 6
    assert by_code["PEN"].agreed_price_fen == 11, "the fee of half a fen is rounded up"
    assert parties.issue_key(found.id, actor=STAFF).key.startswith("ek_test_")
    assert parties.issue_key(party.pk, actor=STAFF).key.startswith("ek_live_")
    assert actions.top_up(party.pk, actor=STAFF) == 2 * rules.FUNDS_FEN
    with pytest.raises(Distributor.DoesNotExist):
        actions.make_sandbox(found.id, actor=STAFF)


def test_a_sandbox_sells_by_the_same_desk(world: World) -> None:
    party = make(world)
    who = sandbox_of(party.pk)
    order = bought(party, "APPLE", qty=2)
    assert order.id >= SANDBOX_FROM
    assert bought(party, "APPLE", qty=2).id == order.id, "the number is its idempotency key"
    assert place(party, "LAST", qty=2, number="N2").refusal is not None
    assert place(party, "CUP", qty=5, number="N3").refusal is not None
    assert place(party, "OLD", number="N4").refusal is not None
    assert actions.move_on(order.id, until="shipped", actor=STAFF, distributor_id=party.pk) == "shipped"
    assert actions.move_on(order.id, until="completed", actor=STAFF, distributor_id=party.pk) == "completed"
    ((balance,),) = rows("select balance_fen from ledger_account where kind = 'prepaid' and distributor_id = %s", who)
    assert balance == rules.FUNDS_FEN - order.total_fen
    found = verify(with_sandboxes=True)["differences"]  # of ordinary parties other tests have left some on purpose
    assert not [one for one in found if int(re.sub(r"\D.*", "", one["id"]) or 0) >= SANDBOX_FROM]
    crossed = rows(
        "select count(*) from ledger_transfer where (debit_id >= %s) <> (credit_id >= %s)", SANDBOX_FROM, SANDBOX_FROM
    )
    assert crossed == [(0,)]


def test_orders_ship_by_button_or_at_once(world: World) -> None:
    party, stranger = make(world), make(world)
    held = bought(party, "TEA", mode="hold")
    with pytest.raises(Mistake):
        actions.move_on(held.id, until="shipped", actor=STAFF)
    order = bought(party, "TEA", number="N2")
    with pytest.raises(Mistake):
        actions.move_on(order.id, until="shipped", actor=STAFF, distributor_id=stranger.pk)
    live = world.place(party, (world.article(stock=1), 1), mode="direct")
    with pytest.raises(Mistake):
        actions.move_on(live.id, until="shipped", actor=STAFF)
    ship_at_once(Event())
    assert state(order.id) == "confirmed"
    actions.set_shipping(party.pk, at_once=True, actor=STAFF)
    assert ship_at_once(Event()) == 1
    assert (state(order.id), state(held.id), state(live.id)) == ("completed", "held", "confirmed")


def state(order_id: int) -> str:
    """An order's state."""
    ((found,),) = rows("select state from orders_order where id = %s", order_id)
    return str(found)


def test_goods_are_put_back_as_they_were(world: World) -> None:
    party = make(world)
    code = f"{rules.number_of(party.number)}-X-PRICE"
    bought(party, "APPLE", qty=3)
    actions.move_price(sandbox_of(party.pk), skus=[code], place=0)
    before = {sku.code: sku.agreed_price_fen for sku in (standing_of(party.pk) or fail()).skus}
    assert before[code] == 2205, "20.00 and 1.00 more, and the fee of 5 %"
    actions.restore(party.pk, actor=STAFF)
    after = {sku.code: (sku.agreed_price_fen, sku.stock) for sku in (standing_of(party.pk) or fail()).skus}
    assert after[code] == (2100, 500)
    assert after[code.replace("X-PRICE", "APPLE")][1] == 500


def fail() -> Any:
    """What must be there is not."""
    pytest.fail("there is no sandbox")


def test_every_callback_can_be_sent(world: World) -> None:
    party = make(world)
    with scope.desk():
        sort_out(limit=100_000)
    for event_type in TYPES:
        actions.call_with(party.pk, event_type=event_type, actor=STAFF)
    sorted_to_the_end()
    told = rows("select type, seq from callbacks_message where distributor_id = %s order by seq", sandbox_of(party.pk))
    assert {one for one, _ in told} >= set(TYPES)
    assert [seq for _, seq in told] == list(range(1, len(told) + 1))
    with pytest.raises(Mistake):
        actions.call_with(party.pk, event_type="no.such", actor=STAFF)
    with pytest.raises(Sandbox.DoesNotExist):
        actions.call_with(world.distributor().pk, event_type="webhook.test", actor=STAFF)


# --- kept apart ---

# Rows of these name the sandbox's distributor himself or nobody: deeds of live people, and what belongs to no world.
SHARED = {"ledger_seal", "callbacks_reading"}


def test_the_platform_sees_no_row_of_a_sandbox(world: World, committed: Any) -> None:
    party = make(world)
    order = bought(party, "APPLE", qty=2)
    actions.move_on(order.id, until="completed", actor=STAFF)
    bought(party, "TEA", number="N2", mode="hold")
    actions.call_with(party.pk, event_type="order.shipped", actor=STAFF)
    parties.issue_key(sandbox_of(party.pk), actor=STAFF)
    sort_out()
    hidden = 0
    with psycopg.connect(committed.admin_url) as admin:
        tables = admin.execute(
            "select c.table_name, array_agg(c.column_name::text) from information_schema.columns c"
            " join information_schema.tables t using (table_schema, table_name)"
            " where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type = 'bigint' group by 1"
        ).fetchall()
        for table, columns in tables:
            of_sandbox = " or ".join(f"({name} >= {SANDBOX_FROM} and {name} < {2 * SANDBOX_FROM})" for name in columns)
            found = admin.execute(f"select count(*) from {table} where {of_sandbox}").fetchone()  # type: ignore[arg-type]
            with scope.platform(), connection.cursor() as cursor:
                cursor.execute(f"select count(*) from {table} where {of_sandbox}")
                seen = cursor.fetchone()[0]
            assert seen == 0 or table in SHARED, f"{table} shows {seen} rows of a sandbox to the platform"
            hidden += found[0] if found else 0
    assert hidden > 60, "there was something to hide"


def test_every_table_of_a_party_hides_sandboxes(committed: Any) -> None:
    """A new table whose rows can belong to a sandbox says which of them are live: `guards.live_alone`."""
    open_to_all = {
        "aftersale_rule",
        "aftersale_deadline",
        "callbacks_reading",
        "catalog_slot",  # the platform puts goods of its own world in them, and sees no others
        "catalog_slotgoods",
        "fulfilment_houseterms",
        "fulfilment_substitute",
        "ledger_seal",
        "membership_membershipsetting",
        "membership_membershipterms",
        "pricing_feerate",
        "pricing_grace",
        "recharge_countedday",
        "recharge_fundssetting",
        "stock_shelfwatch",
    }
    with psycopg.connect(committed.admin_url) as admin:
        found = admin.execute(
            "select tablename::text from pg_policies where policyname = 'platform' and qual = 'true'"
        ).fetchall()
    shown = {table for (table,) in found if not table.startswith(("referral_", "parties_referrer"))}
    assert shown == open_to_all, "call guards.live_alone in the migration of a table that can hold a sandbox's rows"


def test_neither_world_meets_the_goods_of_the_other(world: World) -> None:
    party = make(world)
    who = sandbox_of(party.pk)
    article = world.article(stock=10)
    assert shelf(who) == {goods.code for goods in rules.GOODS if not goods.is_delisted}
    with scope.distributor(party.pk):
        assert goods_page(terms_of(party.pk), limit=1, after_id=SANDBOX_FROM - 1) == []
    assert place(party, article.code).faults[0].facts["why"] == "unknown_sku"
    theirs = terms.Place(
        party.pk, "X", "direct", [terms.AskLine(f"{rules.number_of(party.number)}-APPLE", 1)], CONSIGNEE, b"c", STAFF
    )
    (answer,) = desk.run([theirs])
    assert answer.faults[0].facts["why"] == "unknown_sku"


def shelf(distributor_id: int) -> set[str]:
    """The ends of the goods numbers a distributor is shown."""
    with scope.distributor(distributor_id):
        return {one.goods_no.rpartition("-")[2] for one in goods_page(terms_of(distributor_id), limit=500)}


def test_the_feeds_do_not_cross(world: World) -> None:
    party, other = make(world), world.distributor()
    who = sandbox_of(party.pk)
    cursors = {one: cursor_now(one) for one in (who, other.pk)}
    article = world.article(stock=10)
    bought(party, "APPLE", qty=2)
    actions.restore(party.pk, actor=STAFF)
    in_sandbox = changes_since(cursors[who], distributor_id=who)
    live = changes_since(cursors[other.pk], distributor_id=other.pk)
    assert {one.key >= SANDBOX_FROM for one in in_sandbox.goods} == {True}
    assert all(one >= SANDBOX_FROM for one in in_sandbox.gone)
    assert article.goods_id in {one.key for one in live.goods}
    assert all(one < SANDBOX_FROM for one in [*live.gone, *(one.key for one in live.goods)])
    assert not any(sku.key.startswith("T") and "APPLE" in sku.key for sku in live.skus)


def test_books_exports_and_sums_leave_sandboxes_out(world: World) -> None:
    party = make(world)
    order = bought(party, "APPLE", qty=2)
    actions.move_on(order.id, until="completed", actor=STAFF)
    number = rules.number_of(party.number)
    assert party.number in "".join(journal.export())
    assert number not in "".join(journal.export()) and number not in "".join(journal.beancount())
    every, live = verify(with_sandboxes=True), verify()
    assert every["checked"] > live["checked"]


def test_the_database_lets_no_row_name_both_worlds(world: World) -> None:
    party = make(world)
    who = sandbox_of(party.pk)
    article = world.article(stock=10)
    live = world.place(party, (article, 1), mode="direct")
    mixed = [
        ("update parties_distributor set tier_id = %s where id = %s", party.tier_id, who),
        ("update parties_distributor set is_sandbox = true where id = %s", party.pk),
        ("update catalog_goods set supplier_id = %s where id = %s", who, article.goods_id),
        ("update orders_order set distributor_id = %s where id = %s", who, live.id),
        ("update orders_line set supplier_id = %s where order_id = %s", who, live.id),
    ]
    for statement, *values in mixed:
        with pytest.raises(IntegrityError), transaction.atomic(), scope.desk(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    with pytest.raises(IntegrityError), scope.desk(), connection.cursor() as cursor:
        cursor.execute(
            "insert into parties_apikey (distributor_id, key, secret_sealed, label, is_live)"
            " values (%s, 'ek_live_of_a_sandbox', 'x', '', true)",
            [who],
        )


def test_models_and_tables_agree() -> None:
    assert {model._meta.db_table for model in apps.get_app_config("sandbox").get_models()} == {
        "sandbox_sandbox",
        "sandbox_turn",
    }
