"""The platform's partners: suppliers, distributors with their terms, keys and money, tiers."""

import re
from typing import Any

import pytest

from tests.doors.kit_people import Person
from tests.doors.office_people import at_work, sheet_of, text_of
from tests.world import World, rows

PLATFORM = "/platform"


def seen(browser: Any, address: str) -> str:
    """The mark of what a form was filled in over."""
    (found,) = re.findall(r'name="seen" value="([^"]*)"', text_of(browser.get(address)))
    return found


def shown_codes(page: str) -> list[str]:
    """What a page that shows secrets once offers to copy."""
    return re.findall(r'data-copy="([^"]+)"', page)


def balance(party: Any) -> int:
    """A distributor's prepaid balance in fen, 0 before the first movement."""
    statement = "select coalesce(sum(balance_fen), 0)::bigint from ledger_account where kind = 'prepaid'"
    ((found,),) = rows(f"{statement} and distributor_id = %s", party.pk)
    return int(found)


# --- suppliers ---


def test_a_supplier_is_admitted_and_can_sign_in_with_what_was_shown(world: World) -> None:
    from django.test import Client

    from entrepot.parties.models import User

    browser = at_work("platform", None)
    name, login = world.name("S"), f"s.{world.mark}"
    form = {"name": name, "contact": "李经理", "source": "office", "username": login, "is_active": "on"}
    answer = browser.post(f"{PLATFORM}/suppliers/new/", form)
    link, username, password = shown_codes(text_of(answer))
    assert answer["Cache-Control"] == "no-store" and username == login and link.endswith("/supplier/")
    person = Person(User.objects.get(username=login), Client())
    assert person.sign_in(password=password).status_code == 302 and person.is_in
    ((supplier_id, state),) = rows("select id, state from parties_supplier where name = %s", name)
    assert state == "active"
    assert browser.post(f"{PLATFORM}/suppliers/new/", form).status_code == 422  # the login name is taken
    assert rows("select count(*) from parties_supplier where name = %s", name) == [(1,)]
    assert password not in str(
        rows("select before, after from events_operation where object_label like %s", f"%{login}%")
    )
    page = text_of(browser.get(f"{PLATFORM}/suppliers/{supplier_id}/"))
    assert login in page and password not in page


def test_a_suspended_supplier_sells_nothing_until_it_is_activated(world: World) -> None:
    supplier = world.supplier()
    article, party = world.article(supplier=supplier, stock=5), world.distributor(funds_fen=100_000)
    browser, address = at_work("platform", None), f"{PLATFORM}/suppliers/{supplier.pk}/state/"
    assert browser.post(address, {"do": "suspend", "reason": ""}).status_code == 422
    assert world.run(world.place_ask(party, (article, 1))).is_accepted
    assert browser.post(address, {"do": "suspend", "reason": "资质过期"}).status_code == 302
    assert not world.run(world.place_ask(party, (article, 1))).is_accepted
    assert browser.post(address, {"do": "activate", "reason": "已补齐"}).status_code == 302
    assert world.run(world.place_ask(party, (article, 1))).is_accepted
    assert "资质过期" in text_of(browser.get(f"{PLATFORM}/suppliers/{supplier.pk}/"))


def reasons(kind: str, party_id: int) -> list[tuple[str]]:
    """Why an object was changed, by the operation log."""
    asked = "select reason from events_operation where object_kind = %s and object_id = %s and verb = %s order by id"
    return rows(asked, kind, str(party_id), f"{kind}.changed")


def test_nobody_overwrites_what_he_has_not_seen(world: World) -> None:
    supplier, browser = world.supplier(), at_work("platform", None)
    page, address = f"{PLATFORM}/suppliers/{supplier.pk}/", f"{PLATFORM}/suppliers/{supplier.pk}/change/"
    mark = seen(browser, page)
    assert browser.post(address, {"seen": mark, "name": "甲", "contact": "", "source": "office"}).status_code == 302
    assert browser.post(address, {"seen": mark, "name": "乙", "contact": "", "source": "office"}).status_code == 422
    assert rows("select name from parties_supplier where id = %s", supplier.pk) == [("甲",)]
    again = {"seen": seen(browser, page), "name": "丙", "contact": "", "source": "office", "reason": "营业执照更名"}
    assert browser.post(address, again).status_code == 302
    assert reasons("supplier", supplier.pk) == [("",), ("营业执照更名",)]
    assert "营业执照更名" in text_of(browser.get(page))


