"""The distributor's goods, funds, top-ups, keys and users."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from entrepot.base import scope
from entrepot.catalog import actions as catalog
from entrepot.parties.models import Role
from entrepot.parties.queries import secret_of
from entrepot.recharge import actions as recharge
from tests.doors.kit_people import PASSWORD, person
from tests.doors.office_people import at_work, order_of, sheet_of, text_of
from tests.world import STAFF, World, rows


@pytest.fixture
def office(world: World) -> Any:
    """A distributor at 5 % with 1,000.00."""
    party = world.distributor(funds_fen=100_000)
    return SimpleNamespace(party=party, browser=at_work("distributor", party))


# --- goods ---


def test_goods_show_his_agreed_price_and_why(world: World, office: Any) -> None:
    article = world.article(stock=7, supply_price_fen=937, supplier_price_fen=800, cost_fen=555)
    page = text_of(office.browser.get(f"/distributor/goods/{article.goods_id}/"))
    for text in ("¥9.84", "¥9.37", "¥0.47", "5%"):  # 9.37 × 5 % = 0.4685, half-up
        assert text in page
    assert "8.00" not in page and "5.55" not in page


@pytest.mark.parametrize("view", ["", "table"])
def test_the_shelf_shows_what_is_on_sale_for_him_alone(world: World, office: Any, view: str) -> None:
    open_to_all, draft = world.article(stock=3), world.article(state="draft")
    other_tier = world.article(stock=3, visible_tiers=[world.tier().pk])
    own = world.article(stock=3, visible_distributors=[office.party.pk])
    page = text_of(office.browser.get("/distributor/goods/", {"view": view}))
    assert open_to_all.code in page and own.code in page
    assert draft.code not in page and other_tier.code not in page
    for hidden in (draft, other_tier):
        assert office.browser.get(f"/distributor/goods/{hidden.goods_id}/").status_code == 404


def test_goods_are_narrowed_by_word_and_exported_as_narrowed(world: World, office: Any) -> None:
    from entrepot.catalog.models import Goods
    from entrepot.catalog.search import terms_of

    article, other = world.article(stock=3, supply_price_fen=1000), world.article(stock=3)
    with scope.platform():
        for one in Goods.objects.filter(pk__in=[article.goods_id, other.goods_id]):
            one.search_terms = terms_of(one)
            one.save(update_fields=["search_terms"])
    page = text_of(office.browser.get("/distributor/goods/", {"text": article.code}))
    assert article.code in page and other.code not in page
    headings, *found = sheet_of(office.browser.get("/distributor/goods/", {"text": article.code, "export": "xlsx"}))
    assert [(row[headings.index("货号")], row[headings.index("协议价")]) for row in found] == [(article.code, "10.5")]
    assert other.code not in text_of(office.browser.get("/distributor/goods/", {"text": "没有这样的商品"}))


# --- funds ---


def test_the_balance_is_on_every_page_and_the_dashboard_knows_how_long_it_lasts(world: World, office: Any) -> None:
    article = world.article(stock=50, supply_price_fen=1000)
    order_of(world, office.party, (article, 20))
    order_of(world, office.party, (article, 2), mode="hold")
    page = text_of(office.browser.get("/distributor/"))
    # 1,000.00 − 210.00 drawn − 21.00 held = 769.00; 769 ÷ (210 ÷ 7 days) = 25 days
    assert "769.00" in page and "21.00" in page and "约可用 25 天" in page
    assert "¥769.00" in text_of(office.browser.get("/distributor/goods/"))


def test_the_ledger_runs_and_is_exported_as_filtered(world: World, office: Any) -> None:
    article = world.article(stock=50, supply_price_fen=1000)
    order, other = (order_of(world, office.party, (article, qty)) for qty in (2, 4))
    world.refund(order, pieces={1: 1})
    page = text_of(office.browser.get("/distributor/ledger/"))
    for text in ("+1,000.00", "-21.00", "-42.00", "+10.50", "947.50", order.out_order_no):
        assert text in page
    assert "-42.00" not in text_of(office.browser.get("/distributor/ledger/?tab=refund"))
    headings, *found = sheet_of(
        office.browser.get("/distributor/ledger/", {"order": order.out_order_no, "export": "xlsx"})
    )
    assert [(row[headings.index("金额")], row[headings.index("变动后余额")]) for row in found] == [
        ("10.5", "947.5"),
        ("-21.0", "979.0"),
    ]
    assert other.out_order_no not in str(found)
    clerk = at_work("distributor", office.party, "orders.view")
    assert clerk.get("/distributor/ledger/").status_code == 403


def test_the_ledger_of_others_stays_theirs(world: World, office: Any) -> None:
    article = world.article(stock=5)
    order = order_of(world, office.party, (article, 1))
    stranger = at_work("distributor", world.distributor(funds_fen=1))
    assert order.out_order_no not in text_of(stranger.get("/distributor/ledger/"))


# --- top-ups ---


def voucher() -> io.BytesIO:
    """A picture of a transfer."""
    file = io.BytesIO()
    Image.new("RGB", (80, 40), "white").save(file, "JPEG")
    file.seek(0)
    file.name = "voucher.jpg"
    return file


def top_up_of(office: Any) -> tuple[int, str, int]:
    """Id, state and amount of his only request."""
    ((number, state, amount),) = rows(
        "select id, state, amount_fen from recharge_topup where distributor_id = %s", office.party.pk
    )
    return number, state, amount


def test_a_top_up_is_requested_with_its_voucher_and_credits_nothing_by_itself(world: World, office: Any) -> None:
    form = {"amount_fen": "1,234.56", "payer": "云选", "bank_reference": "B-778", "voucher": voucher()}
    assert office.browser.post("/distributor/topups/create/", form).status_code == 302
    number, state, amount = top_up_of(office)
    assert (state, amount) == ("pending", 123_456) and world.money(office.party)[0] == 100_000
    shown = office.browser.get(f"/distributor/topups/{number}/voucher/")
    assert shown.headers["Content-Type"] == "image/webp"
    stranger = at_work("distributor", world.distributor())
    assert stranger.get(f"/distributor/topups/{number}/voucher/").status_code == 404
    assert stranger.post(f"/distributor/topups/{number}/withdraw/").status_code == 404
    assert top_up_of(office)[1] == "pending"
    recharge.approve_top_up(number, actor=STAFF)
    assert world.money(office.party)[0] == 223_456
    page = text_of(office.browser.get("/distributor/topups/?tab=approved"))
    assert "¥1,234.56" in page and "B-778" in page


def test_a_request_is_withdrawn_while_it_waits(office: Any) -> None:
    office.browser.post("/distributor/topups/create/", {"amount_fen": "10"})
    number, _state, _amount = top_up_of(office)
    clerk = at_work("distributor", office.party, "topups.view")
    assert clerk.post(f"/distributor/topups/{number}/withdraw/").status_code == 403
    office.browser.post(f"/distributor/topups/{number}/withdraw/")
    assert top_up_of(office)[1] == "withdrawn"


@pytest.mark.parametrize(
    "wrong", [{"amount_fen": "0"}, {"amount_fen": "-5"}, {"amount_fen": "1.234"}, {"voucher": "bad"}]
)
def test_a_wrong_request_is_shown_again(office: Any, wrong: dict[str, str]) -> None:
    form: dict[str, Any] = {"amount_fen": "10"} | wrong
    if wrong.get("voucher"):
        form["voucher"] = io.BytesIO(b"no picture")
        form["voucher"].name = "x.jpg"
    answer = office.browser.post("/distributor/topups/create/", form)
    assert answer.status_code == 422 and 'role="alert"' in text_of(answer)
    assert rows("select count(*) from recharge_topup where distributor_id = %s", office.party.pk) == [(0,)]


# --- keys ---


def test_a_secret_is_shown_once_and_a_third_key_is_refused(office: Any) -> None:
    page = text_of(office.browser.post("/distributor/keys/issue/", {"label": "生产"}))
    secrets = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", page)) - {"whsec_ZW50cmVwb3QtZGVtby1zZWNyZXQtMzItYnl0ZXMtb2sh"}
    with scope.distributor(office.party.pk):
        (row,) = office.party.keys.all()
        assert secrets == {secret_of(row)}
    again = text_of(office.browser.get("/distributor/keys/"))
    assert row.key in again and not secrets & set(re.findall(r"whsec_[A-Za-z0-9+/=]+", again))
    for _more in range(2):
        office.browser.post("/distributor/keys/issue/")
    assert rows("select count(*) from parties_apikey where distributor_id = %s", office.party.pk) == [(2,)]


def test_a_key_is_revoked_by_its_owner_alone(world: World, office: Any) -> None:
    office.browser.post("/distributor/keys/issue/")
    ((key_id,),) = rows("select id from parties_apikey where distributor_id = %s", office.party.pk)
    stranger = at_work("distributor", world.distributor())
    assert stranger.post(f"/distributor/keys/{key_id}/revoke/").status_code == 404
    clerk = at_work("distributor", office.party, "orders.view")
    assert clerk.get("/distributor/keys/").status_code == 403
    assert clerk.post(f"/distributor/keys/{key_id}/revoke/").status_code == 403
    assert rows("select is_live from parties_apikey where id = %s", key_id) == [(True,)]
    office.browser.post(f"/distributor/keys/{key_id}/revoke/")
    assert rows("select is_live from parties_apikey where id = %s", key_id) == [(False,)]


def test_allow_list_and_callback_are_kept_in_one_spelling_or_refused(office: Any) -> None:
    def kept() -> tuple[Any, ...]:
        return rows("select allow_list, callback_url from parties_distributor where id = %s", office.party.pk)[0]

    form = {"allow_list": "203.0.113.7\n2001:db8::/48", "callback_url": "https://mall.example.com/in"}
    assert office.browser.post("/distributor/keys/connection/", form).status_code == 302
    assert kept() == (["203.0.113.7/32", "2001:db8::/48"], "https://mall.example.com/in")
    for wrong in ({"allow_list": "300.1.1.1"}, {"callback_url": "ftp://x"}):
        assert office.browser.post("/distributor/keys/connection/", form | wrong).status_code == 422
    assert kept() == (["203.0.113.7/32", "2001:db8::/48"], "https://mall.example.com/in")


def test_the_published_vector_is_what_our_own_signing_gives() -> None:
    from entrepot.doors.distributor.keys import VECTOR
    from entrepot_sdk import signing

    payload = signing.request_payload(VECTOR["method"], target=VECTOR["path"].encode(), body=VECTOR["body"].encode())
    secret = signing.decode_secret(VECTOR["secret"])
    signed = signing.sign(VECTOR["nonce"], timestamp=int(VECTOR["timestamp"]), payload=payload, secret=secret)
    assert signed == VECTOR["signature"]


# --- users ---


def role(name: str, *permissions: str) -> int:
    """A role of distributors."""
    with scope.desk():
        return Role.objects.get_or_create(kind="distributor", name=name, defaults={"permissions": list(permissions)})[
            0
        ].pk


def test_a_user_is_added_locked_out_and_let_in_again(world: World, office: Any) -> None:
    name = f"clerk-{world.mark}"
    role_id = role("跟单员", "orders.view")
    page = text_of(
        office.browser.post(
            "/distributor/users/create/", {"username": name, "display_name": "小李", "roles": [role_id]}
        )
    )
    password = re.search(r'<div class="secret"><code>([^<]+)</code>', page)
    assert password is not None
    assert password.group(1) not in text_of(office.browser.get("/distributor/users/"))
    ((user_id,),) = rows("select id from parties_user where username = %s", name)
    office.browser.post(f"/distributor/users/{user_id}/lock/")
    assert rows("select is_active from parties_user where id = %s", user_id) == [(False,)]
    office.browser.post(f"/distributor/users/{user_id}/unlock/")
    assert rows("select is_active from parties_user where id = %s", user_id) == [(True,)]
    before = rows("select password from parties_user where id = %s", user_id)
    office.browser.post(f"/distributor/users/{user_id}/password/")
    assert rows("select password from parties_user where id = %s", user_id) != before


def test_nobody_reaches_into_another_company(world: World, office: Any) -> None:
    other = person("distributor", party=world.distributor(), permissions=("*",))
    for step in ("lock", "password", "roles"):
        assert office.browser.post(f"/distributor/users/{other.user.pk}/{step}/").status_code == 404
    assert f"<small>{other.user.username}</small>" not in text_of(office.browser.get("/distributor/users/"))
    other.user.refresh_from_db()
    assert other.user.is_active and other.user.check_password(PASSWORD)
    reader = at_work("distributor", office.party, "users.view")
    assert reader.get("/distributor/users/").status_code == 200
    assert reader.post("/distributor/users/create/", {"username": "x"}).status_code == 403


def test_goods_say_their_freight_and_which_promotions_they_allow(world: World, office: Any) -> None:
    article = world.article(stock=7)
    catalog.set_promotions(article.goods_id, promotions=["coupon"], actor=STAFF)
    page = text_of(office.browser.get(f"/distributor/goods/{article.goods_id}/"))
    allowed, refused = page.split("不支持的营销活动")
    assert "包邮" in allowed and "优惠券" in allowed and "拼团" in refused and "拼团" not in allowed


def test_a_voucher_that_was_not_kept_is_asked_for_again(office: Any) -> None:
    picture = SimpleUploadedFile("v.png", b"x", "image/png")
    answer = office.browser.post("/distributor/topups/create/", {"amount_fen": "", "voucher": picture})
    assert answer.status_code == 422 and "请重新选择文件" in text_of(answer)
    assert "请重新选择文件" not in text_of(office.browser.get("/distributor/topups/new/"))
