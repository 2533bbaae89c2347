"""Who may open which page of the platform office: every address, every kind of visitor."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from tests.doors.kit_people import person
from tests.doors.office_people import at_work
from tests.world import World, rows

MISSING = 987_654_321


def patterns() -> list[URLPattern]:
    """Every address of the platform office."""
    from entrepot.doors.platform.urls import urlpatterns

    return urlpatterns


def address(pattern: URLPattern) -> str:
    """An address of the pattern that names things nobody has."""
    text = re.sub(r"<int:\w+>", str(MISSING), str(pattern.pattern))
    return "/platform/" + text.replace("<str:kind>", "supplier")


def methods(pattern: URLPattern, browser: Client) -> list[Any]:
    """The answers to looking at a page and to sending something to it."""
    return [browser.get(address(pattern)), browser.post(address(pattern), {})]


def test_every_page_says_whose_it_is_and_what_it_needs() -> None:
    from entrepot.parties.rules import PERMISSIONS

    bare = set()
    for pattern in patterns():
        kind, permission = pattern.callback.page_of
        assert kind == "platform", pattern
        if permission:
            assert permission in PERMISSIONS["platform"], (pattern, permission)
        else:
            bare.add(pattern.name)
    assert bare == {"dashboard"}


def test_nobody_signed_in_is_sent_to_the_platforms_entrance(world: World) -> None:
    for pattern in patterns():
        for answer in methods(pattern, Client()):
            assert answer.status_code == 302 and answer["Location"].startswith("/platform/login/"), pattern


@pytest.mark.parametrize("kind", ["supplier", "distributor"])
def test_other_parties_find_nothing_here(world: World, kind: str) -> None:
    party = world.supplier() if kind == "supplier" else world.distributor()
    browser = at_work(kind, party)
    for pattern in patterns():
        assert [answer.status_code for answer in methods(pattern, browser)] == [404, 404], pattern


def test_staff_without_the_permission_are_refused_and_nothing_happens(world: World) -> None:
    browser = at_work("platform", None, "nothing.at_all")
    before = rows("select count(*), coalesce(max(id), 0) from events_operation")
    for pattern in patterns():
        if pattern.name != "dashboard":
            assert [answer.status_code for answer in methods(pattern, browser)] == [403, 403], pattern
    assert browser.get("/platform/").status_code == 200
    assert rows("select count(*), coalesce(max(id), 0) from events_operation") == before


def test_each_permission_opens_its_pages_and_no_other(world: World) -> None:
    from entrepot.parties.rules import PERMISSIONS

    known = PERMISSIONS["platform"]
    for permission in known:
        alone = at_work("platform", None, permission)
        others = at_work("platform", None, *(other for other in known if other != permission))
        for pattern in patterns():
            needed = pattern.callback.page_of[1]
            if needed == permission:
                assert others.get(address(pattern)).status_code == 403, (permission, pattern.name)
            if needed == permission or (not needed and permission == known[0]):
                assert alone.get(address(pattern)).status_code != 403, (permission, pattern.name)
    needs = {pattern.callback.page_of[1] for pattern in patterns()} - {"", None}
    assert needs <= set(known)


def test_what_is_not_there_is_not_found_and_never_an_error(world: World) -> None:
    browser = at_work("platform", None)
    for pattern in patterns():
        looked, sent = methods(pattern, browser)
        assert looked.status_code in (200, 302, 404, 405), (pattern, looked.status_code)
        assert sent.status_code in (200, 302, 404, 405, 422), (pattern, sent.status_code)
        if str(MISSING) in address(pattern):
            assert {looked.status_code, sent.status_code} <= {404, 405}, pattern


def test_a_form_without_its_token_is_refused(world: World) -> None:
    staff = person("platform", permissions=("*",))
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff.user, backend="entrepot.doors.kit.backend.EntranceBackend")
    for pattern in patterns():
        assert browser.post(address(pattern), {}).status_code == 403, pattern


def test_the_menu_shows_only_what_the_role_may_open(world: World) -> None:
    page = at_work("platform", None, "orders.view").get("/platform/").content.decode()
    assert 'href="/platform/orders/"' in page
    for other in ("goods", "stock", "suppliers", "distributors", "topups", "users", "log", "tracking"):
        assert f'href="/platform/{other}/"' not in page
