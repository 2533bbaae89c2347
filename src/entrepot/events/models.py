"""The outbox of facts and the operation log; both append-only."""

from django.db import models
from django.db.models.functions import Now

from entrepot.base.fields import TransactionId


class Event(models.Model):
    """事件: a fact of the trade. Numbers and states only, never personal data."""

    xid = TransactionId()
    at = models.DateTimeField()
    type = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    distributor_id = models.BigIntegerField(null=True, blank=True)
    data = models.JSONField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "id"], name="event_by_object"),
            models.Index(fields=["xid", "id"], name="event_by_xid"),
        ]


class Operation(models.Model):
    """操作日志: who of the staff did what to which object, before and after."""

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.CharField(max_length=80)
    actor_name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=12)
    party_id = models.BigIntegerField(default=0)
    verb = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=20)
    object_id = models.CharField(max_length=40)
    object_label = models.CharField(max_length=120, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "party_id", "-id"], name="operation_by_party"),
            models.Index(fields=["object_kind", "object_id"], name="operation_by_object"),
        ]
