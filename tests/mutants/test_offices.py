"""Guards of the back offices taken out: who came in, by what right, and what was written down of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.base import SessionBase
from django.urls import path

from entrepot.config.urls import urlpatterns
from entrepot.doors.kit import account, backend, demo, second_factor, sign_in
from entrepot.doors.platform import order_acts, urls
from entrepot.events import operations
from entrepot.parties.actions import distributors, users
from entrepot.parties.models import User
from entrepot.trade import apply, terms
from tests.doors import test_kit_sign_in, test_on_record
from tests.doors.deeds import REGISTER
from tests.mutants.planting import Mutant, turns_red
from tests.world import World

Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def quick(settings: Any) -> Iterator[None]:
    """Hash passwords the quick way."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield


# --- promise 28: what is planted, and what must see it ---


def deed(name: str) -> Callable[[World, Any], None]:
    """The check of one deed, by the name of its function."""
    (found,) = [one for one in REGISTER.deeds if f"{one.act.__module__.rpartition('.')[2]}.{one.act.__name__}" == name]
    return lambda world, _folder: test_on_record.check_deed(found, world)


def ask(kind: type) -> Callable[[World, Any], None]:
    """The check of one verb of the desk."""
    return lambda world, _folder: test_on_record.check_ask(kind, world)


def addresses(world: World, _folder: Any) -> None:
    test_on_record.test_every_address_that_takes_a_form_is_known(world)


def of_the_desk(**spoiled: Any) -> Plant:
    """Let the desk write its operations with columns emptied, or none when nothing is named."""
    honest = apply._events

    def statements(books: Any) -> Any:
        for name, columns in honest(books):
            if name != "insert_operations":
                yield name, columns
            elif spoiled:
                yield name, columns | {key: [value] * len(columns["verb"]) for key, value in spoiled.items()}

    return lambda patch: patch.setattr(apply, "_events", statements)


def unrecorded(module: Any, name: str = "record") -> Plant:
    return lambda patch: patch.setattr(module, name, lambda **_more: None)


def recorded_without(module: Any, *, part: str) -> Plant:
    honest = module.record
    return lambda patch: patch.setattr(
        module, "record", lambda **told: honest(**{key: value for key, value in told.items() if key != part})
    )


def unknown_page(patch: pytest.MonkeyPatch) -> None:
    (office,) = [one for one in urlpatterns if getattr(one, "app_name", "") == "platform"]
    patch.setattr(
        office, "url_patterns", [*urls.urlpatterns, path("quiet/<int:order_id>/", order_acts.cancel, name="quiet")]
    )


def nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order_acts, "actor", lambda party: "system")


# --- promise 29 ---


def people(check: Callable[..., None], *more: Any) -> Callable[[World, Any], None]:
    """A check of signing in, with its people."""
    gather = test_kit_sign_in.people.__wrapped__  # type: ignore[attr-defined]
    return lambda world, _folder: check(gather(world), *more)


def given_away(world: World, folder: Any) -> None:
    gather = test_kit_sign_in.people.__wrapped__  # type: ignore[attr-defined]
    test_kit_sign_in.test_outside_a_demo_world_nothing_is_given_away(gather(world), folder)


def made_up(world: World, _folder: Any) -> None:
    test_kit_sign_in.test_passwords_that_are_made_up_are_long_and_never_the_same(world)


def not_activated(world: World, _folder: Any) -> None:
    test_kit_sign_in.test_nobody_of_a_party_that_is_not_activated_comes_in(world)


def instead(place: Any, name: str, by: Any) -> Plant:
    assert hasattr(place, name), f"{place} has no {name} any more: plant this bug elsewhere"
    return lambda patch: patch.setattr(place, name, by)


class Silent:
    """A signal nobody hears."""

    @staticmethod
    def send(**_more: Any) -> None:
        """Tell nobody."""