@pytest.mark.parametrize("kind", ["suppliers", "distributors"])
def test_the_lists_of_parties_search_and_export(world: World, kind: str) -> None:
    make = world.supplier if kind == "suppliers" else world.distributor
    one, other = make(), make()
    browser, address = at_work("platform", None), f"{PLATFORM}/{kind}/"
    page = text_of(browser.get(address, {"text": one.name}))
    assert f"{address}{one.pk}/" in page and f"{address}{other.pk}/" not in page
    headings, *found = sheet_of(browser.get(address, {"text": one.name, "export": "xlsx"}))
    assert [row[headings.index("编号")] for row in found] == [one.number]
    assert 'class="empty"' in text_of(browser.get(address, {"text": one.name, "tab": "suspended"}))


# --- distributors ---


def new_distributor(world: World, tier: Any, **more: Any) -> dict[str, Any]:
    """What the form of a new distributor hands in."""
    form = {"name": world.name("D"), "tier_id": tier.pk, "username": f"d.{world.name('u')}"[:40], "is_active": "on"}
    return (
        form
        | {"kind": "mall", "funds_policy": "check", "hold_minutes": "20", "allow_list": "203.0.113.7\n2001:DB8::/48"}
        | more
    )


def test_a_distributor_is_admitted_with_his_terms(world: World) -> None:
    browser, tier = at_work("platform", None), world.tier()
    form = new_distributor(world, tier, callback_url="https://mall.example/callback")
    answer = browser.post(f"{PLATFORM}/distributors/new/", form)
    assert len(shown_codes(text_of(answer))) == 3
    found = rows(
        "select tier_id, state, funds_policy, hold_ttl_s, allow_list, callback_url from parties_distributor where name = %s",
        form["name"],
    )
    networks = ["203.0.113.7/32", "2001:db8::/48"]
    assert found == [(tier.pk, "active", "check", 1200, networks, "https://mall.example/callback")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"allow_list": "203.0.113.300"},
        {"callback_url": "ftp://mall.example"},
        {"hold_minutes": "61"},
        {"hold_minutes": "0"},
        {"tier_id": "0"},
        {"username": "a b"},
        {"name": " "},
        {"funds_policy": "trust"},
    ],
)
def test_wrong_terms_are_refused_beside_their_field(world: World, wrong: dict[str, str]) -> None:
    form = new_distributor(world, world.tier()) | wrong
    answer = at_work("platform", None).post(f"{PLATFORM}/distributors/new/", form)
    assert answer.status_code == 422
    (field,) = wrong
    assert f'id="id_{field}-error"' in text_of(answer) or f'id="id_{field}' in text_of(answer)
    assert rows("select count(*) from parties_distributor where name = %s", form["name"]) == [(0,)]


def test_terms_are_changed_over_what_one_has_seen(world: World) -> None:
    party, tier, browser = world.distributor(), world.tier(), at_work("platform", None)
    address = f"{PLATFORM}/distributors/{party.pk}/edit/"
    form = {
        "seen": seen(browser, address),
        "name": "新名字",
        "tier_id": tier.pk,
        "kind": "mall",
        "funds_policy": "hold",
        "hold_minutes": "5",
    }
    assert (
        browser.post(
            address, form | {"allow_list": "10.0.0.0/8", "low_balance_fen": "100", "reason": "续签合同"}
        ).status_code
        == 302
    )
    found = rows(
        "select name, tier_id, hold_ttl_s, allow_list, low_balance_fen from parties_distributor where id = %s", party.pk
    )
    assert found == [("新名字", tier.pk, 300, ["10.0.0.0/8"], 10_000)]
    assert browser.post(address, form | {"name": "旧窗口"}).status_code == 422
    emptied = form | {"seen": seen(browser, address), "allow_list": "", "low_balance_fen": ""}
    assert browser.post(address, emptied).status_code == 302
    assert rows("select allow_list, low_balance_fen from parties_distributor where id = %s", party.pk) == [([], 0)]
    assert reasons("distributor", party.pk) == [("续签合同",), ("",)]
    assert 'name="reason"' not in text_of(browser.get(f"{PLATFORM}/distributors/new/"))


