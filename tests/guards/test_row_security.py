"""Row-level security alone: statements without any filter give every party its own rows and nobody else's."""

import re
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import DatabaseError, connection

from entrepot.base import scope
from entrepot.base.worlds import sandbox_of
from tests.guards.neighbours import Neighbours

D, T, S = "%(distributor)s", "%(tier)s", "%(supplier)s"
NOTHING = "false"
PAID = "state not in ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected')"
SHOWN = (
    "t.state = 'on_sale' and t.is_supplier_active and (t.visible_tiers = '{}' and t.visible_distributors = '{}'"
    f" or {T} = any(t.visible_tiers) or {D} = any(t.visible_distributors))"
)
SOLD = f"select 1 from orders_supplyorder s where s.order_id = t.order_id and s.supplier_id = {S} and s.{PAID}"
GOODS_SHOWN = f"exists (select 1 from catalog_goods g where g.id = t.goods_id and {SHOWN.replace('t.', 'g.')})"
GOODS_HIS = f"exists (select 1 from catalog_goods g where g.id = t.goods_id and g.supplier_id = {S})"
SLOT_LIVE = "{0}.is_shown and coalesce({0}.begins_at <= now(), true) and coalesce({0}.ends_at > now(), true)"

# For every table under row-level security: which of its rows a distributor sees, and which a supplier. Said here once
# more and on its own, so that a policy that was changed has to be changed here too.
OF_REQUEST = "exists (select 1 from aftersale_request r where r.id = t.request_id and "
HIS_REQUEST = f"{OF_REQUEST}r.distributor_id = {D})"
HIS_RETURN = f"{OF_REQUEST}r.supplier_id = {S} and r.state <> 'requested')"
SEEN: dict[str, tuple[str, str]] = {
    "aftersale_claim": (f"t.distributor_id = {D}", NOTHING),
    "aftersale_deadline": (NOTHING, NOTHING),
    "aftersale_evidence": (HIS_REQUEST, HIS_RETURN),
    "aftersale_request": (f"t.distributor_id = {D}", f"t.supplier_id = {S} and t.state <> 'requested'"),
    "aftersale_requestline": (HIS_REQUEST, HIS_RETURN),
    "aftersale_returnaddress": (NOTHING, f"t.supplier_id = {S}"),
    "aftersale_rule": (NOTHING, NOTHING),
    "aftersale_step": (f"t.what <> 'borne' and {HIS_REQUEST}", f"t.is_for_shipper and {HIS_RETURN}"),
    "catalog_goods": (SHOWN, f"t.supplier_id = {S}"),
    "catalog_goodsimport": (NOTHING, f"t.supplier_id = {S}"),
    "catalog_goodsversion": (NOTHING, f"t.supplier_id = {S}"),
    "catalog_pick": (f"t.distributor_id = {D}", NOTHING),
    "catalog_sku": (
        f"exists (select 1 from catalog_goods g where g.id = t.goods_id and {SHOWN.replace('t.', 'g.')})",
        f"exists (select 1 from catalog_goods g where g.id = t.goods_id and g.supplier_id = {S})",
    ),
    "catalog_skucost": (NOTHING, f"t.supplier_id = {S}"),
    "catalog_slot": (SLOT_LIVE.format("t"), NOTHING),
    "catalog_slotgoods": (
        f"exists (select 1 from catalog_slot s where s.id = t.slot_id and {SLOT_LIVE.format('s')}) and {GOODS_SHOWN}",
        NOTHING,
    ),
    "catalog_supplierbounds": (NOTHING, f"t.supplier_id = {S}"),
    "events_event": (f"t.distributor_id = {D}", NOTHING),
    "events_operation": (f"t.kind = 'distributor' and t.party_id = {D}", f"t.kind = 'supplier' and t.party_id = {S}"),
    "freight_charge": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "freight_goodstemplate": (GOODS_SHOWN, GOODS_HIS),
    "freight_template": (
        f"exists (select 1 from freight_goodstemplate c where c.template_id = t.id and {GOODS_SHOWN.replace('t.', 'c.')})",
        f"t.supplier_id = {S}",
    ),
    "freight_zone": (
        (
            "exists (select 1 from freight_goodstemplate c where c.template_id = t.template_id"
            f" and {GOODS_SHOWN.replace('t.', 'c.')})"
        ),
        f"exists (select 1 from freight_template f where f.id = t.template_id and f.supplier_id = {S})",
    ),
    "fulfilment_houseterms": (NOTHING, NOTHING),
    "fulfilment_substitute": (NOTHING, NOTHING),
    "ledger_account": (f"t.distributor_id = {D} and t.kind = 'prepaid'", f"t.supplier_id = {S}"),
    "ledger_seal": (NOTHING, NOTHING),
    "ledger_transfer": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "membership_membership": (f"t.distributor_id = {D}", NOTHING),
    "membership_membershipsetting": ("true", NOTHING),
    "membership_membershipterms": ("true", NOTHING),
    "orders_acceptance": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "orders_acceptanceterms": (NOTHING, f"t.supplier_id = {S}"),
    "orders_formerline": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "orders_consignee": (f"t.distributor_id = {D}", f"exists ({SOLD})"),
    "orders_line": (f"t.distributor_id = {D}", f"t.supplier_id = {S} and exists ({SOLD})"),
    "orders_order": (f"t.distributor_id = {D}", NOTHING),
    "orders_orderbatch": (f"t.distributor_id = {D}", NOTHING),
    "orders_refund": (f"t.distributor_id = {D}", NOTHING),
    "orders_refundline": (
        f"exists (select 1 from orders_refund r where r.id = t.refund_id and r.distributor_id = {D})",
        NOTHING,
    ),
    "orders_returned": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "orders_shipment": (f"t.distributor_id = {D}", f"t.supplier_id = {S}"),
    "orders_shipmentline": (
        f"exists (select 1 from orders_shipment p where p.id = t.shipment_id and p.distributor_id = {D})",
        f"exists (select 1 from orders_shipment p where p.id = t.shipment_id and p.supplier_id = {S})",
    ),
    "callbacks_attempt": (f"t.distributor_id = {D}", NOTHING),
    "callbacks_endpoint": (f"t.distributor_id = {D}", NOTHING),
    "callbacks_message": (f"t.distributor_id = {D}", NOTHING),
    "callbacks_reading": (NOTHING, NOTHING),
    "callbacks_seenstock": (NOTHING, NOTHING),
    "orders_supplyorder": (f"t.distributor_id = {D}", f"t.supplier_id = {S} and t.{PAID}"),
    "parties_apikey": (f"t.distributor_id = {D}", NOTHING),
    "parties_distributor": (f"t.id = {D}", NOTHING),
    "parties_referrer": (NOTHING, NOTHING),
    "parties_supplier": (NOTHING, f"t.id = {S}"),
    "parties_tier": (
        f"t.id = {T} or exists (select 1 from membership_membershipterms m where m.tier_id = t.id)",
        NOTHING,
    ),
    "parties_upload": (f"t.distributor_id = {D}", NOTHING),
    "pricing_feerate": (f"t.distributor_id = {D} or t.tier_id = {T}", NOTHING),
    "pricing_grace": (NOTHING, NOTHING),
    "pricing_pricechange": (
        (
            f"t.field <> 'supplier_price' and t.state in ('announced', 'applied') and (t.tier_id = {T} or exists (select 1"
            f" from catalog_sku k join catalog_goods g on g.id = k.goods_id where k.id = t.sku_id"
            f" and {SHOWN.replace('t.', 'g.')}))"
        ),
        f"t.supplier_id = {S} and t.field in ('supplier_price', 'suggested_price')",
    ),
    "recharge_countedday": (NOTHING, NOTHING),
    "recharge_daytotal": (f"t.distributor_id = {D}", NOTHING),
    "recharge_foresight": (f"t.distributor_id = {D}", NOTHING),
    "recharge_fundssetting": (NOTHING, NOTHING),
    "recharge_statement": (f"t.distributor_id = {D}", NOTHING),
    "recharge_topup": (f"t.distributor_id = {D}", NOTHING),
    "settlement_bill": (NOTHING, f"t.supplier_id = {S} and t.state <> 'draft'"),
    "settlement_billline": (
        NOTHING,
        (
            f"t.supplier_id = {S} and exists (select 1 from settlement_bill b where b.id = t.bill_id"
            f" and b.supplier_id = {S} and b.state <> 'draft')"
        ),
    ),
    "settlement_run": (NOTHING, NOTHING),
    "settlement_terms": (NOTHING, f"t.supplier_id = {S} or t.supplier_id is null"),
    "referral_attachment": (NOTHING, NOTHING),
    "referral_entry": (NOTHING, NOTHING),
    "referral_entryline": (NOTHING, NOTHING),
    "referral_followed": (NOTHING, NOTHING),
    "referral_grade": (NOTHING, NOTHING),
    "referral_graderate": (NOTHING, NOTHING),
    "referral_gradestay": (NOTHING, NOTHING),
    "referral_payout": (NOTHING, NOTHING),
    "stock_allotment": (f"t.distributor_id = {D} or t.tier_id = {T}", NOTHING),
    "stock_holdquota": (f"t.distributor_id = {D}", NOTHING),
    "stock_holdrecord": (f"t.distributor_id = {D}", NOTHING),
    "stock_shelfswitch": (NOTHING, NOTHING),
    "stock_shelfwatch": (NOTHING, NOTHING),
    "stock_soldout": (NOTHING, NOTHING),
    "stock_level": (
        (
            f"exists (select 1 from catalog_sku k join catalog_goods g on g.id = k.goods_id where k.id = t.sku_id"
            f" and {SHOWN.replace('t.', 'g.')}) and (t.allotment_id is null or exists (select 1 from stock_allotment a"
            f" where a.id = t.allotment_id and (a.distributor_id = {D} or a.tier_id = {T})))"
        ),
        (
            f"exists (select 1 from catalog_sku k join catalog_goods g on g.id = k.goods_id where k.id = t.sku_id"
            f" and g.supplier_id = {S})"
        ),
    ),
    "stock_move": (
        NOTHING,
        (
            f"exists (select 1 from stock_level l join catalog_sku k on k.id = l.sku_id join catalog_goods g"
            f" on g.id = k.goods_id where l.id = t.level_id and g.supplier_id = {S})"
        ),
    ),
    "stock_warehouse": (NOTHING, f"t.supplier_id = {S}"),
    "sandbox_sandbox": (f"t.distributor_id = {D}", NOTHING),
    "sandbox_turn": (f"t.distributor_id = {D}", NOTHING),
}
# Rows of a sandbox carry one of its ids, all of them 10^15 and more; these carry none and go with the row they hang on.
OF_A_SANDBOX = re.compile(r"\b10000000\d{8}\b")
HANGING = {
    "freight_zone": "select 1 from freight_template p where p.id = t.template_id and p.supplier_id < 10^15",
    "orders_shipmentline": "select 1 from orders_shipment p where p.id = t.shipment_id and p.order_id < 10^15",
    "orders_refundline": "select 1 from orders_refund p where p.id = t.refund_id and p.order_id < 10^15",
    "aftersale_requestline": "select 1 from aftersale_request p where p.id = t.request_id and p.order_id < 10^15",
    "aftersale_evidence": "select 1 from aftersale_request p where p.id = t.request_id and p.order_id < 10^15",
    "aftersale_step": "select 1 from aftersale_request p where p.id = t.request_id and p.order_id < 10^15",
}
R = "%(referrer)s"
# What a referrer sees; of every other table nothing.
SEEN_BY_REFERRER: dict[str, str] = {
    "ledger_account": f"t.referrer_id = {R}",
    "parties_referrer": f"t.id = {R}",
    "referral_attachment": f"t.referrer_id = {R}",
    "referral_entry": f"t.referrer_id = {R}",
    "referral_grade": f"t.id in (select grade_id from referral_gradestay where referrer_id = {R})",
    "referral_graderate": f"t.grade_id in (select grade_id from referral_gradestay where referrer_id = {R})",
    "referral_gradestay": f"t.referrer_id = {R}",
    "referral_payout": f"t.referrer_id = {R}",
}
# Tables without row-level security, and why it is right so.
OPEN: dict[str, str] = {
    "catalog_attribute": "what goods of a category are asked belongs to nobody; the platform alone writes it",
    "catalog_brand": "brands belong to nobody",
    "catalog_catalogsetting": "one row of the platform's, which it alone writes",
    "catalog_category": "the tree is the same for all",
    "pricing_pricesetting": "one row of the platform's, which suppliers read before they propose a change",
    "parties_role": "names of permissions, no party's data",
    "parties_user": "read at sign-in, before it is known whose request it is; the back offices filter by their party",
    "parties_user_roles": "goes with the users",
    "parties_user_groups": "Django's own, unused",
    "parties_user_user_permissions": "Django's own, unused",
}
FRAMEWORKS = ("auth_", "django_", "account_", "mfa_", "usersessions_", "axes_")  # sign-in, sessions, migrations


