"""Top-ups, credits by hand, adjustments and limits: what staff do with prepaid money."""

from pathlib import Path

import pytest

from entrepot.base import scope
from entrepot.base.actors import staff
from entrepot.ledger import queries as ledger
from entrepot.parties.models import User
from entrepot.recharge import actions, queries
from entrepot.recharge.models import TopUp
from tests import audit
from tests.rooms.conftest import picture
from tests.rooms.test_parties import log_of, refused
from tests.world import World


def test_an_approved_request_is_credited_once(world: World, admin: str, media: Path) -> None:
    mall = world.distributor()
    top_up = actions.request_top_up(
        mall.pk, amount_fen=10_000_00, payer="公司", bank_reference="R1", voucher=picture(), actor="system"
    )
    with scope.platform():  # as a page does, inside its own transaction
        actions.approve_top_up(top_up.pk, actor=admin, note="已到账")
    assert world.money(mall) == (10_000_00, 0)
    assert refused(actions.approve_top_up, top_up.pk, actor=admin) == ""
    assert refused(actions.reject_top_up, top_up.pk, reason="x", actor=admin) == ""
    assert refused(actions.withdraw_top_up, mall.pk, top_up_id=top_up.pk, actor="system") == ""
    assert world.money(mall) == (10_000_00, 0)
    with scope.platform():
        stored = TopUp.objects.get(pk=top_up.pk)
        reviewer = User.objects.get(pk=int(admin.split("/")[2]))
    assert (stored.state, stored.review_note, stored.reviewed_by) == ("approved", "已到账", reviewer)
    assert [row.verb for row in log_of("topup", top_up.pk)] == ["topup.requested", "topup.approved"]
    assert audit.faults(distributors=[mall.pk]) == []


def test_the_voucher_is_kept_as_a_picture(world: World, media: Path) -> None:
    mall = world.distributor()
    top_up = actions.request_top_up(mall.pk, amount_fen=1, voucher=picture(size=(4000, 100)), actor="system")
    with scope.distributor(mall.pk):
        data, kind = queries.voucher_of(top_up.pk)
    assert kind == "image/webp" and data[8:12] == b"WEBP"
    stranger = world.distributor()
    with scope.distributor(stranger.pk), pytest.raises(TopUp.DoesNotExist):
        queries.voucher_of(top_up.pk)
    assert refused(actions.request_top_up, mall.pk, amount_fen=1, voucher=b"%PDF-1.7", actor="system") == "voucher"


@pytest.mark.parametrize("amount_fen", [0, -1, 100_000_000_01])
def test_an_amount_has_bounds(world: World, admin: str, amount_fen: int) -> None:
    mall = world.distributor()
    assert refused(actions.request_top_up, mall.pk, amount_fen=amount_fen, actor="system") == "amount_fen"
    credit = {"amount_fen": amount_fen, "reason": "x", "actor": admin}
    assert refused(actions.credit_directly, mall.pk, **credit) == "amount_fen"
    with scope.platform():
        assert not TopUp.objects.filter(distributor=mall).exists()


def test_a_request_of_somebody_else_is_not_there(world: World) -> None:
    mall, stranger = world.distributor(), world.distributor()
    top_up = actions.request_top_up(mall.pk, amount_fen=5, actor="system")
    with pytest.raises(TopUp.DoesNotExist):
        actions.withdraw_top_up(stranger.pk, top_up_id=top_up.pk, actor="system")


def test_a_refused_request_credits_nothing(world: World, admin: str) -> None:
    mall = world.distributor(funds_fen=100)
    top_up = actions.request_top_up(mall.pk, amount_fen=500, actor="system")
    assert refused(actions.reject_top_up, top_up.pk, reason=" ", actor=admin) == "reason"
    actions.reject_top_up(top_up.pk, reason="未到账", actor=admin)
    assert world.money(mall) == (100, 0)
    with scope.distributor(mall.pk):
        (shown,) = queries.top_ups(distributor_id=mall.pk)
    assert (shown.state, shown.review_note) == ("rejected", "未到账")


