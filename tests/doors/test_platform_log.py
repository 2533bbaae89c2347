"""The operation log says what was done in words: names for numbers, moments in local time, choices as the pages call them."""

from typing import Any

from entrepot.doors.platform.log_values import reason_word
from entrepot.doors.platform.log_words import changes_of
from entrepot.events.models import Operation
from tests.doors.office_people import at_work, text_of
from tests.doors.test_platform_goods import stock_form
from tests.world import World, rows

LOG = "/platform/log/"


def line_of(verb: str, *, of: Any) -> tuple[int, str]:
    """The last line of a verb about an object, with the label it carries."""
    statement = (
        "select id, object_label from events_operation where verb = %s and object_id = %s order by id desc limit 1"
    )
    ((line_id, label),) = rows(statement, verb, str(of))
    return int(line_id), label


def test_what_a_field_held_is_named_and_not_numbered(world: World) -> None:
    browser, party, article = at_work("platform", None), world.distributor(funds_fen=100_000), world.article(stock=1)
    browser.post(
        f"/platform/goods/{article.goods_id}/visibility/", {"tiers": [party.tier_id], "distributors": [party.pk]}
    )
    line, _label = line_of("goods.visibility", of=article.goods_id)
    ((tier,),) = rows("select name from parties_tier where id = %s", party.tier_id)
    page = text_of(browser.get(f"{LOG}{line}/"))
    assert tier in page and f"{party.number} {party.name}" in page
    browser.post(f"/platform/goods/{article.goods_id}/promotions/", {"promotions": ["coupon"]})
    line, _label = line_of("goods.promotions", of=article.goods_id)
    assert "优惠券" in text_of(browser.get(f"{LOG}{line}/"))
    login = f"w.{world.mark}"
    form = {"name": f"词{world.mark}", "kind": "produce", "source": "api", "username": login, "is_active": "on"}
    assert browser.post("/platform/suppliers/new/", form).status_code == 200
    ((supplier_id,),) = rows("select id from parties_supplier where name = %s", form["name"])
    page = text_of(browser.get(f"{LOG}{line_of('supplier.created', of=supplier_id)[0]}/"))
    assert "农产品" in page and "produce" not in page and "其他平台（API）" in page


def test_what_the_desk_did_carries_the_name_of_its_object_and_is_found_by_it(world: World) -> None:
    browser, party, article = at_work("platform", None), world.distributor(), world.article(stock=0)
    assert browser.post(f"/platform/stock/{article.sku_id}/change/", stock_form(browser, article)).status_code == 302
    line, label = line_of("stock.restocked", of=article.sku_id)
    assert label == article.code
    assert f"{LOG}{line}/" in text_of(browser.get(LOG, {"text": article.code, "verb": "stock.restocked"}))
    credit = {"kind": "top_up", "amount_fen": "12", "reason": "柜台", "once": world.mark, "confirmed": "1"}
    assert browser.post(f"/platform/distributors/{party.pk}/credit/", credit).status_code == 302
    ((account_id,),) = rows("select id from ledger_account where kind = 'prepaid' and distributor_id = %s", party.pk)
    assert line_of("balance.credited", of=account_id)[1] == f"{party.number} {party.name}"


def test_moments_states_and_reasons_are_said_in_words() -> None:
    price = Operation(object_kind="price_change", after={"effective_at": "2026-11-22T22:50:19.487879+00:00"})
    (change,) = changes_of(price)
    assert change.after == "2026-11-23 06:50:19"
    (state,) = changes_of(Operation(object_kind="allotment", after={"state": "open", "cause": "direct:1"}))
    assert state.after == "生效中"
    assert reason_word("sold out", of="goods") == "已售罄"
    assert reason_word("quality", of="aftersale") == "质量问题"
    assert reason_word("换季", of="goods") == "换季"


def test_each_permission_and_each_movement_of_a_balance_has_a_word(world: World) -> None:
    from entrepot.doors.distributor.ledger import KINDS
    from entrepot.doors.platform.distributor_page import MOVEMENT_WORDS
    from entrepot.doors.platform.permission_words import GROUPS, VERBS
    from entrepot.membership.actions import buy, set_terms
    from entrepot.parties.rules import PERMISSIONS

    said = {part for codes in PERMISSIONS.values() for code in codes for part in [code.partition(".")]}
    assert {group for group, _dot, _verb in said} <= GROUPS.keys() and {verb for *_some, verb in said} <= VERBS.keys()
    assert set(KINDS) == MOVEMENT_WORDS.keys()
    party = world.distributor(funds_fen=100_000)
    browser = at_work("platform", None)
    set_terms(party.tier_id, price_fen=1200, months=12, actor="platform/1/1/proof")
    buy(party.pk, tier_id=party.tier_id, price_fen=1200, once=world.mark, actor=f"distributor/{party.pk}/1/proof")
    page = text_of(browser.get(f"/platform/distributors/{party.pk}/"))
    assert "接口会员费" in page
    assert "接口会员费" in text_of(browser.get(f"/platform/distributors/{party.pk}/ledger/?kind=membership"))
