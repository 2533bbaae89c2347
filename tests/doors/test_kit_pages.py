"""Every page of a back office: right party, right permission, its rows only, nothing written by looking."""

from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import InternalError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.test import Client, RequestFactory

from entrepot.base import scope
from entrepot.doors.kit import shell
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.agents import agent_words
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.shell import Group, Item
from entrepot.parties.models import Distributor, User
from tests.doors.kit_people import Person, person


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords the quick way: how slow the real one is, is not tried here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def ask(view: Any, *, user: Any, method: str = "GET", **headers: str) -> HttpResponse:
    """Call a view as somebody."""
    request = RequestFactory().generic(method, "/distributor/x/?a=1", headers=headers)
    request.user = user
    request.session = {}  # type: ignore[assignment]
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    answer: HttpResponse = view(request)
    return answer


@page("distributor", "orders.view")
def names(request: PartyRequest) -> HttpResponse:
    """The distributors one can see."""
    return HttpResponse(",".join(sorted(Distributor.objects.values_list("number", flat=True))))


@page("distributor")
def rename(request: PartyRequest) -> HttpResponse:
    """Writes, whatever the method."""
    User.objects.filter(pk=request.party.user.pk).update(display_name="changed")
    return HttpResponse("done")


def test_a_page_shows_the_rows_of_its_own_party_only(world: Any) -> None:
    mine, other = world.distributor(), world.distributor()
    alice = person("distributor", party=mine)
    assert ask(names, user=alice.user).content.decode() == mine.number
    assert other.number not in ask(names, user=alice.user).content.decode()


