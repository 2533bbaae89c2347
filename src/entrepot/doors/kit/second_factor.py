"""The second factor: one-time codes from an app, passkeys, recovery codes."""

import base64
import hmac
import time
from typing import Any

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.utils import decrypt
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from entrepot.base.sealing import seal, unseal
from entrepot.doors.kit import demo
from entrepot.parties.models import User

PERIOD_S = 30
_STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class SealedSecrets(DefaultMFAAdapter):
    """Keeps the secrets of second factors encrypted under the field key, and names us to apps and passkeys."""

    def encrypt(self, text: str) -> str:
        """Return the secret sealed."""
        return base64.b64encode(seal(text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a sealed secret in clear."""
        return unseal(base64.b64decode(encrypted_text)).decode()

    def get_totp_issuer(self) -> str:
        """Return the name an app shows beside the codes."""
        return gettext("Entrepot")

    def _get_site_name(self) -> str:
        return gettext("Entrepot")

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        """Return how a passkey knows the user; the name of his party is left out."""
        name = user.get_username()
        return {"id": str(user.pk).encode(), "display_name": name, "name": name}


def is_required(user: User) -> bool:
    """Tell whether the user may not work without a second factor: everybody of the platform's own staff."""
    return user.kind == "platform"


def has_any(user: User) -> bool:
    """Tell whether the user has set up an app or a passkey."""
    return Authenticator.objects.filter(user=user, type__in=_STRONG).exists()


def new_secret() -> str:
    """Return a fresh secret for an app, in base 32."""
    return generate_totp_secret()


def qr(user: User, *, secret: str) -> SafeString:
    """Return the code that an app scans, as SVG."""
    drawn = segno.make(SealedSecrets().build_totp_url(user, secret), error="m")
    # The drawing is made of the library's own path data and holds no outside text.
    return mark_safe(drawn.svg_inline(omitsize=True, border=0, dark="#000", light=None))  # noqa: S308


def fits(secret: str, *, code: str) -> int | None:
    """Return the time step for which a code fits the secret, now or one step beside it, otherwise None."""
    now = int(time.time()) // PERIOD_S
    plain = "".join(code.split())
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, step)).encode(), plain.encode()):
            return step
    return None


def enrol(user: User, *, secret: str, step: int = 0) -> list[str]:
    """Give the user an app's secret and return his recovery codes; `step` is the time step already used to prove it."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
        made = TOTP.activate(user, secret)
        made.instance.data["step"] = step
        made.instance.save(update_fields=["data"])
        return RecoveryCodes.activate(user).get_unused_codes()


def check_code(user: User, *, code: str) -> bool:
    """Check a code of the user's app, or one of his recovery codes; each works once.

    A code counts for its time step, and a step that was used, or lies before one that was, is refused: the row is
    locked meanwhile, so that one code never opens two doors at the same moment.
    """
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.TOTP).first()
        if app is not None:
            step = fits(decrypt(app.data["secret"]), code=code)
            if step is not None:
                fresh = step > app.data.get("step", 0) or demo.is_demo_account(user.username)
                if fresh:
                    app.data["step"] = step
                    app.save(update_fields=["data"])
                    app.record_usage()
                return fresh
        codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
        return codes is not None and RecoveryCodes(codes).validate_code("".join(code.split()))


def demo_code(user: User) -> str:
    """Return the code that fits now, for the printed accounts of a demo world and for nobody else."""
    if not demo.is_demo_account(user.username):
        return ""
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if app is None:
        return ""
    return format_hotp_value(hotp_value(decrypt(app.data["secret"]), int(time.time()) // PERIOD_S))