def expected(admin: psycopg.Connection[Any], table: str, condition: str, values: dict[str, int]) -> set[str]:
    """The rows there really are for which a condition holds."""
    statement = f"select t::text from {table} t where {condition}"  # type: ignore[misc]
    return {text for (text,) in admin.execute(statement, values).fetchall()}


def seen(within: AbstractContextManager[None], table: str) -> set[str]:
    """The rows that a statement without a filter gives within a scope."""
    with within, connection.cursor() as cursor:
        cursor.execute(f"select t::text from {table} t")
        return {text for (text,) in cursor.fetchall()}


def ids(neighbours: Neighbours, name: str) -> dict[str, int]:
    """What stands for the places of a condition, for one of the four."""
    distributor = neighbours.bob if name == "bob" else neighbours.alice
    supplier = neighbours.boris if name == "boris" else neighbours.anna
    return {"distributor": distributor.pk, "tier": distributor.tier_id, "supplier": supplier.pk}


@pytest.mark.parametrize("name", ["alice", "bob", "anna", "boris"])
@pytest.mark.parametrize("table", SEEN)
def test_everybody_sees_his_own(neighbours: Neighbours, admin: psycopg.Connection[Any], table: str, name: str) -> None:
    is_distributor = name in ("alice", "bob")
    condition = SEEN[table][0 if is_distributor else 1]
    values = ids(neighbours, name)
    if table.startswith("sandbox_"):
        values["distributor"] = sandbox_of(values["distributor"])
    his = expected(admin, table, condition, values)
    within = scope.distributor(values["distributor"]) if is_distributor else scope.supplier(values["supplier"])
    assert seen(within, table) == his
    assert bool(his) == (condition != NOTHING), "what he may see is there to be seen"