def test_nobody_is_sent_to_the_entrance_with_the_way_back(world: Any) -> None:
    answer = ask(names, user=AnonymousUser())
    assert answer.headers["Location"] == "/distributor/login/?next=%2Fdistributor%2Fx%2F%3Fa%3D1"
    assert ask(names, user=AnonymousUser(), method="POST").headers["Location"] == "/distributor/login/"
    part = ask(names, user=AnonymousUser(), **{"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/distributor/login/"


@pytest.mark.parametrize("kind", ["platform", "supplier"])
def test_somebody_of_another_back_office_finds_no_such_page(world: Any, kind: str) -> None:
    stranger = person(kind, party=world.supplier() if kind == "supplier" else None)
    with pytest.raises(Http404):
        ask(names, user=stranger.user)


def test_a_page_needs_its_permission(world: Any) -> None:
    party = world.distributor()
    able, other, none = (person("distributor", party=party, permissions=p) for p in (("orders.view",), ("x",), ()))
    assert ask(names, user=able.user).status_code == 200
    for one in (other, none):
        with pytest.raises(PermissionDenied):
            ask(names, user=one.user)


def test_a_role_of_another_back_office_gives_nothing(world: Any) -> None:
    one = person("distributor", party=world.distributor(), permissions=())
    stranger = person("supplier", party=world.supplier(), permissions=("orders.view",))
    one.user.roles.add(*stranger.user.roles.all())
    with pytest.raises(PermissionDenied):
        ask(names, user=one.user)


def test_looking_never_writes(world: Any) -> None:
    one = person("distributor", party=world.distributor())
    for method in ("GET", "HEAD"):
        with pytest.raises(InternalError, match="read-only"):
            ask(rename, user=one.user, method=method)
    assert ask(rename, user=one.user, method="POST").content == b"done"
    one.user.refresh_from_db()
    assert one.user.display_name == "changed"


def test_a_write_needs_the_token_of_the_form(world: Any) -> None:
    one = person("distributor", party=world.distributor())
    one.sign_in()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = one.browser.cookies
    answer = strict.post("/account/sessions/end-others/")
    assert answer.status_code == 403
    assert "表单" in answer.content.decode()


def test_every_answer_carries_the_policy(world: Any) -> None:
    one = person("supplier", party=world.supplier())
    one.sign_in()
    answers = [
        one.browser.get(path) for path in ("/", "/account/", "/nothing/", "/supplier/login/", "/static/kit/app.css")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 302, 200]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "HX-Request" in answer.headers["Vary"]
    assert answers[1].headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answers[4].headers


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(world: Any) -> None:
    one = person("supplier", party=world.supplier())
    one.browser.get("/supplier/login/")
    one.sign_in()
    for name in (project.SESSION_COOKIE_NAME, project.CSRF_COOKIE_NAME):
        cookie = one.browser.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_no_page_of_the_kit_has_an_inline_style_or_script(world: Any) -> None:
    one = person("supplier", party=world.supplier())
    pages = [one.browser.get(path) for path in ("/", "/supplier/login/", "/nothing/")]
    one.sign_in()
    pages += [one.browser.get(path) for path in ("/account/", "/account/second-factor/", "/account/passkeys/add/")]
    for answer in pages:
        html = answer.content.decode()
        assert " style=" not in html and "<style" not in html and " onclick" not in html and "javascript:" not in html
        inline = [part for part in html.split("<script")[1:] if " src=" not in part.split(">")[0]]
        assert all('type="application/json"' in part.split(">")[0] for part in inline)


def framed(one: Person, *, path: str) -> str:
    """The menu of a page as somebody sees it."""
    request = RequestFactory().get(path)
    with scope.distributor(one.user.distributor_id or 0, read_only=True):
        from entrepot.doors.kit.party import party_of

        request.party = party_of(one.user)  # type: ignore[attr-defined]
        template = Template(
            "{% for group in shell.groups %}{% for item in group.items %}{{ item.label }}{% if item.is_here %}*{% endif %} "
            "{% endfor %}{% endfor %}|{% for label, url in shell.crumbs %}{{ label }}/{% endfor %}|{{ shell.wallet_fen }}"
        )
        from entrepot.doors.kit.context import kit

        return template.render(RequestContext(request, kit(request)))


def test_the_menu_shows_what_one_may_use_and_where_one_is(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shell.OFFICES, "distributor", shell.Office(kind="distributor", title="t"))
    items = [
        Item(label="home", url_name="kit:landing", icon="x"),
        Item(label="account", url_name="kit:account", icon="x"),
        Item(label="password", url_name="kit:password", icon="x", permission="secret.view"),
        Item(label="confirm", url_name="kit:confirm", icon="x"),
    ]
    shell.register("distributor", groups=[Group(label="g", items=items)], wallet_fen=lambda party: 5)
    party = world.distributor()
    able = person("distributor", party=party)
    unable = person("distributor", party=party, permissions=())
    assert framed(able, path="/account/password/") == "home account password* confirm |g/password/|5"
    assert framed(unable, path="/account/password/") == "home account* confirm |g/account/|5"


def test_a_long_menu_folds_and_stays_as_one_left_it(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shell.OFFICES, "distributor", shell.Office(kind="distributor", title="t"))
    names = ("kit:account", "kit:password", "kit:confirm")
    groups = [
        Group(label=name, items=[Item(label=name, url_name=name, icon="x")] * 6, is_first=name == "kit:password")
        for name in names
    ]
    shell.register("distributor", groups=groups)
    who = person("distributor", party=world.distributor())

    def is_open(path: str, **cookies: str) -> list[str]:
        request = RequestFactory().get(path)
        request.COOKIES |= cookies
        with scope.distributor(who.user.distributor_id or 0, read_only=True):
            from entrepot.doors.kit.party import party_of

            shown = shell.shell_of(request, party=party_of(who.user))
        assert shown.folds
        return [group.key for group in shown.groups if group.is_open]

    assert is_open("/") == ["password"], "the first ones, until somebody unfolds others"
    assert is_open("/account/") == ["account", "password"], "and the one the page lies in"
    assert is_open("/account/", folds="confirm.nonsense") == ["account", "confirm"]
    assert is_open("/", folds="") == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
            "Chrome 126 · Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari 17 · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/124.0 Mobile Safari/537.36 MicroMessenger/8.0.49",
            "WeChat 8 · Android",
        ),
        ("curl/8.5.0", "其他程序"),
    ],
)
def test_a_browser_is_called_by_its_name(said: str, words: str) -> None:
    assert agent_words(said) == words


@pytest.mark.parametrize(
    ("direct", "written", "found"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("", "<script>", None),
        ("", "", None),
    ],
)
def test_an_address_is_only_believed_from_our_own_front(direct: str, written: str, found: str | None) -> None:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": direct, "HTTP_X_FORWARDED_FOR": written}
    assert client_ip(request) == found


def test_errors_say_what_to_do(world: Any) -> None:
    answer = Client(raise_request_exception=False).get("/account/sessions/1/end/")
    assert answer.status_code == 302
    missing = Client().get("/nothing/")
    assert missing.status_code == 404 and "页面不存在" in missing.content.decode()
    from entrepot.doors.kit import errors

    for status in (400, 403, 429, 500, 503):
        page_of_error = errors.error_page(RequestFactory().get("/"), status=status)
        assert page_of_error.status_code == status
        assert "<h1>" in page_of_error.content.decode()
    with connection.execute_wrapper(_no_database):
        assert errors.server_error(RequestFactory().get("/")).status_code == 500


def _no_database(*_arguments: Any) -> None:
    raise AssertionError("the page of a failure must not ask the database")
