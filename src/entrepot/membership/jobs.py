"""What time does: memberships that are about to run out warn, and those that have end."""

from datetime import timedelta
from threading import Event

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.events.outbox import note
from entrepot.membership.actions import end
from entrepot.membership.models import Membership
from entrepot.membership.queries import setting

AT_ONCE = 200


def tend(stop: Event) -> int:
    """Warn of what runs out soon and end what has run out; returns how many of both."""
    done = _warn()
    with scope.platform(read_only=True):
        due = Membership.objects.filter(ended_at=None, until__lte=Now()).order_by("until", "id")
        ids = list(due.values_list("pk", flat=True)[:AT_ONCE])
    for membership_id in ids:
        if stop.is_set():
            break
        done += end(membership_id)
    return done


def _warn() -> int:
    """Tell distributors once that their membership is about to run out and has not been renewed."""
    with scope.platform():
        days = setting().warn_days
        later = Membership.objects.filter(
            distributor=OuterRef("distributor"), since__gte=OuterRef("until"), ended_at=None
        )
        soon = Membership.objects.filter(
            ~Exists(later), ended_at=None, warned_at=None, until__lte=Now() + timedelta(days=days), until__gt=Now()
        )
        rows = list(soon.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("id")[:AT_ONCE])
        for row in rows:
            note(
                "membership.expiring",
                object_kind="membership",
                object_id=row.pk,
                data={
                    "object": "membership",
                    "id": str(row.pk),
                    "tier": row.tier_name,
                    "until": row.until.isoformat(timespec="seconds"),
                },
                actor=SYSTEM,
                distributor_ids=[row.distributor_id],
            )
        Membership.objects.filter(pk__in=[row.pk for row in rows]).update(warned_at=Now())
    return len(rows)