def test_a_suspended_distributor_places_nothing(world: World) -> None:
    party, article, browser = world.distributor(funds_fen=100_000), world.article(stock=5), at_work("platform", None)
    address = f"{PLATFORM}/distributors/{party.pk}/state/"
    assert browser.post(address, {"do": "suspend", "reason": ""}).status_code == 422
    assert browser.post(address, {"do": "suspend", "reason": "欠款"}).status_code == 302
    assert not world.run(world.place_ask(party, (article, 1))).is_accepted
    assert browser.post(address, {"do": "activate", "reason": "已结清"}).status_code == 302
    assert world.run(world.place_ask(party, (article, 1))).is_accepted


def test_a_key_is_shown_once_at_most_two_live_and_revoked(world: World) -> None:
    party, browser = world.distributor(), at_work("platform", None)
    page = f"{PLATFORM}/distributors/{party.pk}/"
    shown = [shown_codes(text_of(browser.post(f"{page}keys/", {"label": label}))) for label in ("一", "二")]
    assert all(key.startswith("ek_live_") and secret.startswith("whsec_") for key, secret in shown)
    assert browser.post(f"{page}keys/", {"label": "三"}).status_code == 422
    later = text_of(browser.get(page))
    assert all(key in later and secret not in later for key, secret in shown)
    assert not any(
        secret in str(rows("select after from events_operation where verb = 'key.issued'")) for _key, secret in shown
    )
    ((key_id,),) = rows("select id from parties_apikey where key = %s", shown[0][0])
    stranger = world.distributor()
    assert browser.post(f"{PLATFORM}/distributors/{stranger.pk}/keys/{key_id}/revoke/").status_code == 404
    assert browser.post(f"{page}keys/{key_id}/revoke/").status_code == 302
    assert rows("select is_live from parties_apikey where distributor_id = %s order by id", party.pk) == [
        (False,),
        (True,),
    ]


def credit_form(browser: Any, party: Any, **more: Any) -> dict[str, Any]:
    """What the form by which money is credited hands in."""
    page = text_of(browser.get(f"{PLATFORM}/distributors/{party.pk}/credit/"))
    (once,) = re.findall(r'name="once" value="([^"]+)"', page)
    return {"once": once, "kind": "top_up", "amount_fen": "1,000.50", "reason": "线下转账"} | more


def test_money_is_credited_after_a_look_at_the_figures_and_once(world: World) -> None:
    party, browser = world.distributor(), at_work("platform", None)
    address = f"{PLATFORM}/distributors/{party.pk}/credit/"
    form = credit_form(browser, party)
    question = text_of(browser.post(address, form))
    assert "¥0.00 → ¥1,000.50" in question and balance(party) == 0
    for _ in range(2):
        assert browser.post(address, form | {"confirmed": "1"}).status_code == 302
    assert balance(party) == 100_050
    back = credit_form(browser, party, kind="adjustment", amount_fen="-0.50", confirmed="1")
    browser.post(address, back)
    assert balance(party) == 100_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": "-1"},
        {"amount_fen": "0"},
        {"amount_fen": "1.005"},
        {"reason": ""},
        {"kind": "adjustment", "amount_fen": "-1"},
    ],
)
def test_a_wrong_credit_moves_nothing(world: World, wrong: dict[str, str]) -> None:
    party, browser = world.distributor(), at_work("platform", None)
    form = credit_form(browser, party, confirmed="1") | wrong
    assert browser.post(f"{PLATFORM}/distributors/{party.pk}/credit/", form).status_code == 422
    assert balance(party) == 0


