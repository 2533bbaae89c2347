"""Buyers sign up, sign in and ask to be known as a business."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from entrepot_mall.members.models import Buyer, Standing, Token
from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Shop

TOKEN_FOR = timedelta(days=30)


def sign_up(shop: Shop, *, phone: str, name: str, password: str) -> Buyer | None:
    """Make a buyer; None when the phone number is known already."""
    try:
        with transaction.atomic():
            return Buyer.objects.create(shop=shop, phone=phone, name=name, password=make_password(password))
    except IntegrityError:
        return None


def ask_for_standing(buyer: Buyer, *, company: str, licence_no: str, business_address: str) -> None:
    """Ask the shop to sell to this buyer as a business; it waits until the shop has looked."""
    Buyer.objects.filter(pk=buyer.pk).exclude(standing=Standing.APPROVED).update(
        company=company,
        licence_no=licence_no,
        business_address=business_address,
        standing=Standing.PENDING,
        standing_note="",
    )


def judge_standing(shop: Shop, *, buyer_id: int, is_approved: bool, note: str, who: str) -> bool:
    """Approve a business buyer or refuse him with a reason; False when nothing waits."""
    standing = Standing.APPROVED if is_approved else Standing.REFUSED
    with transaction.atomic():
        waiting = Buyer.objects.filter(shop=shop, pk=buyer_id, standing__in=[Standing.PENDING, Standing.APPROVED])
        changed = waiting.exclude(standing=standing).update(standing=standing, standing_note=note[:200])
        if changed:
            record(
                shop, who=who, what="standing", about=str(buyer_id), after={"standing": standing, "note": note[:200]}
            )
    return bool(changed)


def keep_address(buyer: Buyer, *, address: dict[str, str]) -> None:
    """Remember where the buyer had things sent."""
    Buyer.objects.filter(pk=buyer.pk).update(address=address)


def give_token(buyer: Buyer, *, now: datetime) -> str:
    """A token for an app; it is told once."""
    token = secrets.token_urlsafe(32)
    Token.objects.create(
        shop_id=buyer.shop_id, buyer=buyer, digest=_digest(token), expires_at=now + TOKEN_FOR, made_at=now
    )
    return token


def buyer_of_token(shop: Shop, *, token: str, now: datetime) -> Buyer | None:
    """Whose token it is, None when it is nobody's or too old."""
    row = Token.objects.filter(shop=shop, digest=_digest(token), expires_at__gt=now).select_related("buyer").first()
    return row.buyer if row else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
