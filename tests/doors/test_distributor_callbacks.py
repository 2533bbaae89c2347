"""The distributor's page of callbacks: address, state, log, sending again."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from entrepot.base import scope
from entrepot.callbacks.models import Attempt, Endpoint, Message
from entrepot.callbacks.sorting import sort_out
from tests.callbacks.conftest import eventually
from tests.doors.office_people import at_work, text_of
from tests.world import World, rows

URL = "https://mall.example/hook"


@pytest.fixture
def office(world: World) -> Any:
    """A distributor's office."""
    party = world.distributor(funds_fen=100_000)
    return SimpleNamespace(party=party, browser=at_work("distributor", party))


def test_an_address_is_entered_and_waits_for_its_challenge(office: Any) -> None:
    assert "还没有回调" in text_of(office.browser.get("/distributor/callbacks/"))
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL, "types": ["order.shipped"]})
    page = text_of(office.browser.get("/distributor/callbacks/"))
    assert URL in office.browser.get("/distributor/callbacks/").content.decode() and "待验证" in page
    ((types, state),) = rows("select types, state from callbacks_endpoint where distributor_id = %s", office.party.pk)
    assert (types, state) == (["order.shipped"], "pending")
    refused = office.browser.post("/distributor/callbacks/save/", {"callback_url": "ftp://x"})
    assert refused.status_code == 422


def test_a_secret_is_shown_once(office: Any) -> None:
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    page = office.browser.post("/distributor/callbacks/secret/").content.decode()
    assert "whsec_" in page
    assert "whsec_" not in office.browser.get("/distributor/callbacks/").content.decode()


def test_a_call_that_failed_shows_its_answer_and_is_sent_again(world: World, office: Any) -> None:
    sort_out()
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    office.browser.post("/distributor/callbacks/test/")

    def queued() -> Message | None:
        sort_out()
        with scope.platform():
            return Message.objects.filter(distributor=office.party, type="webhook.test").first()

    eventually(queued)
    message = queued()
    assert message is not None
    with scope.platform():
        Endpoint.objects.filter(pk=office.party.pk).update(state="active")
        Message.objects.filter(pk=message.pk).update(state="dead", attempts=12)
        Attempt.objects.create(
            distributor=office.party, message=message, type=message.type, url=URL, request='{"x":1}', status=500,
            answer="Fatal error in hook.php", took_ms=12, fault="not_admitted",
            fault_facts={"host": "mall.example", "address": "10.0.0.1"}, headers={"webhook-id": "evt_77"},
        )  # fmt: skip
    page = text_of(office.browser.get("/distributor/callbacks/?tab=failed"))
    assert "Fatal error in hook.php" in page and "500" in page
    assert "mall.example 指向 10.0.0.1，不是公网地址，不能调用" in page and "webhook-id: evt_77" in page
    assert "应答" in page and "审核意见" not in page
    found = {
        query: "Fatal error" in text_of(office.browser.get(f"/distributor/callbacks/?{query}"))
        for query in ("type=webhook.test", "type=order.held", "state=dead", "state=delivered", "order=M-NONE")
    }
    assert found == {
        "type=webhook.test": True, "type=order.held": False, "state=dead": True, "state=delivered": False,
        "order=M-NONE": False,
    }  # fmt: skip
    office.browser.post(f"/distributor/callbacks/{message.seq}/")
    with scope.platform():
        assert Message.objects.get(pk=message.pk).state == "waiting"
    assert "将自动重试" in last_cell(office.browser)
    with scope.platform():
        Endpoint.objects.filter(pk=office.party.pk).update(state="disabled", reason="gone")
    assert "地址启用后发送" in last_cell(office.browser), "nobody is called while the address is disabled"


def last_cell(browser: Any) -> str:
    """What the log says is to become of the one call in it."""
    (found,) = re.findall(r'<td class="c-actions">(.*?)</td>', browser.get("/distributor/callbacks/").content.decode())
    return str(found)


def test_calls_are_found_by_the_number_of_their_order(world: World, office: Any) -> None:
    from entrepot.trade import terms
    from tests.world import CONSIGNEE, taken

    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    article = world.article(stock=5)
    ask = terms.Place(
        office.party.pk, "M-FIND", "hold", [terms.AskLine(article.code, 1)], CONSIGNEE, b"c", f"api/{office.party.pk}/x"
    )
    order = taken(world.run(ask))

    def told() -> Message | None:
        sort_out()
        with scope.platform():
            return Message.objects.filter(distributor=office.party, type="order.held").first()

    eventually(told)
    with scope.platform():
        Attempt.objects.create(
            distributor=office.party, message=told(), type="order.held", url=URL, request="{}", status=200, took_ms=5
        )
    for number, is_found in (("M-FIND", True), (str(order.id), True), ("M-OTHER", False)):
        page = office.browser.get(f"/distributor/callbacks/?order={number}").content.decode()
        assert ("<code>order.held</code>" in page) == is_found, number


def test_why_an_address_is_not_active_is_told_in_words(office: Any) -> None:
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    with scope.platform():
        Endpoint.objects.filter(pk=office.party.pk).update(state="disabled", reason="failing", reason_facts={"days": 5})
    assert "已连续 5 天调用失败" in text_of(office.browser.get("/distributor/callbacks/"))
    office.browser.cookies["entrepot_language"] = "en"
    assert "every call has failed for 5 days" in text_of(office.browser.get("/distributor/callbacks/"))


def test_another_mall_sees_nothing_of_it(world: World, office: Any) -> None:
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    stranger = at_work("distributor", world.distributor())
    assert URL not in stranger.get("/distributor/callbacks/").content.decode()
    clerk = at_work("distributor", office.party, "orders.view")
    assert clerk.get("/distributor/callbacks/").status_code == 403


def test_an_address_that_is_called_no_more_is_told_on_every_page_until_it_is_mended(office: Any) -> None:
    office.browser.post("/distributor/callbacks/save/", {"callback_url": URL})
    clerk = at_work("distributor", office.party, "orders.view")
    link = 'class="button small" href="/distributor/callbacks/"'
    pages = ("/distributor/", "/distributor/goods/", "/distributor/orders/", "/distributor/ledger/")
    stands = rows("select state from callbacks_endpoint where distributor_id = %s", office.party.pk)
    assert stands == [("pending",)] and notice_of(office.browser.get("/distributor/")) == ""

    def becomes(**values: Any) -> None:
        with scope.platform():
            Endpoint.objects.filter(pk=office.party.pk).update(**values)

    now = timezone.now()
    becomes(state="active", failing_since=now - timedelta(minutes=50))
    assert notice_of(office.browser.get("/distributor/")) == "", "a mall may be restarted"
    becomes(failing_since=now - timedelta(hours=30))
    warned = notice_of(office.browser.get("/distributor/"))
    day = f"{timezone.localtime(now + timedelta(hours=90)):%Y-%m-%d}"
    assert "t-warn" in warned and f"将于 {day}" in warned and link in warned
    becomes(state="disabled", reason="gone")
    for page in pages:
        told = notice_of(office.browser.get(page))
        assert "t-bad" in told and "410" in told and "重新验证地址" in told and link in told, page
    told = notice_of(clerk.get("/distributor/orders/"))
    assert "t-bad" in told and link not in told, "who may not mend it is told all the same"
    office.browser.post("/distributor/callbacks/retry/")
    assert notice_of(office.browser.get("/distributor/")) == ""


def notice_of(answer: Any) -> str:
    """What stands above a page, empty when nothing does."""
    found = re.search(r'<aside class="notice.*?</aside>', answer.content.decode(), re.DOTALL)
    return found[0] if found else ""
