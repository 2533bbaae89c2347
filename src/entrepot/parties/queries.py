"""Reads of tiers, parties, keys, users and roles; call them inside the reader's scope."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from entrepot.base.sealing import unseal
from entrepot.parties.models import ApiKey, Distributor, Referrer, Role, Supplier, Tier, Upload, User


def tiers() -> QuerySet[Tier]:
    """Return the tiers in their order, each with `distributor_count`."""
    return Tier.objects.annotate(distributor_count=Count("distributors")).order_by("position", "id")


def distributors(
    *, state: str = "", tier_id: int | None = None, kind: str = "", text: str = ""
) -> QuerySet[Distributor]:
    """Return distributors with their tier, newest first; `text` finds a number's beginning or a part of a name."""
    rows = Distributor.objects.select_related("tier").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if tier_id is not None:
        rows = rows.filter(tier_id=tier_id)
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(Q(number__istartswith=text) | Q(name__icontains=text)) if text else rows


def suppliers(
    *, state: str = "", text: str = "", kind: str = "", source: str = "", with_platform: bool = True
) -> QuerySet[Supplier]:
    """Return suppliers, newest first; `text` finds a number's beginning or a part of a name."""
    rows = Supplier.objects.order_by("-id")
    if kind:
        rows = rows.filter(kind=kind)
    if source:
        rows = rows.filter(source=source)
    if not with_platform:
        rows = rows.filter(is_platform=False)
    if state:
        rows = rows.filter(state=state)
    return rows.filter(Q(number__istartswith=text) | Q(name__icontains=text)) if text else rows


def referrers(*, state: str = "", text: str = "") -> QuerySet[Referrer]:
    """Return referrers, newest first; `text` finds a number's beginning or a part of a name."""
    rows = Referrer.objects.order_by("-id")
    if state:
        rows = rows.filter(state=state)
    return rows.filter(Q(number__istartswith=text) | Q(name__icontains=text)) if text else rows


def platform_supplier() -> Supplier:
    """Return the platform as the supplier of its own goods (自营). Raises Supplier.DoesNotExist in an unmade world."""
    return Supplier.objects.get(is_platform=True)


def keys_of(distributor_id: int) -> QuerySet[ApiKey]:
    """Return a distributor's keys, live ones first."""
    return ApiKey.objects.filter(distributor_id=distributor_id).order_by("-is_live", "-id")


def secret_of(key: ApiKey) -> str:
    """Return the plain secret of a key, `whsec_…`: for signing alone, never for a page or a log."""
    return unseal(bytes(key.secret_sealed)).decode()


def users_of(kind: str, *, party_id: int = 0) -> QuerySet[User]:
    """Return the users of one back office and party, with their roles; the platform's party id is 0."""
    rows = User.objects.filter(kind=kind).prefetch_related("roles").order_by("id")
    if kind == "supplier":
        rows = rows.filter(supplier_id=party_id)
    elif kind == "distributor":
        rows = rows.filter(distributor_id=party_id)
    elif kind == "referrer":
        rows = rows.filter(referrer_id=party_id)
    return rows


def role_names_of(users: QuerySet[User]) -> QuerySet[User]:
    """Return users with the names of their roles as `role_names`, by one question for both."""
    names = Role.objects.filter(users=OuterRef("pk")).order_by("id").values("name")
    return users.prefetch_related(None).annotate(role_names=ArraySubquery(names))


def roles_of(kind: str) -> QuerySet[Role]:
    """Return the roles of a back office, shared by all its parties."""
    return Role.objects.filter(kind=kind).order_by("id")


def ending_keys(*, within: timedelta) -> list[int]:
    """Return the live keys that end within a time, or have ended, soonest first."""
    rows = ApiKey.objects.filter(is_live=True, ends_at__lte=Now() + within).order_by("ends_at")
    return list(rows.values_list("pk", flat=True))


def uploads(*, distributor_id: int) -> QuerySet[Upload]:
    """Return a distributor's uploads without their pictures, newest first."""
    return Upload.objects.filter(distributor_id=distributor_id).defer("picture").order_by("-id")


def upload_pictures(upload_ids: Iterable[int], *, distributor_id: int) -> dict[int, bytes]:
    """Return the pictures (WebP) of a distributor's uploads by their ids; those that are not his are missing."""
    rows = Upload.objects.filter(pk__in=list(upload_ids), distributor_id=distributor_id)
    return {row.pk: bytes(row.picture) for row in rows}
