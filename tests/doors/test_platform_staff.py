"""The platform's own house: dashboard, top-ups, users, roles, operation log."""

import io
import re
from typing import Any

import pytest
from PIL import Image

from entrepot.recharge import actions as recharge
from entrepot.recharge.models import TopUp
from tests.doors.kit_people import person
from tests.doors.office_people import at_work, order_of, sheet_of, text_of
from tests.world import World, rows

PLATFORM = "/platform"


def asked(world: World, party: Any, *, amount_fen: int = 100_050, has_picture: bool = True) -> TopUp:
    """A request of a distributor that waits."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(buffer, "PNG")
    return recharge.request_top_up(
        party.pk,
        amount_fen=amount_fen,
        payer=f"付款方{world.mark}",
        bank_reference=world.name("B"),
        voucher=buffer.getvalue() if has_picture else None,
        actor=f"distributor/{party.pk}/1/proof",
    )


def balance(party: Any) -> int:
    """A distributor's prepaid balance in fen, 0 before the first movement."""
    statement = "select coalesce(sum(balance_fen), 0)::bigint from ledger_account where kind = 'prepaid'"
    ((found,),) = rows(f"{statement} and distributor_id = %s", party.pk)
    return int(found)


# --- top-ups ---


def test_a_top_up_is_credited_beside_its_voucher_once(world: World) -> None:
    party, browser = world.distributor(), at_work("platform", None)
    request = asked(world, party)
    page = f"{PLATFORM}/topups/{request.pk}/"
    assert "¥0.00 → <b>¥1,000.50" in text_of(browser.get(page))
    picture = browser.get(f"{page}voucher/")
    assert picture["Content-Type"] == "image/webp" and picture.content[8:12] == b"WEBP"
    assert browser.post(f"{page}judge/", {"do": "approve", "note": ""}).status_code == 302
    assert balance(party) == 100_050
    assert browser.post(f"{page}judge/", {"do": "approve", "note": ""}).status_code == 422
    assert balance(party) == 100_050
    assert rows("select state from recharge_topup where id = %s", request.pk) == [("approved",)]


def test_a_top_up_is_turned_down_with_a_reason(world: World) -> None:
    party, browser = world.distributor(), at_work("platform", None, "topups.view", "topups.review")
    request = asked(world, party, has_picture=False)
    page = f"{PLATFORM}/topups/{request.pk}/"
    assert browser.get(f"{page}voucher/").status_code == 404
    assert browser.post(f"{page}judge/", {"do": "reject", "note": " "}).status_code == 422
    assert browser.post(f"{page}judge/", {"do": "reject", "note": "未到账"}).status_code == 302
    found = rows("select state, review_note from recharge_topup where id = %s", request.pk)
    assert found == [("rejected", "未到账")] and balance(party) == 0


def test_who_may_only_look_at_top_ups_judges_none(world: World) -> None:
    request, browser = asked(world, world.distributor()), at_work("platform", None, "topups.view")
    page = f"{PLATFORM}/topups/{request.pk}/"
    assert "judge/" not in text_of(browser.get(page))
    assert browser.post(f"{page}judge/", {"do": "approve"}).status_code == 403
    assert rows("select state from recharge_topup where id = %s", request.pk) == [("pending",)]


def test_the_list_of_top_ups_searches_and_exports(world: World) -> None:
    party, other, browser = world.distributor(), world.distributor(), at_work("platform", None)
    one, two = asked(world, party), asked(world, other)
    address = f"{PLATFORM}/topups/"
    for query in ({"text": party.number}, {"text": one.bank_reference}, {"text": party.name, "tab": "pending"}):
        page = text_of(browser.get(address, query))
        assert f"{address}{one.pk}/" in page and f"{address}{two.pk}/" not in page, query
    assert f"{address}{one.pk}/" not in text_of(browser.get(address, {"text": party.number, "tab": "approved"}))
    headings, *found = sheet_of(browser.get(address, {"text": party.number, "export": "xlsx"}))
    assert [row[headings.index("金额")] for row in found] == ["1000.5"]


# --- users and roles ---


def role(world: World, browser: Any, *permissions: str, kind: str = "platform") -> int:
    """A role made by hand; returns its id."""
    name = world.name("R")
    form = {"seen": "new", "name": name, "permissions": list(permissions)}
    assert browser.post(f"{PLATFORM}/roles/new/{kind}/", form).status_code == 302
    ((role_id,),) = rows("select id from parties_role where name = %s", name)
    return int(role_id)