def test_a_credit_lets_waiting_orders_go_on(world: World) -> None:
    party = world.distributor(funds_policy="check")
    order = world.place(party, (world.article(stock=5, supply_price_fen=1000), 1), mode="hold")
    world.capture(order)
    assert world.state(order) == "awaiting_funds"
    browser = at_work("platform", None)
    browser.post(f"{PLATFORM}/distributors/{party.pk}/credit/", credit_form(browser, party, confirmed="1"))
    assert world.state(order) == "confirmed" and balance(party) == 100_050 - 1050


def test_the_credit_limit_is_changed_over_the_one_seen(world: World) -> None:
    party, browser = world.distributor(), at_work("platform", None)
    address = f"{PLATFORM}/distributors/{party.pk}/limit/"
    form = {"limit_fen": "500", "reason": "合同", "seen_fen": "0"}
    assert browser.post(address, form | {"reason": ""}).status_code == 422
    assert browser.post(address, form).status_code == 302
    limits = "select credit_limit_fen from ledger_account where kind = 'prepaid' and distributor_id = %s"
    assert rows(limits, party.pk) == [(50_000,)]
    assert browser.post(address, form | {"limit_fen": "1"}).status_code == 422  # filled in over the old limit
    assert rows(limits, party.pk) == [(50_000,)]


def test_the_ledger_shows_filters_and_exports_the_movements(world: World) -> None:
    party, article = world.distributor(funds_fen=10_000), world.article(stock=5, supply_price_fen=1000)
    order = world.place(party, (article, 1), mode="direct")
    browser, address = at_work("platform", None), f"{PLATFORM}/distributors/{party.pk}/ledger/"
    page = text_of(browser.get(address))
    assert "+100.00" in page and "-10.50" in page and str(order.id) in page and "89.50" in page
    assert "+100.00" not in text_of(browser.get(address, {"kind": "draw"}))
    headings, *found = sheet_of(browser.get(address, {"kind": "draw", "export": "xlsx"}))
    assert [(row[headings.index("金额")], row[headings.index("变动后余额")]) for row in found] == [("-10.5", "89.5")]


# --- tiers ---


def test_a_rate_is_changed_after_a_look_at_examples_and_holds_from_then_on(world: World) -> None:
    party, article = world.distributor(funds_fen=1_000_000), world.article(stock=5, supply_price_fen=1000)
    before = world.place(party, (article, 1), mode="direct")
    browser, address = at_work("platform", None), f"{PLATFORM}/tiers/{party.tier_id}/"
    form = {"seen": seen(browser, address), "name": world.name("T"), "fee_rate_bps": "8", "rate_limit_per_s": "50"}
    form |= {"rate_burst": "100", "position": "0", "note": "", "reason": "年度调价"}
    question = text_of(browser.post(address, form))
    assert "5% → 8%" in question and "¥10.50" in question and "¥10.80" in question
    assert '<input type="hidden" name="reason" value="年度调价"' in question and "原因: 年度调价" in question
    rate = "select fee_rate_bps from parties_tier where id = %s"
    assert rows(rate, party.tier_id) == [(500,)]
    assert browser.post(address, form | {"confirmed": "1"}).status_code == 302
    assert rows(rate, party.tier_id) == [(800,)]
    assert browser.post(address, form | {"confirmed": "1", "fee_rate_bps": "9"}).status_code == 422  # an old window
    assert rows(rate, party.tier_id) == [(800,)] and reasons("tier", party.tier_id) == [("年度调价",)]
    assert world.place(party, (article, 1), mode="direct").total_fen == 1080
    assert rows("select total_fen from orders_order where id = %s", before.id) == [(1050,)]


@pytest.mark.parametrize(
    "wrong", [{"fee_rate_bps": "100.01"}, {"fee_rate_bps": "-1"}, {"name": ""}, {"rate_burst": "1"}]
)
def test_a_wrong_tier_is_refused(world: World, wrong: dict[str, str]) -> None:
    name = world.name("T")
    form = {
        "seen": "new",
        "name": name,
        "fee_rate_bps": "5",
        "rate_limit_per_s": "50",
        "rate_burst": "100",
        "position": "0",
    }
    browser = at_work("platform", None)
    assert browser.post(f"{PLATFORM}/tiers/new/", form | wrong).status_code == 422
    assert rows("select count(*) from parties_tier where name = %s", name) == [(0,)]
    assert browser.post(f"{PLATFORM}/tiers/new/", form).status_code == 302
    assert rows("select fee_rate_bps from parties_tier where name = %s", name) == [(500,)]