@pytest.mark.parametrize("table", SEEN)
def test_a_referrer_sees_his_own_figures_and_nothing_of_the_trade(
    neighbours: Neighbours, admin: psycopg.Connection[Any], table: str
) -> None:
    for who in neighbours.referrers:
        his = expected(admin, table, SEEN_BY_REFERRER.get(table, NOTHING), {"referrer": who.pk})
        assert seen(scope.referrer(who.pk), table) == his
        assert bool(his) == (table in SEEN_BY_REFERRER), "what he may see is there to be seen"


@pytest.mark.parametrize("table", SEEN)
def test_the_desk_sees_all_and_the_platform_all_that_is_live(
    neighbours: Neighbours, admin: psycopg.Connection[Any], table: str
) -> None:
    every = set() if table == "catalog_skucost" else expected(admin, table, "true", {})
    live = {row for row in every if not OF_A_SANDBOX.search(row)}
    if table in HANGING:
        live = expected(admin, table, f"exists ({HANGING[table]})", {})
    assert seen(scope.desk(), table) == every
    # The queue's own place and the seals belong to no party.
    assert seen(scope.platform(), table) == (every if table in ("ledger_seal", "callbacks_reading") else live)
    with scope.in_sandbox():
        assert seen(scope.platform(), table) == every
    assert expected(admin, "catalog_skucost", "true", {}), "there are costs to be hidden"


