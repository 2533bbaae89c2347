"""Signing in: each at his own entrance, locked out after five failures, with a second factor where it is due."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client, override_settings
from django.utils import timezone

from entrepot.doors.kit import demo, second_factor
from entrepot.events.models import Operation
from tests.doors.kit_people import PASSWORD, Person, person

KINDS = ("platform", "supplier", "distributor")
OTHERS = [(kind, entrance) for kind in KINDS for entrance in KINDS if kind != entrance]


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hash passwords the quick way: how slow the real one is, is not tried here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def people(world: Any) -> dict[str, Person]:
    """One person of each back office; the one of the platform has a second factor, as he must."""
    return {
        "platform": person("platform", has_app=True),
        "supplier": person("supplier", party=world.supplier()),
        "distributor": person("distributor", party=world.distributor()),
    }


def plain(response: Any) -> str:
    """A page without what differs each time."""
    text: str = response.content.decode()
    token = response.context["csrf_token"]
    return text.replace(str(token), "")


def test_each_comes_in_by_his_own_entrance(people: dict[str, Person]) -> None:
    for kind in ("supplier", "distributor"):
        assert people[kind].sign_in().headers["Location"] == f"/{kind}/"
        assert people[kind].is_in
    staff = people["platform"]
    assert staff.sign_in().headers["Location"] == "/platform/login/code/"
    assert not staff.is_in, "the password alone lets nobody of the platform in"
    assert staff.hand_in(staff.code()).headers["Location"] == "/platform/"
    assert staff.is_in


@pytest.mark.parametrize(("kind", "entrance"), OTHERS)
def test_a_foreign_entrance_looks_like_a_wrong_password(people: dict[str, Person], kind: str, entrance: str) -> None:
    one = people[kind]
    refused = one.sign_in(entrance=entrance)
    assert refused.status_code == 422 and not one.is_in
    assert "kit.pending" not in one.browser.session
    other = person(entrance, party=getattr(people[entrance].user, entrance, None))
    wrong = other.sign_in(password="wrong")
    assert plain(refused).replace(one.user.username, "") == plain(wrong).replace(other.user.username, "")


def test_an_unknown_name_looks_like_a_wrong_password(people: dict[str, Person]) -> None:
    one = people["supplier"]
    wrong = one.sign_in(password="wrong")
    name = "nobody-" + one.user.username
    unknown = Client().post("/supplier/login/", {"username": name, "password": "wrong"})
    assert unknown.status_code == wrong.status_code == 422
    assert plain(unknown).replace(name, "") == plain(wrong).replace(one.user.username, "")


@pytest.mark.parametrize("is_known", [True, False])
def test_five_failures_lock_for_a_quarter_of_an_hour(people: dict[str, Person], is_known: bool) -> None:
    one = people["distributor"]
    name = one.user.username if is_known else "nobody-" + one.user.username
    with time_machine.travel(timezone.now(), tick=True) as clock:
        tries = [Client().post("/distributor/login/", {"username": name, "password": f"wrong{i}"}) for i in range(6)]
        assert [tried.status_code for tried in tries] == [422, 422, 422, 422, 429, 429]
        right = Client().post("/distributor/login/", {"username": name, "password": PASSWORD})
        assert right.status_code == 429
        clock.shift(timedelta(minutes=14))
        assert Client().post("/distributor/login/", {"username": name, "password": PASSWORD}).status_code == 429
        clock.shift(timedelta(minutes=2))
        after = Client().post("/distributor/login/", {"username": name, "password": PASSWORD})
        assert after.status_code == (302 if is_known else 422)


def test_a_lock_holds_one_account_and_no_other(people: dict[str, Person]) -> None:
    for _try in range(6):
        people["supplier"].sign_in(password="wrong")
    assert people["supplier"].sign_in().status_code == 429
    assert people["distributor"].sign_in().status_code == 302


def test_four_failures_and_then_the_right_password_start_the_count_anew(people: dict[str, Person]) -> None:
    one = people["supplier"]
    for _round in range(2):
        for _try in range(4):
            assert one.sign_in(password="wrong").status_code == 422
        assert one.sign_in().status_code == 302
        one.browser.post("/account/sign-out/")


def test_wrong_codes_lock_too(people: dict[str, Person]) -> None:
    staff = people["platform"]
    staff.sign_in()
    wrong = "000000" if staff.code() != "000000" else "111111"
    answers = [staff.hand_in(wrong).status_code for _try in range(5)]
    assert answers == [422] * 5
    assert staff.hand_in(staff.code()).status_code == 429
    assert not staff.is_in
    assert staff.sign_in().status_code == 429


def test_a_code_opens_one_door_only(people: dict[str, Person]) -> None:
    staff = people["platform"]
    code = staff.code()
    staff.sign_in()
    assert staff.hand_in(code).status_code == 302
    again = Person(staff.user, Client())
    again.sign_in()
    assert again.hand_in(code).status_code == 422 and not again.is_in
    assert again.hand_in(staff.code(steps=-1)).status_code == 422, "nor does an older one"
    assert again.hand_in(staff.code(steps=1)).status_code == 302, "a clock may go wrong by one step"


def test_a_recovery_code_works_once(people: dict[str, Person]) -> None:
    staff = people["platform"]
    codes = second_factor.enrol(staff.user, secret=second_factor.new_secret())
    assert len(set(codes)) == 10
    for expected in (302, 422):
        staff.browser = Client()
        staff.sign_in()
        assert staff.hand_in(codes[0]).status_code == expected


def test_secrets_lie_sealed_in_the_database(people: dict[str, Person]) -> None:
    from allauth.mfa.models import Authenticator

    secret = second_factor.new_secret()
    second_factor.enrol(people["platform"].user, secret=secret)
    kept = json.dumps(list(Authenticator.objects.filter(user=people["platform"].user).values_list("data", flat=True)))
    assert secret not in kept


def test_a_code_without_a_password_before_it_leads_back(people: dict[str, Person]) -> None:
    staff = people["platform"]
    assert staff.hand_in(staff.code()).headers["Location"] == "/platform/login/"
    assert not staff.is_in


def test_the_time_between_password_and_code_is_short(people: dict[str, Person]) -> None:
    staff = people["platform"]
    staff.sign_in()
    with time_machine.travel(timezone.now() + timedelta(seconds=301), tick=True):
        assert staff.hand_in(staff.code()).headers["Location"] == "/platform/login/"


def test_new_platform_staff_see_nothing_before_their_second_factor(people: dict[str, Person]) -> None:
    new = person("platform")
    new.sign_in()
    assert new.browser.get("/account/").headers.get("Location") == "/account/second-factor/"
    fragment = new.browser.get("/account/", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == "/account/second-factor/"
    page = new.browser.get("/account/second-factor/")
    signed, secret = page.context["form"].initial["secret"], page.context["secret"].replace(" ", "")
    refused = new.browser.post("/account/second-factor/", {"secret": signed, "code": "12"})
    assert refused.status_code == 422
    code = second_factor_code(secret)
    done = new.browser.post("/account/second-factor/", {"secret": signed, "code": code})
    assert len(done.context["codes"]) == 10
    assert new.browser.get("/account/").status_code == 200
    again = Person(new.user, Client())
    assert again.sign_in().headers["Location"] == "/platform/login/code/"
    assert again.hand_in(code).status_code == 422, "the code that proved the app is spent"


def second_factor_code(secret: str) -> str:
    """What an app with this secret shows now."""
    import time

    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // second_factor.PERIOD_S))


def test_one_cannot_plant_a_secret_on_somebody_else(people: dict[str, Person]) -> None:
    mine, other = people["supplier"], people["distributor"]
    mine.sign_in(), other.sign_in()
    page = mine.browser.get("/account/second-factor/")
    signed, secret = page.context["form"].initial["secret"], page.context["secret"].replace(" ", "")
    other.browser.post("/account/second-factor/", {"secret": signed, "code": second_factor_code(secret)})
    assert not second_factor.has_any(other.user)


def test_platform_staff_keep_their_last_second_factor(people: dict[str, Person]) -> None:
    staff = people["platform"]
    staff.sign_in(), staff.hand_in(staff.code())
    app = staff.browser.get("/account/").context["app"]
    staff.browser.post(f"/account/second-factor/{app.pk}/remove/")
    assert second_factor.has_any(staff.user)


def test_a_factor_of_somebody_else_is_out_of_reach(people: dict[str, Person]) -> None:
    one = people["supplier"]
    second_factor.enrol(people["distributor"].user, secret=second_factor.new_secret())
    from allauth.mfa.models import Authenticator

    theirs = Authenticator.objects.get(user=people["distributor"].user, type="totp")
    one.sign_in()
    assert one.browser.post(f"/account/second-factor/{theirs.pk}/remove/").status_code == 404
    assert second_factor.has_any(people["distributor"].user)


def test_signing_in_changes_the_session_and_goes_on_record(people: dict[str, Person]) -> None:
    one = people["supplier"]
    one.browser.get("/supplier/login/")
    session = one.browser.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    one.sign_in()
    assert one.browser.session.session_key != before
    from entrepot.base import scope

    with scope.desk(read_only=True):
        assert Operation.objects.filter(verb="user.signed_in", object_id=str(one.user.pk)).count() == 1


@pytest.mark.parametrize(
    ("onward", "goes_to"),
    [
        ("/supplier/orders/?tab=held", "/supplier/orders/?tab=held"),
        ("https://evil.example/", "/supplier/"),
        ("//evil.example/", "/supplier/"),
        ("/\\evil.example", "/supplier/"),
        ("javascript:alert(1)", "/supplier/"),
        ("http:evil.example", "/supplier/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(people: dict[str, Person], onward: str, goes_to: str) -> None:
    from urllib.parse import quote

    assert people["supplier"].sign_in(onward=quote(onward)).headers["Location"] == goes_to


def test_a_user_who_is_switched_off_is_out_at_once(people: dict[str, Person]) -> None:
    one = people["supplier"]
    one.sign_in()
    assert one.browser.get("/account/").status_code == 200
    type(one.user).objects.filter(pk=one.user.pk).update(is_active=False)
    assert one.browser.get("/account/").status_code == 302
    assert one.sign_in().status_code == 422


def test_nobody_of_a_party_that_is_not_activated_comes_in(world: Any) -> None:
    from entrepot.base import scope

    party = world.supplier()
    with scope.platform():
        type(party).objects.filter(pk=party.pk).update(state="pending")
    assert person("supplier", party=party).sign_in().status_code == 422


def test_a_new_password_ends_every_other_session(people: dict[str, Person]) -> None:
    one = people["distributor"]
    one.sign_in()
    elsewhere = Person(one.user, Client())
    elsewhere.sign_in()
    new = {"old_password": PASSWORD, "new_password1": "another-long-one-8", "new_password2": "another-long-one-8"}
    assert one.browser.post("/account/password/", new).status_code == 302
    assert one.browser.get("/account/").status_code == 200
    assert elsewhere.browser.get("/account/").status_code == 302


def test_sessions_are_listed_and_can_be_ended(people: dict[str, Person]) -> None:
    one, stranger = people["distributor"], people["supplier"]
    one.sign_in(), stranger.sign_in()
    elsewhere = Person(one.user, Client())
    elsewhere.sign_in()
    listed = one.browser.get("/account/").context["sessions"]
    assert [is_here for _session, is_here in listed].count(True) == 1 and len(listed) == 2
    other_id = next(session.pk for session, is_here in listed if not is_here)
    assert stranger.browser.post(f"/account/sessions/{other_id}/end/").status_code == 404
    assert elsewhere.browser.get("/account/").status_code == 200
    one.browser.post(f"/account/sessions/{other_id}/end/")
    assert elsewhere.browser.get("/account/").status_code == 302
    assert one.browser.get("/account/").status_code == 200


def test_what_guards_the_account_asks_again_after_ten_minutes(people: dict[str, Person]) -> None:
    one = people["supplier"]
    one.sign_in()
    assert one.browser.get("/account/password/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        asked = one.browser.get("/account/password/")
        assert asked.headers.get("Location", "").startswith("/account/confirm/")
        assert one.browser.post(asked.headers["Location"], {"password": "wrong"}).status_code == 422
        assert one.browser.get("/account/password/").status_code == 302
        done = one.browser.post(asked.headers["Location"], {"password": PASSWORD})
        assert done.headers["Location"] == "/account/password/"
        assert one.browser.get("/account/password/").status_code == 200


def test_outside_a_demo_world_nothing_is_given_away(people: dict[str, Person], tmp_path: Path) -> None:
    staff = people["platform"]
    account = {"kind": "platform", "party": "x", "username": staff.user.username, "password": PASSWORD}
    (tmp_path / "demo-accounts.json").write_text(json.dumps([account]))
    for is_demo in (True, False):
        with override_settings(DATA_DIR=tmp_path, DEMO=is_demo):
            assert bool(demo.accounts()) is is_demo
            assert (staff.user.username in Client().get("/platform/login/").content.decode()) is is_demo
            assert (staff.user.username in Client().get("/").content.decode()) is is_demo
            staff.browser = Client()
            staff.sign_in()
            page = staff.browser.get("/platform/login/code/").content.decode()
            assert (staff.code() in page) is is_demo


def test_a_demo_world_shows_no_code_of_other_accounts(people: dict[str, Person], tmp_path: Path) -> None:
    (tmp_path / "demo-accounts.json").write_text("[]")
    staff = people["platform"]
    with override_settings(DATA_DIR=tmp_path, DEMO=True):
        staff.sign_in()
        assert staff.code() not in staff.browser.get("/platform/login/code/").content.decode()


def test_sign_out_needs_a_post_and_the_token(people: dict[str, Person]) -> None:
    one = people["supplier"]
    one.sign_in()
    assert one.browser.get("/account/sign-out/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = one.browser.cookies
    assert strict.post("/account/sign-out/").status_code == 403
    assert one.is_in
    assert one.browser.post("/account/sign-out/").headers["Location"] == "/supplier/login/"
    assert not one.is_in


def test_the_language_is_chinese_unless_chosen(people: dict[str, Person]) -> None:
    one = people["supplier"]
    english = Client(headers={"Accept-Language": "en-GB,en"})
    assert '<html lang="zh-hans"' in english.get("/supplier/login/").content.decode()
    one.sign_in()
    answer = one.browser.post("/account/language/", {"language": "en", "next": "//evil.example"})
    assert answer.headers["Location"] == "/"
    assert '<html lang="en"' in one.browser.get("/account/").content.decode()
    one.user.refresh_from_db()
    assert one.user.language == "en"


def test_a_new_instance_has_nobody_who_could_sign_in(fresh_database: Any) -> None:
    from entrepot.parties.models import User

    assert User.objects.count() == 0, "migrations bring no user and so no password that is known beforehand"


def test_passwords_that_are_made_up_are_long_and_never_the_same(world: Any) -> None:
    from entrepot.parties import actions

    made = [actions.create_user("platform", username=f"u.{world.name('x')}", actor="system") for _user in range(3)]
    words = {one.password for one in made} | {actions.reset_password(made[0].user.pk, actor="system").password}
    assert len(words) == 4 and all(len(word) >= 14 for word in words)
