"""People who sign in, and the ways they do it, for the tests of the kit."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.test import Client

from entrepot.base import scope
from entrepot.doors.kit import second_factor
from entrepot.parties.models import Role, User

PASSWORD = "a-long-password-of-7"


@dataclass
class Person:
    """A user with his browser."""

    user: User
    browser: Client

    def sign_in(self, *, entrance: str = "", password: str = PASSWORD, onward: str = "") -> Any:
        """Hand in name and password at an entrance, his own by default."""
        address = f"/{entrance or self.user.kind}/login/" + (f"?next={onward}" if onward else "")
        return self.browser.post(address, {"username": self.user.username, "password": password})

    def hand_in(self, code: str) -> Any:
        """Hand in a code of the second factor."""
        return self.browser.post(f"/{self.user.kind}/login/code/", {"code": code})

    def code(self, *, steps: int = 0) -> str:
        """What his app shows now, or some steps from now."""
        app = Authenticator.objects.get(user=self.user, type=Authenticator.Type.TOTP)
        step = int(time.time()) // second_factor.PERIOD_S + steps
        return format_hotp_value(hotp_value(decrypt(app.data["secret"]), step))

    @property
    def is_in(self) -> bool:
        """Whether his browser is signed in."""
        return "_auth_user_id" in self.browser.session


def person(
    kind: str, *, party: Any = None, permissions: tuple[str, ...] | None = None, has_app: bool = False
) -> Person:
    """A new user of a back office, with a browser nobody used yet; superuser unless permissions are given."""
    name = f"{kind}-{uuid.uuid4().hex[:12]}"
    owner = {kind: party} if kind != "platform" else {}
    with scope.desk():
        user = User.objects.create_user(
            name, password=PASSWORD, kind=kind, is_superuser=permissions is None, display_name=name[:20], **owner
        )
        if permissions is not None:
            role = Role.objects.create(kind=kind, name=name[:40], permissions=list(permissions))
            user.roles.add(role)
    if has_app:
        second_factor.enrol(user, secret=second_factor.new_secret())
    return Person(user, Client())
