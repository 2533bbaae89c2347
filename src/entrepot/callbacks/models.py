"""Where each mall is called, what it is told in which order, and how every attempt went."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

_NOTHING = models.Value({}, models.JSONField())


class EndpointState(models.TextChoices):
    """Whether callbacks go out to an address."""

    NONE = "none", "none"
    PENDING = "pending", "pending"
    ACTIVE = "active", "active"
    DISABLED = "disabled", "disabled"


class Endpoint(models.Model):
    """回调地址: where a distributor's mall is called, and how it fares. `last_seq` numbers what it was told."""

    distributor = models.OneToOneField("parties.Distributor", models.PROTECT, primary_key=True, related_name="endpoint")
    url = models.CharField(max_length=500, blank=True)
    types = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    secret_sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=12, choices=EndpointState.choices, default=EndpointState.NONE)
    reason = models.CharField(max_length=200, blank=True)
    reason_facts = models.JSONField(blank=True, db_default=_NOTHING)
    challenge = models.CharField(max_length=64, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_seq = models.BigIntegerField(db_default=0)
    changed_at = models.DateTimeField(db_default=Now())


class MessageState(models.TextChoices):
    """How far a message has come. `kept`: there was nobody to call; it can be pulled all the same."""

    WAITING = "waiting", "waiting"
    DELIVERED = "delivered", "delivered"
    DEAD = "dead", "dead"
    KEPT = "kept", "kept"


class Message(models.Model):
    """回调消息: an event, or content of its own, in one mall's queue. `seq` rises by one per distributor, so that a gap shows."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    seq = models.BigIntegerField()
    event = models.ForeignKey("events.Event", models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(null=True, blank=True)
    type = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=MessageState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor", "seq"], name="message_seq_once"),
            models.CheckConstraint(
                name="message_has_content",
                condition=models.Q(event__isnull=False, data__isnull=True)
                | models.Q(event__isnull=True, data__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["distributor", "next_at", "seq"], name="message_waiting", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["created_at"], name="message_by_age"),
        ]


class Attempt(models.Model):
    """回调记录: one attempt to call a mall, with what it answered; append-only but for the old ones."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="log")
    type = models.CharField(max_length=40)
    at = models.DateTimeField(db_default=Now())
    url = models.CharField(max_length=500)
    request = models.TextField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    fault = models.CharField(max_length=200, blank=True)
    fault_facts = models.JSONField(blank=True, db_default=_NOTHING)
    headers = models.JSONField(blank=True, db_default=_NOTHING)
    took_ms = models.PositiveIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["distributor", "-id"], name="attempt_by_distributor"),
            models.Index(fields=["at"], name="attempt_by_age"),
        ]


class Reading(models.Model):
    """How far the outbox has been sorted into the malls' queues, and the levels of stock followed: one row."""

    xid = models.BigIntegerField()
    event_id = models.BigIntegerField()
    stock_xid = models.BigIntegerField(null=True, blank=True)
    stock_at = models.DateTimeField(null=True, blank=True)


class SeenStock(models.Model):
    """见过的库存: what of a SKU was free when malls were last told of it, so that it shows whose own figure has moved.

    `pools` has for each open allotment: id, distributor, tier, cap, buffer, taken, end, pieces free in it.
    """

    # No constraint of the database: an import may change a million levels, all of which are seen in one statement.
    sku = models.OneToOneField("catalog.Sku", models.PROTECT, primary_key=True, related_name="+", db_constraint=False)
    shared = models.BigIntegerField()
    pools = models.JSONField(default=list)
    seen_at = models.DateTimeField(db_default=Now())
