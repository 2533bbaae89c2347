"""Changes to shops, their staff and their connections."""

import json
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction
from django.utils import timezone

from entrepot_mall.base import sealing
from entrepot_mall.shop import rules
from entrepot_mall.shop.models import Deed, Entrant, Shop, Staff
from entrepot_mall.shop.queries import client_of
from entrepot_sdk import EntrepotError

CALLBACK_PATH = "/callback/entrepot"
PARTICULARS = ("name", "kind", "legal_name", "licence_no", "service_phone", "notice", "bank_account", "public_url")


def open_shop(*, name: str, host: str = "", public_url: str = "") -> Shop:
    """Make a shop; one host name leads to one shop."""
    return Shop.objects.create(name=name, host=host, public_url=public_url)


def add_staff(shop: Shop, *, username: str, name: str, password: str) -> Staff:
    """Let somebody into the back office of a shop."""
    return Staff.objects.create(shop=shop, username=username, name=name, password=make_password(password))


def connect(shop: Shop, *, platform_url: str, key: str, secret: str, who: str) -> None:
    """Keep where the platform is and who we are there; another distributor means a new walk over his goods."""
    before = {"platform_url": shop.platform_url, "key": shop.key}
    is_other = (platform_url, key) != (shop.platform_url, shop.key)
    shop.platform_url, shop.key = platform_url, key
    if secret:
        shop.secret_sealed = sealing.seal(secret)
    if is_other:
        shop.changes_cursor, shop.callback_state, shop.connection_fault = "", "none", ""
    with transaction.atomic():
        shop.save()
        record(shop, who=who, what="connect", before=before, after={"platform_url": platform_url, "key": key})


def check_connection(shop: Shop) -> bool:
    """Ask the platform who we are and what money there is; keep the answer or the fault."""
    fields = ["connection_fault", "available_at"]
    try:
        with client_of(shop, attempts=1) as client:
            account, balance = client.me(), client.balance()
            if shop.callback_state not in ("none", "active"):
                shop.callback_state = client.webhook().state
                fields.append("callback_state")
    except EntrepotError as fault:
        shop.connection_fault = str(fault)[:300]
    else:
        shop.connection_fault = ""
        shop.distributor_number, shop.distributor_name = account.number, account.name
        shop.available_fen = balance.available
        fields += ["distributor_number", "distributor_name", "available_fen"]
    shop.available_at = timezone.now()
    shop.save(update_fields=fields)
    return not shop.connection_fault


def connect_callback(shop: Shop) -> None:
    """Tell the platform where to call and keep the secret it signs with. Raises EntrepotError."""
    with client_of(shop, attempts=1) as client:
        known = client.set_webhook(shop.public_url + CALLBACK_PATH)
    shop.callback_state = known.state
    if known.secret:
        shop.callback_secret_sealed = sealing.seal(known.secret)
    shop.connects_callback = True
    shop.save(update_fields=["callback_state", "callback_secret_sealed", "connects_callback"])


def keep_fault(shop: Shop, *, fault: EntrepotError) -> None:
    """Keep what the platform refused, for the shop's own people."""
    shop.connection_fault = str(fault)[:300]
    shop.save(update_fields=["connection_fault"])


def set_particulars(shop: Shop, *, who: str, values: dict[str, Any]) -> None:
    """Change what the shop says of itself; only the named fields may be given."""
    if not set(values) <= {*PARTICULARS, "takes_test_payments", "associations"}:
        raise ValueError("not a field of the settings")
    before = {name: getattr(shop, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    with transaction.atomic():
        Shop.objects.filter(pk=shop.pk).update(**changed)
        record(shop, who=who, what="settings", before={name: before[name] for name in changed}, after=changed)
    shop.refresh_from_db()


def keep_wechat_pay(shop: Shop, *, merchant: dict[str, str], who: str) -> None:
    """Keep the shop's own account at WeChat Pay, sealed; of the keys nothing is written down anywhere else."""
    with transaction.atomic():
        Shop.objects.filter(pk=shop.pk).update(
            wechat_pay_sealed=sealing.seal(json.dumps(merchant)) if merchant else b""
        )
        record(shop, who=who, what="wechat_pay", after={"mchid": merchant.get("mchid", "")})


def record(
    shop: Shop,
    *,
    who: str,
    what: str,
    about: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write down what somebody changed."""
    Deed.objects.create(shop=shop, who=who, what=what, about=about, before=before or {}, after=after or {})


def is_let_in(entrant: Entrant | None, *, password: str, now: datetime) -> bool:
    """Whether a password opens an account; wrong ones are counted and lock it for a while.

    Somebody who is not there takes as long as somebody who is, so that the time says nothing.
    """
    if entrant is None:
        make_password(password)
        return False
    if rules.is_locked(entrant.locked_until, now=now):
        make_password(password)
        return False
    rows = type(entrant)._default_manager.filter(pk=entrant.pk)
    if check_password(password, entrant.password):
        if entrant.failures:
            rows.update(failures=0, locked_until=None)
        return True
    rows.update(failures=models.F("failures") + 1)
    entrant.refresh_from_db(fields=["failures"])
    locked_until = rules.lock_after(entrant.failures, now=now)
    if locked_until is not None:
        rows.update(locked_until=locked_until, failures=0)
    return False