@pytest.mark.parametrize("table", SEEN)
def test_without_a_scope_there_are_no_rows(neighbours: Neighbours, server: psycopg.Connection[Any], table: str) -> None:
    assert server.execute(f"select count(*) from {table}").fetchone() == (0,)  # type: ignore[arg-type]


def test_no_scope_outlives_its_transaction(neighbours: Neighbours) -> None:
    for within in (scope.platform(), scope.desk(), scope.distributor(neighbours.alice.pk), scope.supplier(1)):
        assert seen(within, "catalog_goods") or within
        with connection.cursor() as cursor:
            cursor.execute("select count(*), current_user, current_setting('entrepot.kind', true) from orders_order")
            assert cursor.fetchone() in ((0, "entrepot_app", ""), (0, "entrepot_app", None))


def test_an_inner_scope_ends_with_its_block(neighbours: Neighbours) -> None:
    def visible() -> tuple[int, str]:
        with connection.cursor() as cursor:
            cursor.execute("select count(distinct distributor_id), current_user from orders_order")
            found: tuple[int, str] = cursor.fetchone()
            return found

    with scope.distributor(neighbours.alice.pk):
        assert visible() == (1, "entrepot_app")
        with scope.platform():
            assert visible()[0] >= 2
            with scope.supplier(neighbours.anna.pk):
                assert visible() == (0, "entrepot_app")
            assert visible()[1] == "entrepot_platform"
        assert visible() == (1, "entrepot_app")
        with pytest.raises(DatabaseError), scope.desk(), connection.cursor() as cursor:
            cursor.execute("select 1 / 0")
        assert visible() == (1, "entrepot_app")