def test_an_approval_lets_waiting_orders_go_on(world: World, admin: str) -> None:
    mall = world.distributor(funds_policy="check")
    order = world.place(mall, (world.article(stock=5), 2), mode="direct")
    assert world.state(order) == "awaiting_funds"
    top_up = actions.request_top_up(mall.pk, amount_fen=order.total_fen, actor="system")
    actions.approve_top_up(top_up.pk, actor=admin)
    assert world.state(order) == "confirmed" and world.money(mall) == (0, 0)


def test_one_form_credits_once(world: World, admin: str) -> None:
    mall = world.distributor()
    form = {"amount_fen": 700, "reason": "现金", "once": world.name("form"), "actor": admin}
    assert not actions.credit_directly(mall.pk, **form).is_replay
    assert actions.credit_directly(mall.pk, **form).is_replay
    assert world.money(mall) == (700, 0)
    assert [row.verb for row in log_of("distributor", mall.pk)] == ["money.credited"]
    assert refused(actions.credit_directly, mall.pk, **form | {"reason": ""}) == "reason"


def test_an_adjustment_takes_no_more_than_there_is(world: World, admin: str) -> None:
    mall = world.distributor(funds_fen=1_000)
    assert refused(actions.adjust_balance, mall.pk, amount_fen=-1_001, reason="错账", actor=admin) == "amount_fen"
    assert world.money(mall) == (1_000, 0)
    actions.adjust_balance(mall.pk, amount_fen=-1_000, reason="错账", actor=admin)
    assert world.money(mall) == (0, 0)
    assert audit.faults(distributors=[mall.pk]) == []


def test_a_limit_is_not_set_below_what_is_used(world: World, admin: str) -> None:
    mall = world.distributor(credit_limit_fen=5_000, fee_rate_bps=0)
    world.place(mall, (world.article(stock=5, supply_price_fen=3_000), 1), mode="direct")
    limit = {"reason": "季度", "actor": admin}
    assert refused(actions.set_credit_limit, mall.pk, limit_fen=2_999, **limit) == "limit_fen"
    assert refused(actions.set_credit_limit, mall.pk, limit_fen=-1, **limit) == "limit_fen"
    actions.set_credit_limit(mall.pk, limit_fen=3_000, **limit)
    with scope.platform():
        assert ledger.wallet(mall.pk).available_fen == 0


def test_a_statement_shows_each_row_from_the_partys_side(world: World, admin: str) -> None:
    mall = world.distributor(funds_fen=10_000, fee_rate_bps=0)
    article = world.article(stock=9, supply_price_fen=1_000)
    order = world.place(mall, (article, 3), mode="direct")
    world.refund(order, pieces={1: 1})
    world.ship(order)
    world.receive(order)
    world.complete(order)
    with scope.distributor(mall.pk):
        shown = ledger.statement(distributor_id=mall.pk)
        found = [(row.kind, row.signed_fen, row.after_fen) for row in shown]
    assert found == [("refund", 1_000, 8_000), ("draw", -3_000, 7_000), ("top_up", 10_000, 10_000)]
    with scope.supplier(article.supplier_id):
        (owed,) = ledger.statement(supplier_id=article.supplier_id)
        assert (owed.kind, owed.signed_fen, owed.after_fen) == ("settle_supplier", 2_000, 2_000)
        assert ledger.payable_fen(article.supplier_id) == 2_000
    with pytest.raises(ValueError, match="one party"):
        ledger.statement()


def test_the_person_behind_a_request_is_kept(world: World, mark: str, admin: str) -> None:
    from entrepot.parties.actions import create_distributor

    party, head = create_distributor("小满", tier_id=world.tier().pk, username=f"m{mark}", actor=admin)
    me = staff("distributor", party_id=party.pk, user_id=head.user.pk, name="罗小满")
    assert actions.request_top_up(party.pk, amount_fen=5, actor=me).requested_by_id == head.user.pk
