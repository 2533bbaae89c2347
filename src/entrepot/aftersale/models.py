"""The decision table, requests with their lines, evidence and steps, claims, and where goods are sent back to."""

from django.db import models
from django.db.models.functions import Now

from entrepot.aftersale.rules import KINDS, OPEN_STATES, REASONS, SHIPPERS, STAGES, STATES


def _one_of(field: str, values: tuple[str, ...]) -> models.Q:
    return models.Q(**{f"{field}__in": list(values)})


class Rule(models.Model):
    """售后规则: a row of the decision table that the operator has changed; the rest is as delivered."""

    stage = models.CharField(max_length=16)
    shipper = models.CharField(max_length=12)
    kind = models.CharField(max_length=12)
    reason = models.CharField(max_length=16, blank=True)
    is_offered = models.BooleanField()
    returns = models.CharField(max_length=12)
    condition = models.CharField(max_length=16)
    bill = models.CharField(max_length=12)
    stock = models.CharField(max_length=12)
    freight = models.CharField(max_length=12)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "shipper", "kind", "reason"], name="aftersale_rule_once"),
            models.CheckConstraint(
                condition=_one_of("stage", STAGES)
                & _one_of("shipper", SHIPPERS)
                & _one_of("kind", KINDS)
                & _one_of("reason", ("", *REASONS)),
                name="aftersale_rule_known",
            ),
        ]


class Deadline(models.Model):
    """售后时限: the times of after-sale; one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rights_days = models.PositiveSmallIntegerField(default=7)
    claim_hours = models.PositiveSmallIntegerField(default=72)
    return_days = models.PositiveSmallIntegerField(default=15)
    is_silence_consent = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="aftersale_deadline_one_row")]


class ReturnAddress(models.Model):
    """退货地址: where goods of a shipper are sent back to; one of them is his first."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="+")
    contact = models.CharField(max_length=40)
    phone = models.CharField(max_length=24)
    region = models.CharField(max_length=80)
    street = models.CharField(max_length=160)
    note = models.CharField(max_length=120, blank=True)
    is_first = models.BooleanField(default=False)
    is_live = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier"], condition=models.Q(is_first=True, is_live=True), name="one_first_return_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact} {self.phone} {self.region} {self.street}"


class Request(models.Model):
    """售后单: what a distributor asks for pieces of one shipper; the cell that decides is kept as it stood."""

    distributor = models.ForeignKey("parties.Distributor", models.PROTECT, related_name="+")
    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="+")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="+")
    out_order_no = models.CharField(max_length=64)
    out_refund_no = models.CharField(max_length=64)
    content_hash = models.BinaryField()
    kind = models.CharField(max_length=12)
    reason = models.CharField(max_length=16)
    stage = models.CharField(max_length=16)
    shipper = models.CharField(max_length=12)
    state = models.CharField(max_length=16)
    cell = models.JSONField()
    remark = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=12)
    amount_fen = models.BigIntegerField()
    demand_fen = models.BigIntegerField(null=True)
    refunded_fen = models.BigIntegerField(default=0)
    supplier_fen = models.BigIntegerField(default=0)
    return_address = models.CharField(max_length=400, blank=True)
    return_carrier = models.CharField(max_length=40, blank=True)
    return_tracking_no = models.CharField(max_length=64, blank=True)
    resend_carrier = models.CharField(max_length=40, blank=True)
    resend_tracking_no = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["distributor", "out_refund_no"], name="out_refund_no_once"),
            models.CheckConstraint(
                condition=_one_of("state", STATES) & _one_of("kind", KINDS) & _one_of("stage", STAGES),
                name="aftersale_request_known",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0, refunded_fen__gte=0, supplier_fen__gte=0),
                name="aftersale_amounts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="aftersale_by_order"),
            models.Index(fields=["distributor", "id"], name="aftersale_by_distributor"),
            models.Index(fields=["supplier", "id"], name="aftersale_by_supplier"),
            models.Index(fields=["state", "id"], name="aftersale_by_state"),
            models.Index(fields=["due_at"], name="aftersale_due", condition=models.Q(state__in=list(OPEN_STATES))),
        ]


class RequestLine(models.Model):
    """售后明细: pieces of one line of the order, and what became of them."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="lines")
    line_no = models.SmallIntegerField()
    sku_code = models.CharField(max_length=40)
    goods_name = models.CharField(max_length=120)
    spec = models.CharField(max_length=80, blank=True)
    image = models.CharField(max_length=200, blank=True)
    qty = models.PositiveIntegerField()
    agreed_price_fen = models.BigIntegerField()
    good_qty = models.PositiveIntegerField(default=0)
    damaged_qty = models.PositiveIntegerField(default=0)
    missing_qty = models.PositiveIntegerField(default=0)
    settled_qty = models.PositiveIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "line_no"], name="aftersale_line_once"),
            models.CheckConstraint(
                condition=models.Q(qty__gt=0)
                & models.Q(qty__gte=models.F("good_qty") + models.F("damaged_qty") + models.F("missing_qty"))
                & models.Q(qty__gte=models.F("settled_qty")),
                name="aftersale_pieces_within_asked",
            ),
        ]

    @property
    def amount_fen(self) -> int:
        """Return the agreed amount of the pieces, in fen."""
        return self.agreed_price_fen * self.qty

    @property
    def claim_qty(self) -> int:
        """Return the pieces for which no money has been settled."""
        return self.qty - self.settled_qty


class Evidence(models.Model):
    """售后凭证: a picture that belongs to a request."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="evidence")
    picture = models.BinaryField()
    upload = models.ForeignKey("parties.Upload", models.PROTECT, null=True, blank=True, related_name="+")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now(), editable=False)


class Step(models.Model):
    """售后经过: one thing that happened to a request; append-only. The shipper sees what concerns him."""

    request = models.ForeignKey(Request, models.PROTECT, related_name="steps")
    what = models.CharField(max_length=20)
    amount_fen = models.BigIntegerField(null=True)
    note = models.CharField(max_length=400, blank=True)
    is_for_shipper = models.BooleanField(default=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now(), editable=False)


class Claim(models.Model):
    """索赔: what is negotiated where nothing returns by itself: demand, offer, counter, ruling. Amounts in fen."""

    request = models.OneToOneField(Request, models.PROTECT, primary_key=True, related_name="claim")
    distributor_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
    at_most_fen = models.BigIntegerField()
    demand_fen = models.BigIntegerField()
    offer_fen = models.BigIntegerField(null=True)
    supplier_bps = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=12, blank=True)
    settled_fen = models.BigIntegerField(null=True)
    settled_supplier_fen = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["demanded", "offered", "settled", "dropped"])
                & models.Q(supplier_bps__lte=10_000),
                name="claim_known",
            ),
            models.CheckConstraint(
                condition=models.Q(demand_fen__gte=0, demand_fen__lte=models.F("at_most_fen"))
                & (models.Q(offer_fen__isnull=True) | models.Q(offer_fen__lte=models.F("at_most_fen")))
                & (models.Q(settled_fen__isnull=True) | models.Q(settled_fen__lte=models.F("at_most_fen"))),
                name="claim_within_what_was_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="claim_due", condition=models.Q(state__in=["demanded", "offered"]))
        ]