def test_every_table_is_judged(admin: psycopg.Connection[Any]) -> None:
    """A new table is under row-level security with its conditions above, or stands among the open ones with a reason."""
    found = admin.execute(
        "select c.relname, c.relrowsecurity and c.relforcerowsecurity from pg_class c"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
    ).fetchall()
    held = {table for table, is_held in found if is_held}
    unheld = {table for table, is_held in found if not is_held and not table.startswith(FRAMEWORKS)}
    assert held == set(SEEN)
    assert unheld == set(OPEN)
    assert {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("entrepot.")} <= {
        *SEEN,
        *OPEN,
    }


def test_every_table_with_a_party_in_it_is_held(admin: psycopg.Connection[Any]) -> None:
    found = admin.execute(
        "select distinct table_name from information_schema.columns where table_schema = 'public'"
        " and column_name in ('distributor_id', 'supplier_id', 'order_id', 'party_id')"
    ).fetchall()
    assert {table for (table,) in found} - set(SEEN) == {"parties_user"}


WRITES = {
    "another's top-up": "insert into recharge_topup (distributor_id, amount_fen, state, payer, bank_reference,"
    " voucher_type, remark, review_note) values (%(bob)s, 100, 'pending', '', '', '', '', '')",
    "another's key": "insert into parties_apikey (distributor_id, key, secret_sealed, label, is_live)"
    " values (%(bob)s, 'ek_live_stolen', 'x', '', true)",
    "another's fact": "insert into events_event (at, type, object_kind, object_id, version, distributor_id, data, actor,"
    " reason) values (now(), 'x', 'order', 1, 1, %(bob)s, '{}', 'x', '')",
    "his key, given away": "update parties_apikey set distributor_id = %(bob)s",
}


@pytest.mark.parametrize(
    "table",
    [
        *("catalog_supplierbounds", "catalog_catalogsetting", "catalog_attribute"),
        *("catalog_slot", "catalog_slotgoods"),
    ],
)
def test_a_supplier_does_not_write_what_the_platform_decides(neighbours: Neighbours, table: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        scope.supplier(neighbours.anna.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"delete from {table}")


@pytest.mark.parametrize("write", WRITES)
def test_nobody_writes_rows_of_another(neighbours: Neighbours, write: str) -> None:
    with (
        pytest.raises(DatabaseError, match="violates row-level security policy"),
        scope.distributor(neighbours.alice.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(WRITES[write], {"bob": neighbours.bob.pk})


def test_a_write_without_a_filter_reaches_only_ones_own(neighbours: Neighbours, admin: psycopg.Connection[Any]) -> None:
    with scope.distributor(neighbours.alice.pk), connection.cursor() as cursor:
        cursor.execute("update parties_apikey set label = 'changed'")
        cursor.execute("delete from orders_orderbatch")
    labels = dict(
        admin.execute(
            "select distributor_id, label from parties_apikey where distributor_id = any(%s)",
            [[neighbours.alice.pk, neighbours.bob.pk]],
        ).fetchall()
    )
    assert labels == {neighbours.alice.pk: "changed", neighbours.bob.pk: ""}
    left = admin.execute(
        "select distributor_id from orders_orderbatch where distributor_id = any(%s)",
        [[neighbours.alice.pk, neighbours.bob.pk]],
    ).fetchall()
    assert left == [(neighbours.bob.pk,)]


@pytest.mark.parametrize(
    "column", ["state = 'active'", "tier_id = tier_id", "hold_ttl_s = 3600", "low_balance_fen = 0"]
)
def test_a_distributor_does_not_change_his_own_terms(neighbours: Neighbours, column: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        scope.distributor(neighbours.alice.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"update parties_distributor set {column}")
