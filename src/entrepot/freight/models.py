"""Freight templates and their zones."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class TemplateKind(models.TextChoices):
    """How a template counts."""

    FREE = "free", "free"
    PIECE = "piece", "piece"
    WEIGHT = "weight", "weight"


class Template(models.Model):
    """运费模板: what a shipper asks for sending, by region; goods without one are sent free (包邮)."""

    supplier = models.ForeignKey("parties.Supplier", models.PROTECT, related_name="freight_templates")
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=TemplateKind.choices)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["supplier", "name"], name="freight_name_once_per_shipper")]

    def __str__(self) -> str:
        return self.name


class Zone(models.Model):
    """运费区域: what a template says of some regions; the zone without regions speaks of everywhere else.

    The first `first` pieces or grams cost `first_fen`, every further `step` of them, begun, `step_fen`.
    """

    template = models.ForeignKey(Template, models.CASCADE, related_name="zones")
    position = models.PositiveSmallIntegerField()
    regions = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    is_served = models.BooleanField(default=True)
    first = models.PositiveIntegerField(default=1)
    first_fen = models.BigIntegerField(default=0)
    step = models.PositiveIntegerField(default=1)
    step_fen = models.BigIntegerField(default=0)
    free_from_fen = models.BigIntegerField(null=True, blank=True)
    free_from_pieces = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["template_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["template", "position"], name="zone_place_once"),
            models.UniqueConstraint(
                fields=["template"], condition=models.Q(regions=[]), name="zone_of_everywhere_else_once"
            ),
            models.CheckConstraint(
                condition=models.Q(first_fen__gte=0) & models.Q(step_fen__gte=0), name="zone_prices_not_negative"
            ),
        ]


class GoodsTemplate(models.Model):
    """商品运费: the template that holds for some goods; without a row they are sent free."""

    goods = models.OneToOneField("catalog.Goods", models.CASCADE, primary_key=True, related_name="freight")
    template = models.ForeignKey(Template, models.PROTECT, related_name="goods")


class Charge(models.Model):
    """运费明细: what one shipper's template asked for an order, with all it was reckoned from; never changed."""

    order_id = models.BigIntegerField()
    distributor_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField()
    template_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=8)
    region = models.CharField(max_length=80, blank=True)
    pieces = models.PositiveIntegerField()
    weight_g = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    first = models.PositiveIntegerField()
    first_fen = models.BigIntegerField()
    step = models.PositiveIntegerField()
    step_fen = models.BigIntegerField()
    free_by = models.CharField(max_length=8, blank=True)
    freight_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "supplier_id", "template_id"], name="charge_once"),
            models.CheckConstraint(
                condition=models.Q(freight_fen__gte=0) & (models.Q(free_by="") | models.Q(freight_fen=0)),
                name="charge_not_negative",
            ),
        ]
