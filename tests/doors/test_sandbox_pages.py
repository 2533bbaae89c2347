"""The sandbox in the distributor's office: made at one press, every button works, and it is nobody else's."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from entrepot.base import scope
from entrepot.base.worlds import sandbox_of
from entrepot.callbacks.rules import TYPES
from entrepot.catalog.models import Category
from entrepot.sandbox import actions, rules
from tests.doors.deeds.of_sandboxes import PASSED
from tests.doors.office_people import at_work, round_trips, text_of
from tests.world import CONSIGNEE, STAFF, World, rows, taken

AT = "/distributor/sandbox/"


@pytest.fixture
def party(world: World) -> Any:
    """A distributor in a world with a category."""
    with scope.platform():
        Category.objects.get_or_create(name=f"C-{world.mark}")
    return world.distributor(funds_fen=100_000)


def test_it_is_made_and_played_with_on_one_page(world: World, party: Any) -> None:
    browser = at_work("distributor", party)
    assert "一键创建" in text_of(browser.get(AT))
    browser.post(f"{AT}make/")
    page = text_of(browser.get(AT))
    assert all(goods.name in page for goods in rules.GOODS if goods.code != "SCRIPT")
    assert all(script.suffix in page for script in rules.SCRIPTS) and all(name in page for name in TYPES)
    issued = browser.post(f"{AT}keys/issue/", {"label": "试用"}).content.decode()
    assert "ek_test_" in issued and "whsec_" in issued
    assert "whsec_" not in browser.get(AT).content.decode()
    who = sandbox_of(party.pk)
    from entrepot.trade import terms

    sku = f"{rules.number_of(party.number)}-APPLE"
    ask = terms.Place(who, "SB-1", "direct", [terms.AskLine(sku, 2)], CONSIGNEE, b"c", f"api/{who}/x")
    order = taken(world.run(ask))
    for step in rules.STEPS:
        page = browser.get(AT).content.decode()
        assert f"{order.id}:{step}" in page
        browser.post(f"{AT}move/", {"order": f"{order.id}:{step}"})
    assert rows("select state from orders_order where id = %s", order.id) == [("completed",)]
    browser.post(f"{AT}address/", {"callback_url": "https://mall.example/hook"})
    assert rows("select url, state from callbacks_endpoint where distributor_id = %s", who) == [
        ("https://mall.example/hook", "pending")
    ]
    browser.post(f"{AT}call/", {"type": "order.split"})
    page = text_of(browser.get(AT))
    assert "回调地址尚未通过验证" in page and "正在发往" not in page
    assert "仅按样例发送" in page and "--platform http://testserver" in page
    upload = SimpleUploadedFile("c.json", json.dumps(PASSED).encode())
    browser.post(f"{AT}certificate/", {"certificate": upload})
    assert "通过" in text_of(browser.get(AT)) and "callback.challenge" in text_of(browser.get(AT))
    browser.post(f"{AT}certificate/", {"certificate": SimpleUploadedFile("c.json", b"[1]")})
    assert "这不是 bin/conformance 生成的认证结果" in text_of(browser.get(AT))


def test_it_is_read_with_few_statements(party: Any) -> None:
    actions.make_sandbox(party.pk, actor=STAFF)
    browser = at_work("distributor", party)
    assert round_trips(browser, AT) <= 20


def test_its_calls_are_shown_and_sent_again(party: Any) -> None:
    from entrepot.callbacks.models import Attempt, Message

    browser = at_work("distributor", party)
    assert browser.get(f"{AT}calls/").status_code == 404
    browser.post(f"{AT}make/")
    browser.post(f"{AT}address/", {"callback_url": "https://mall.example/sandbox-hook"})
    who = sandbox_of(party.pk)
    with scope.desk():
        message = Message.objects.create(
            distributor_id=who, seq=10**6, type="webhook.test", data={"object": "webhook"}, state="dead", attempts=12
        )
        Attempt.objects.create(
            distributor_id=who, message=message, type="webhook.test", url="https://mall.example/sandbox-hook",
            request="{}", status=503, answer="over there", took_ms=3,
        )  # fmt: skip
    page = text_of(browser.get(f"{AT}calls/?tab=failed"))
    assert "over there" in page and "503" in page
    assert "over there" not in browser.get("/distributor/callbacks/").content.decode(), "the live log is another"
    browser.post(f"{AT}again/", {"seq": str(message.seq)})
    assert rows("select state from callbacks_message where id = %s", message.pk) == [("waiting",)]
    assert browser.post(f"{AT}again/", {"seq": "x"}).status_code == 404


def test_it_is_nobody_elses(world: World, party: Any) -> None:
    actions.make_sandbox(party.pk, actor=STAFF)
    stranger = at_work("distributor", world.distributor())
    assert rules.number_of(party.number) not in stranger.get(AT).content.decode()
    for deed in ("top-up", "restore", "shipping", "call", "address", "certificate"):
        assert stranger.post(f"{AT}{deed}/", {"type": "webhook.test"}).status_code in (302, 404)
    who = sandbox_of(party.pk)
    assert rows("select balance_fen from ledger_account where kind = 'prepaid' and distributor_id = %s", who) == [
        (rules.FUNDS_FEN,)
    ]
    assert stranger.post(f"{AT}keys/issue/").status_code == 404
    clerk = at_work("distributor", party, "orders.view")
    assert clerk.get(AT).status_code == clerk.post(f"{AT}top-up/").status_code == 403


def test_no_page_of_the_platform_shows_it(world: World, party: Any) -> None:
    """Every page of the platform that lists or counts something, before and after a sandbox has traded."""
    browser = at_work("platform", None)
    actions.make_sandbox(party.pk, actor=STAFF)
    who, number = sandbox_of(party.pk), rules.number_of(party.number)
    from entrepot.trade import terms

    ask = terms.Place(who, "SB-LOOK", "direct", [terms.AskLine(f"{number}-TEA", 2)], CONSIGNEE, b"c", f"api/{who}/x")
    order = taken(world.run(ask))
    actions.move_on(order.id, until="completed", actor=STAFF)
    pages = ("", "orders/", "goods/", "stock/", "suppliers/", "distributors/", "tiers/", "topups/", "log/", "bills/")
    for path in pages:
        answer = browser.get(f"/platform/{path}")
        assert answer.status_code == 200, path
        shown = answer.content.decode()
        assert str(order.id) not in shown and "SB-LOOK" not in shown and f"{number}-" not in shown, path
    for path in (f"orders/{order.id}/", f"distributors/{who}/", f"suppliers/{who}/"):
        assert browser.get(f"/platform/{path}").status_code == 404, path
    assert str(order.id) not in browser.get("/platform/orders/?no=SB-LOOK").content.decode()
    assert "最近认证" in text_of(browser.get(f"/platform/distributors/{party.pk}/"))
