"""What anybody does with his own account."""

from typing import Any

from django.test import Client

from entrepot.doors.kit import second_factor
from tests.doors.deeds import deed, no_deed
from tests.doors.deeds.stage import Stage
from tests.doors.kit_people import PASSWORD, Person
from tests.doors.test_kit_sign_in import second_factor_code

FACTOR = "/account/second-factor/"
no_deed("kit:sign-out", "ends one's own session at this very place")
no_deed("kit:language", "changes only in which language one reads")
no_deed("kit:confirm", "proves once more who one is; failures are counted by the lock-out")
no_deed("kit:add-passkey", "needs a device: tests/doors/test_kit_browser.py adds one in a browser")


def _signed_in(stage: Stage) -> Person:
    """Somebody of the supplier who came in by his password."""
    who = stage.supplier.who
    who.browser = Client()
    assert who.sign_in().status_code == 302
    return who


@deed("kit:sign-in", "user.signed_in")
def sign_in(stage: Stage) -> Any:
    who = stage.supplier.who
    who.browser = Client()
    return who.sign_in()


@deed("kit:sign-in-code", "user.signed_in")
def sign_in_with_a_code(stage: Stage) -> Any:
    who = stage.platform.who
    second_factor.enrol(who.user, secret=second_factor.new_secret())
    who.browser = Client()
    who.sign_in()
    return who.hand_in(who.code())


@deed("kit:password", "user.password_changed")
def change_the_password(stage: Stage) -> Any:
    new = {"old_password": PASSWORD, "new_password1": "another-long-one-8", "new_password2": "another-long-one-8"}
    return _signed_in(stage).browser.post("/account/password/", new)


@deed("kit:enrol", "user.second_factor_added")
def set_up_an_app(stage: Stage) -> Any:
    browser = _signed_in(stage).browser
    page = browser.get(FACTOR)
    code = second_factor_code(page.context["secret"].replace(" ", ""))
    return browser.post(FACTOR, {"secret": page.context["form"].initial["secret"], "code": code})


def _with_app(stage: Stage) -> tuple[Client, int]:
    who = _signed_in(stage)
    second_factor.enrol(who.user, secret=second_factor.new_secret())
    app = who.browser.get("/account/").context["app"]
    return who.browser, app.pk


@deed("kit:remove-factor", "user.second_factor_removed")
def remove_the_app(stage: Stage) -> Any:
    browser, app_id = _with_app(stage)
    return browser.post(f"{FACTOR}{app_id}/remove/")


@deed("kit:recovery-codes", "user.recovery_codes_made")
def make_recovery_codes(stage: Stage) -> Any:
    browser, _app_id = _with_app(stage)
    return browser.post("/account/recovery-codes/")


def _twice(stage: Stage) -> tuple[Client, int]:
    who = _signed_in(stage)
    Person(who.user, Client()).sign_in()
    sessions = who.browser.get("/account/").context["sessions"]
    return who.browser, next(session.pk for session, is_here in sessions if not is_here)


@deed("kit:end-session", "user.session_ended")
def end_a_session(stage: Stage) -> Any:
    browser, other_id = _twice(stage)
    return browser.post(f"/account/sessions/{other_id}/end/")


@deed("kit:end-other-sessions", "user.other_sessions_ended")
def end_other_sessions(stage: Stage) -> Any:
    browser, _other_id = _twice(stage)
    return browser.post("/account/sessions/end-others/")