def test_suppliers_are_told_apart_by_kind_and_source(world: World) -> None:
    browser = at_work("platform", None)
    login = f"k.{world.mark}"
    form = {"name": f"云链{world.mark}", "kind": "hub", "source": "api", "username": login, "is_active": "on"}
    assert browser.post(f"{PLATFORM}/suppliers/new/", form | {"kind": "moon"}).status_code == 422
    assert browser.post(f"{PLATFORM}/suppliers/new/", form).status_code == 200
    other = world.supplier()
    ((number, kind, source),) = rows("select id, kind, source from parties_supplier where name = %s", form["name"])
    assert (kind, source) == ("hub", "api")
    for query, shown in (("kind=hub&source=api", True), ("kind=produce", False), ("source=office", False)):
        page = text_of(browser.get(f"{PLATFORM}/suppliers/?text={form['name']}&{query}"))
        assert (f"suppliers/{number}/" in page) == shown, query
    assert other.number not in text_of(browser.get(f"{PLATFORM}/suppliers/?kind=hub"))
    headings, *lines = sheet_of(browser.get(f"{PLATFORM}/suppliers/?text={form['name']}&export=xlsx"))
    assert [(line[headings.index("类型")], line[headings.index("来源")]) for line in lines] == [
        ("其他综合型供应链", "其他平台（API）")
    ]
    address = f"{PLATFORM}/suppliers/{number}/"
    (seen,) = re.findall(r'name="seen" value="([^"]*)"', text_of(browser.get(address)))
    changed = {"seen": seen, "name": form["name"], "kind": "produce", "source": "office", "contact": ""}
    assert browser.post(f"{address}change/", changed).status_code == 302
    ((before, after),) = rows(
        "select before, after from events_operation where verb = 'supplier.changed' and object_id = %s", str(number)
    )
    assert ("hub" in before, "produce" in after) == (True, True)
    assert "农产品" in text_of(browser.get(address))


def test_distributors_are_told_apart_by_kind(world: World) -> None:
    browser, address, older = at_work("platform", None), f"{PLATFORM}/distributors/", world.distributor()
    assert rows("select kind from parties_distributor where id = %s", older.pk) == [("mall",)]
    form = new_distributor(world, world.tier(), kind="market")
    assert browser.post(f"{address}new/", form | {"kind": "moon"}).status_code == 422
    assert browser.post(f"{address}new/", form).status_code == 200
    ((number, kind),) = rows("select id, kind from parties_distributor where name = %s", form["name"])
    assert kind == "market"
    for query, is_found in (("kind=market", True), ("kind=mall", False)):
        assert (f"distributors/{number}/" in text_of(browser.get(f"{address}?text={form['name']}&{query}"))) == is_found
    assert '<td data-l="类型">批发市场</td>' in text_of(browser.get(f"{address}?text={form['name']}"))
    headings, line = sheet_of(browser.get(f"{address}?text={form['name']}&export=xlsx"))
    assert line[headings.index("类型")] == "批发市场"
    page = f"{address}{number}/"
    assert "批发市场" in text_of(browser.get(page))
    changed = form | {"seen": seen(browser, f"{page}edit/"), "kind": "enterprise"}
    assert browser.post(f"{page}edit/", changed | {"kind": ""}).status_code == 422
    assert browser.post(f"{page}edit/", changed).status_code == 302
    said = rows(
        "select before, after from events_operation where verb = 'distributor.changed' and object_id = %s", str(number)
    )
    assert said == [('{"distributor_kind": "market"}', '{"distributor_kind": "enterprise"}')]
    shown = text_of(browser.get(page))
    assert "企业采购" in shown and "批发市场" in shown  # what he is, and what he was
