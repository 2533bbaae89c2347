"""What a tier's membership costs, what follows when one runs out, and the memberships that were paid for."""

from django.db import models
from django.db.models.functions import Now

from entrepot.membership.rules import FALLBACK, MONTHS, PRICE_AT_MOST_FEN, REFUSE, WARN_DAYS_AT_MOST


class MembershipTerms(models.Model):
    """会员条款: what a membership of a tier costs (fen) and how many months it lasts; a tier without a row is free."""

    tier = models.OneToOneField("parties.Tier", models.PROTECT, primary_key=True, related_name="membership_terms")
    price_fen = models.BigIntegerField()
    months = models.PositiveSmallIntegerField()
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_fen__gt=0, price_fen__lte=PRICE_AT_MOST_FEN, months__in=list(MONTHS)),
                name="membership_has_price_and_term",
            )
        ]


class MembershipSetting(models.Model):
    """会员设置: how many days ahead a membership warns, and what follows when it is over; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    warn_days = models.PositiveSmallIntegerField(default=7)
    when_over = models.CharField(max_length=8, default=REFUSE)
    fallback_tier = models.ForeignKey("parties.Tier", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1, warn_days__gte=1, warn_days__lte=WARN_DAYS_AT_MOST)
                & (models.Q(when_over=REFUSE) | models.Q(when_over=FALLBACK, fallback_tier__isnull=False)),
                name="membership_setting_whole",
            )
        ]


class Membership(models.Model):
    """会员期: one time of a tier that a distributor has paid from his balance. `outcome` says what followed its end."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="memberships")
    tier = models.ForeignKey("parties.Tier", models.PROTECT, related_name="+")
    tier_name = models.CharField(max_length=40)
    price_fen = models.BigIntegerField()
    months = models.PositiveSmallIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    once = models.CharField(max_length=64, unique=True)
    bought_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    warned_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_fen__gt=0) & models.Q(until__gt=models.F("since")),
                name="membership_of_some_time",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, outcome="")
                | models.Q(
                    ended_at__isnull=False, outcome__in=["renewed", "replaced", "fallback", "refused", "closed"]
                ),
                name="membership_end_says_how",
            ),
        ]
        indexes = [
            models.Index(fields=["distributor", "-id"], name="membership_by_distributor"),
            models.Index(fields=["until"], name="membership_running", condition=models.Q(ended_at__isnull=True)),
        ]