def any_code(user: Any, *, code: str) -> bool:
    """Take a code that fits, used or not."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import decrypt

    app = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return second_factor.fits(decrypt(app.data["secret"]), code=code) is not None


def any_entrance(self: Any, request: Any, username: Any = None, password: Any = None, **_more: Any) -> Any:
    return ModelBackend.authenticate(self, request, username=username, password=password)


def sessions_outlive_passwords(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(User, "get_session_auth_hash", lambda self: "the same for ever")
    patch.setattr(account, "_end_other_sessions", lambda request: 0)


def sessions_never_end(patch: pytest.MonkeyPatch) -> None:
    from allauth.usersessions.models import UserSession

    patch.setattr(UserSession, "end", lambda self: None)


def accounts_of_any_world(patch: pytest.MonkeyPatch) -> None:
    def accounts(kind: str = "") -> Any:
        path = settings.DATA_DIR / "demo-accounts.json"
        found = demo._read(str(path), path.stat().st_mtime_ns) if path.exists() else []
        return [one for one in found if not kind or one["kind"] == kind]

    patch.setattr(demo, "accounts", accounts)


kit = test_kit_sign_in
MUTANTS = [
    Mutant("the desk writes no operations", (28,), of_the_desk(), ask(terms.Cancel)),
    Mutant("the desk forgets what was before", (28,), of_the_desk(before=None), ask(terms.SetCreditLimit)),
    Mutant("the desk forgets what is after", (28,), of_the_desk(after=None), ask(terms.Restock)),
    Mutant("the desk forgets the reason", (28,), of_the_desk(reason=""), deed("of_the_platform.refund")),
    Mutant("an act by nobody", (28,), nobody, deed("of_the_platform.cancel")),
    Mutant(
        "an act of a room unrecorded",
        (28,),
        unrecorded(distributors),
        deed("of_the_platforms_house.change_terms"),
    ),
    Mutant(
        "a reason of a room unrecorded",
        (28,),
        recorded_without(distributors, part="reason"),
        deed("of_the_platforms_house.suspend_a_distributor"),
    ),
    Mutant(
        "a state before unrecorded",
        (28,),
        recorded_without(users, part="before"),
        deed("of_the_platforms_house.lock_a_user_out"),
    ),
    Mutant("a look at a buyer unrecorded", (27, 28), unrecorded(operations), deed("of_the_platform.look_at_the_buyer")),
    Mutant("a form nobody knows of", (28,), unknown_page, addresses),
    Mutant(
        "no lock-out",
        (29,),
        instead(settings, "AXES_FAILURE_LIMIT", 10**6),
        people(kit.test_five_failures_lock_for_a_quarter_of_an_hour, True),
    ),
    Mutant(
        "a lock-out of a second",
        (29,),
        lambda patch: patch.setattr(settings, "AXES_COOLOFF_TIME", settings.AXES_COOLOFF_TIME / 900),
        people(kit.test_five_failures_lock_for_a_quarter_of_an_hour, False),
    ),
    Mutant(
        "wrong codes uncounted",
        (29,),
        instead(sign_in, "user_login_failed", Silent),
        people(kit.test_wrong_codes_lock_too),
    ),
    Mutant(
        "a password alone lets staff in",
        (29,),
        instead(second_factor, "has_any", lambda user: False),
        people(kit.test_each_comes_in_by_his_own_entrance),
    ),
    Mutant(
        "new staff work without a second factor",
        (29,),
        instead(second_factor, "is_required", lambda user: False),
        people(kit.test_new_platform_staff_see_nothing_before_their_second_factor),
    ),
    Mutant(
        "the last second factor may go",
        (29,),
        instead(second_factor, "is_required", lambda user: False),
        people(kit.test_platform_staff_keep_their_last_second_factor),
    ),
    Mutant(
        "a code opens two doors",
        (29,),
        instead(second_factor, "check_code", any_code),
        people(kit.test_a_code_opens_one_door_only),
    ),
    Mutant(
        "a password is good for a code for ever",
        (29,),
        instead(sign_in, "_PENDING_S", 10**9),
        people(kit.test_the_time_between_password_and_code_is_short),
    ),
    Mutant(
        "any entrance will do",
        (29,),
        instead(backend.EntranceBackend, "authenticate", any_entrance),
        people(kit.test_a_foreign_entrance_looks_like_a_wrong_password, "supplier", "distributor"),
    ),
    Mutant("a pending party comes in", (29,), instead(backend, "_party_may_enter", lambda user: True), not_activated),
    Mutant(
        "a planted session is kept",
        (29,),
        instead(SessionBase, "cycle_key", lambda self: None),
        people(kit.test_signing_in_changes_the_session_and_goes_on_record),
    ),
    Mutant(
        "who is switched off stays in",
        (29,),
        instead(ModelBackend, "user_can_authenticate", lambda self, user: True),
        people(kit.test_a_user_who_is_switched_off_is_out_at_once),
    ),
    Mutant(
        "sessions outlive a new password",
        (29,),
        sessions_outlive_passwords,
        people(kit.test_a_new_password_ends_every_other_session),
    ),
    Mutant(
        "a revoked session goes on", (29,), sessions_never_end, people(kit.test_sessions_are_listed_and_can_be_ended)
    ),
    Mutant(
        "an open session guards nothing",
        (29,),
        instead(account, "is_confirmed", lambda request: True),
        people(kit.test_what_guards_the_account_asks_again_after_ten_minutes),
    ),
    Mutant("demo passwords shown in production", (29,), accounts_of_any_world, given_away),
    Mutant(
        "a password everybody gets", (29,), instead(users, "made_up_password", lambda: "Entrepot-2026-start"), made_up
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_planted_bug_is_found(mutant: Mutant, world: World, tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = settings.DATA_DIR = tmp_path
    with pytest.MonkeyPatch.context() as patch:
        mutant.plant(patch)
        print(turns_red(mutant.check, world, tmp_path))
    if mutant.check is not addresses:  # green without it; the addresses are gone through once in their own test
        mutant.check(World(), tmp_path)


def test_the_promises_of_the_offices_have_planted_bugs() -> None:
    assert {promise for mutant in MUTANTS for promise in mutant.promises} >= {28, 29}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