def test_a_role_gives_what_its_matrix_says(world: World) -> None:
    browser = at_work("platform", None)
    role_id = role(world, browser, "orders.view")
    login = f"u.{world.mark}"
    answer = browser.post(f"{PLATFORM}/users/new/", {"username": login, "display_name": "小王", "roles": [role_id]})
    assert len(re.findall(r'data-copy="', text_of(answer))) == 3
    staff = person("platform", permissions=())
    browser.post(f"{PLATFORM}/users/{staff.user.pk}/", {"display_name": "小李", "roles": [role_id]})
    staff.browser.force_login(staff.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    assert staff.browser.get(f"{PLATFORM}/orders/").status_code == 200
    assert staff.browser.get(f"{PLATFORM}/goods/").status_code == 403
    page = f"{PLATFORM}/roles/{role_id}/"
    (mark,) = re.findall(r'name="seen" value="([^"]*)"', text_of(browser.get(page)))
    form = {"seen": mark, "name": world.name("R"), "permissions": ["goods.view"]}
    assert browser.post(page, form).status_code == 302
    assert staff.browser.get(f"{PLATFORM}/orders/").status_code == 403
    assert staff.browser.get(f"{PLATFORM}/goods/").status_code == 200
    assert browser.post(page, form | {"permissions": ["orders.view"]}).status_code == 422  # an old window


def test_the_page_of_roles_names_what_nobody_may_do(world: World) -> None:
    browser = at_work("platform", None)
    empty = role(world, browser, "orders.view")  # nobody has it, so it gives nothing to anybody
    ((unused,),) = rows("select count(*) from parties_user_roles where role_id = %s", empty)
    shown = text_of(browser.get(f"{PLATFORM}/roles/"))
    (of_referrers,) = re.findall(
        r"以下权限目前只有拥有全部权限的账号才有：([^<]*)</span></p></section>(?=</div>)", shown
    )
    assert unused == 0 and of_referrers.strip() == "推荐: 查看"


@pytest.mark.parametrize(
    "wrong", [{"permissions": ["*"]}, {"permissions": ["topups.request"]}, {"name": ""}, {"name": "运营"}]
)
def test_a_wrong_role_is_refused(world: World, wrong: dict[str, Any]) -> None:
    browser = at_work("platform", None)
    before = rows("select count(*) from parties_role")
    answer = browser.post(f"{PLATFORM}/roles/new/platform/", {"seen": "new", "name": world.name("R")} | wrong)
    assert answer.status_code == 422 and rows("select count(*) from parties_role") == before


def test_the_role_that_may_do_everything_cannot_be_opened(world: World) -> None:
    ((head,),) = rows("select min(id) from parties_role where kind = 'platform' and '*' = any(permissions)")
    assert at_work("platform", None).get(f"{PLATFORM}/roles/{head}/").status_code == 404


def test_a_user_is_locked_out_at_once_and_let_in_again(world: World) -> None:
    browser = at_work("platform", None)
    staff = person("platform", permissions=("orders.view",))
    staff.browser.force_login(staff.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    address = f"{PLATFORM}/users/{staff.user.pk}/state/"
    browser.post(address, {"do": "deactivate", "reason": "离职"})
    assert staff.browser.get(f"{PLATFORM}/orders/").status_code == 302
    browser.post(address, {"do": "activate"})
    assert rows("select is_active from parties_user where id = %s", staff.user.pk) == [(True,)]
    reasons = rows(
        "select reason from events_operation where verb = 'user.deactivated' and object_id = %s", str(staff.user.pk)
    )
    assert reasons == [("离职",)]


def test_nobody_locks_himself_out(world: World) -> None:
    me = person("platform", permissions=("*",))
    me.browser.force_login(me.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    me.browser.post(f"{PLATFORM}/users/{me.user.pk}/state/", {"do": "deactivate"})
    assert rows("select is_active from parties_user where id = %s", me.user.pk) == [(True,)]


def test_a_new_password_is_shown_once_and_ends_the_sessions(world: World) -> None:
    browser = at_work("platform", None)
    staff = person("supplier", party=world.supplier(), permissions=("orders.view",))
    staff.browser.force_login(staff.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    page = text_of(browser.post(f"{PLATFORM}/users/{staff.user.pk}/password/"))
    _link, username, password = re.findall(r'data-copy="([^"]+)"', page)
    assert username == staff.user.username
    assert staff.browser.get("/supplier/").status_code == 302  # his session ended
    assert staff.sign_in().status_code != 302
    assert staff.sign_in(password=password).status_code == 302


def test_the_list_of_users_narrows_to_a_back_office(world: World) -> None:
    browser = at_work("platform", None)
    staff = person("supplier", party=world.supplier())
    address = f"{PLATFORM}/users/"
    query = {"text": staff.user.username}
    assert f"{address}{staff.user.pk}/" in text_of(browser.get(address, query | {"tab": "supplier"}))
    assert f"{address}{staff.user.pk}/" not in text_of(browser.get(address, query | {"tab": "platform"}))
    assert f"{address}{staff.user.pk}/" not in text_of(browser.get(address, query | {"state": "disabled"}))
    assert len(sheet_of(browser.get(address, query | {"export": "xlsx"}))) == 2


# --- operation log ---


def test_the_log_finds_a_deed_and_shows_what_it_changed(world: World) -> None:
    browser = at_work("platform", None)
    supplier = world.supplier()
    page = f"{PLATFORM}/suppliers/{supplier.pk}/"
    (mark,) = re.findall(r'name="seen" value="([^"]*)"', text_of(browser.get(page)))
    browser.post(f"{page}change/", {"seen": mark, "name": f"新{world.mark}", "contact": "王经理", "source": "office"})
    address = f"{PLATFORM}/log/"
    found = text_of(browser.get(address, {"text": f"新{world.mark}"}))
    ((line_id,),) = rows(
        "select id from events_operation where verb = 'supplier.changed' and object_id = %s", str(supplier.pk)
    )
    assert f"{address}{line_id}/" in found
    assert f"{address}{line_id}/" not in text_of(
        browser.get(address, {"text": f"新{world.mark}", "verb": "tier.changed"})
    )
    assert f"{address}{line_id}/" not in text_of(browser.get(address, {"text": f"新{world.mark}", "tab": "api"}))
    line = text_of(browser.get(f"{address}{line_id}/"))
    assert supplier.name in line and f"新{world.mark}" in line and "王经理" in line
    headings, *exported = sheet_of(browser.get(address, {"text": f"新{world.mark}", "export": "xlsx"}))
    assert len(exported) == 1 and f"新{world.mark}" in exported[0][headings.index("变更")]


# --- dashboard ---


def figures(page: str) -> dict[str, str]:
    """The dashboard's figures by their headings."""
    return dict(re.findall(r"<h2>([^<]+)</h2><p class=\"figure\"><b>([^<]*)</b>", page))


def test_the_dashboard_counts_what_happens(world: World) -> None:
    browser, party = at_work("platform", None), world.distributor(funds_fen=1_000_000)
    article = world.article(supplier=world.supplier(is_own=True), stock=50, supply_price_fen=1000)
    before = figures(text_of(browser.get(f"{PLATFORM}/")))
    order_of(world, party, (article, 2))
    page = text_of(browser.get(f"{PLATFORM}/"))
    after = figures(page)

    def grown(name: str) -> float:
        return round(float(after[name].replace(",", "")) - float(before[name].replace(",", "")), 2)

    assert (grown("今日订单"), grown("今日协议价"), grown("待发货"), grown("待补货款")) == (1, 21.0, 1, 0)
    for onward in ("orders/?tab=to_ship", "goods/?tab=submitted", "topups/?tab=pending", "stock/?tab=low"):
        assert f'href="{PLATFORM}/{onward}"' in page
    assert party.name in page


def test_the_dashboard_shows_a_clerk_only_his_part(world: World) -> None:
    page = text_of(at_work("platform", None, "topups.view").get(f"{PLATFORM}/"))
    assert "topups/?tab=pending" in page
    for other in ("今日订单", "goods/?tab=submitted", "stock/?tab=low", "最新订单"):
        assert other not in page, other


def test_the_office_speaks_english_too(world: World) -> None:
    browser = at_work("platform", None)
    browser.cookies["entrepot_language"] = "en"
    for address, words in (
        ("orders/", "Order no."),
        ("goods/", "Supply price"),
        ("log/", "Operation log"),
        ("", "To do"),
    ):
        page = text_of(browser.get(f"{PLATFORM}/{address}"))
        assert words in page and 'lang="en"' in page, address


def test_one_transfer_is_asked_for_once_and_the_reviewer_sees_who_else_names_it(world: World) -> None:
    party, other, browser = world.distributor(), world.distributor(), at_work("platform", None)
    office = at_work("distributor", party)
    form = {"amount_fen": "500", "payer": "公司", "bank_reference": world.name("T")}
    address = "/distributor/topups/create/"
    assert [office.post(address, form).status_code for _turn in range(2)] == [302, 302]  # the same form, sent twice
    ((first,),) = rows("select id from recharge_topup where distributor_id = %s", party.pk)
    again = office.post(address, form | {"amount_fen": "600"})
    assert again.status_code == 422 and f"充值申请 {first} 已使用该银行流水号" in text_of(again)
    assert office.post(address, form | {"bank_reference": ""}).status_code == 302
    made = recharge.request_top_up(
        other.pk, amount_fen=50_000, bank_reference=form["bank_reference"], actor=f"distributor/{other.pk}/1/proof"
    )
    page = text_of(browser.get(f"{PLATFORM}/topups/{made.pk}/"))
    assert "同一银行流水号" in page and f"{PLATFORM}/topups/{first}/" in page
    assert browser.post(f"{PLATFORM}/topups/{first}/judge/", {"do": "reject", "note": "未到账"}).status_code == 302
    assert "同一银行流水号" not in text_of(browser.get(f"{PLATFORM}/topups/{made.pk}/"))
    assert office.post(address, form | {"amount_fen": "600"}).status_code == 302
