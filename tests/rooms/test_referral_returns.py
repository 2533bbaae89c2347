"""A payout that comes back from the bank: owed again, once, beside the payout that stays on record."""

from datetime import date
from typing import Any

import psycopg
import pytest

from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.referral import actions, queries
from entrepot.referral.models import Payout
from entrepot.reports.verify import verify
from tests.rooms.test_referral import brought, done, entries, grade, owed, referrer
from tests.world import STAFF, World, rows

TERMS: dict[str, Any] = {"month": date(2026, 1, 1), "paid_on": date(2026, 1, 31), "actor": STAFF}


def test_what_came_back_is_owed_again_once_and_on_record(fresh_database: Any) -> None:
    """In a database of its own, where nothing else may differ."""
    world = World()
    his = referrer(world, grade(world, 1000, 500))
    supplier, party = world.supplier(), world.distributor(funds_fen=10**7)
    goods = world.article(supplier=supplier, stock=100, supply_price_fen=10_000, supplier_price_fen=8_000)
    brought(his, supplier=supplier)
    done(world, party, (goods, 4))
    assert owed(his) == 1_000
    made = actions.pay_out(his.pk, amount_fen=700, bank_reference="ICBC1", once="o1", **TERMS)
    with pytest.raises(Mistake) as wrong:
        actions.return_payout(made.pk, reason=" ", actor=STAFF)
    assert (wrong.value.field, owed(his)) == ("reason", 300)
    actions.return_payout(made.pk, reason="账号已注销", actor=STAFF)
    assert owed(his) == 1_000
    with pytest.raises(Mistake):
        actions.return_payout(made.pk, reason="又退一次", actor=STAFF)
    with pytest.raises(Payout.DoesNotExist):
        actions.return_payout(made.pk + 99, reason="x", actor=STAFF)
    assert owed(his) == 1_000 and entries(his)[-2:] == [("payout", -700), ("return", 700)]
    with scope.referrer(his.pk, read_only=True):
        (month, *_older) = queries.statements(his.pk)
        (shown,) = queries.payouts(referrer_id=his.pk)
        assert (month.paid_fen, month.closing_fen) == (0, 1_000)
        assert shown.returned_note == "账号已注销" and shown.returned_at is not None and shown.amount_fen == 700
    assert rows(
        "select kind, amount_fen from ledger_transfer where kind like 'referral_%%' and order_id is null order by id"
    ) == [
        ("referral_pay", 700),
        ("referral_return", 700),
    ]
    ((before, after, reason),) = rows(
        "select before->>'balance_fen', after->>'balance_fen', reason from events_operation"
        " where verb = 'referral.payout_returned'"
    )
    assert (before, after, reason) == ("300", "1000", "账号已注销")
    again = actions.pay_out(his.pk, amount_fen=1_000, bank_reference="ICBC2", once="o2", **TERMS)
    assert owed(his) == 0 and again.pk != made.pk
    assert verify()["differences"] == []
    with psycopg.connect(fresh_database.admin_url) as superuser:
        superuser.execute("set session_replication_role = replica")
        superuser.execute("update referral_entry set amount_fen = 699 where kind = 'return'")
    assert {one["field"] for one in verify()["differences"]} == {"transfer_fen", "lines_fen"}
