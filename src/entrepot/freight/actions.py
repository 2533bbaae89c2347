"""Freight templates and which goods they hold for."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.mistakes import Mistake, taken
from entrepot.catalog.actions.steps import keep, locked, log, tell
from entrepot.catalog.models import Goods, GoodsState
from entrepot.events.operations import changes, record
from entrepot.freight import rules
from entrepot.freight.models import GoodsTemplate, Template, Zone
from entrepot.freight.rules import ZoneRow

ZONES_AT_MOST = 60
MONEY_AT_MOST_FEN = 100_000_00
MEASURE_AT_MOST = 1_000_000


def save_template(
    supplier_id: int,
    *,
    name: str,
    kind: str,
    zones: Sequence[ZoneRow],
    actor: str,
    template_id: int | None = None,
    version: int | None = None,
    is_platform: bool = False,
    address: str = "",
) -> Template:
    """Write a freight template (运费模板) of a shipper, new or with `template_id` again; the whole of it is given.

    `is_platform` says that the platform writes it for him. It holds for orders placed from now on. Refuses an empty or
    taken name, an unknown kind, zones without the one for everywhere else or with it twice, a region that stands in two
    zones, figures out of bounds, and, with `version`, a template changed meanwhile. Raises Template.DoesNotExist.
    """
    _check(name, kind=kind, zones=zones)
    with scope.platform() if is_platform else scope.supplier(supplier_id):
        template = Template(supplier_id=supplier_id)
        before: dict[str, Any] = {}
        if template_id is not None:
            template = Template.objects.select_for_update(no_key=True).get(pk=template_id, supplier_id=supplier_id)
            if version is not None and template.version != version:
                raise Mistake("", _("Somebody has changed this template meanwhile. Look again before you save."))
            before = _state(template)
        template.name, template.kind = name.strip(), kind
        with taken("name", _("There is a template of that name.")):
            if template_id is None:
                template.save()
            else:
                Template.objects.filter(pk=template.pk).update(
                    name=template.name, kind=kind, version=F("version") + 1, changed_at=Now()
                )
        template.zones.all().delete()
        Zone.objects.bulk_create(
            Zone(
                template=template,
                position=place,
                regions=list(zone.regions),
                is_served=zone.is_served,
                first=zone.first,
                first_fen=zone.first_fen,
                step=zone.step,
                step_fen=zone.step_fen,
                free_from_fen=zone.free_from_fen,
                free_from_pieces=zone.free_from_pieces,
            )
            for place, zone in enumerate(zones)
        )
        old, new = changes(before, _state(template))
        verb = "freight.created" if template_id is None else "freight.changed"
        _log(template, verb=verb, actor=actor, before=old if before else None, after=new, address=address)
    return template


def remove_template(
    supplier_id: int, *, template_id: int, actor: str, is_platform: bool = False, address: str = ""
) -> None:
    """Remove a template that no goods refer to. Raises Template.DoesNotExist."""
    with scope.platform() if is_platform else scope.supplier(supplier_id):
        template = Template.objects.select_for_update().get(pk=template_id, supplier_id=supplier_id)
        count = template.goods.count()
        if count:
            raise Mistake(
                "", _("%(count)d goods are sent by this template; choose another for them first.") % {"count": count}
            )
        before = _state(template)
        _log(template, verb="freight.removed", actor=actor, before=before, after=None, address=address)
        template.delete()


def set_template(
    goods_id: int,
    *,
    template_id: int | None,
    actor: str,
    supplier_id: int | None = None,
    address: str = "",
) -> Goods:
    """Say by which template goods are sent, None for free; it holds for orders placed from now on.

    With `supplier_id` the supplier himself asks, and only about his own goods. Refuses a template of another shipper.
    Raises Goods.DoesNotExist.
    """
    with scope.platform() if supplier_id is None else scope.supplier(supplier_id):
        goods = locked(goods_id)
        kept = GoodsTemplate.objects.filter(goods_id=goods_id).select_related("template").first()
        old = kept.template if kept else None
        if (old.pk if old else None) == template_id:
            return goods
        new = None
        if template_id is not None:
            new = Template.objects.filter(pk=template_id, supplier_id=goods.supplier_id).first()
            if new is None:
                raise Mistake("template", _("Choose a freight template of this shipper."))
            GoodsTemplate.objects.update_or_create(goods=goods, defaults={"template": new})
        else:
            GoodsTemplate.objects.filter(goods_id=goods_id).delete()
        keep(goods)
        log(
            goods,
            verb="goods.freight",
            actor=actor,
            before={"freight_template": old.name if old else None},
            after={"freight_template": new.name if new else None},
            address=address,
        )
        if goods.state == GoodsState.ON_SALE:
            tell(goods, event_type="product.updated", actor=actor)
    return goods


def _check(name: str, *, kind: str, zones: Sequence[ZoneRow]) -> None:
    if not 1 <= len(name.strip()) <= 40:
        raise Mistake("name", _("A name has 1 to 40 letters."))
    if kind not in rules.KINDS:
        raise Mistake("kind", _("Choose how the template counts."))
    if not 1 <= len(zones) <= ZONES_AT_MOST:
        raise Mistake("zones", _("A template has 1 to %(count)d zones.") % {"count": ZONES_AT_MOST})
    if sum(not zone.regions for zone in zones) != 1:
        raise Mistake("zones", _("One zone, and only one, speaks of everywhere else."))
    seen: set[str] = set()
    for place, zone in enumerate(zones):
        if len(set(zone.regions)) < len(zone.regions) or seen & set(zone.regions):
            raise Mistake(f"zones.{place}.regions", _("A region stands in two zones."))
        seen |= set(zone.regions)
        _check_figures(zone, place=place)


def _check_figures(zone: ZoneRow, *, place: int) -> None:
    for field in ("first_fen", "step_fen", "free_from_fen"):
        amount_fen = getattr(zone, field)
        if amount_fen is not None and not 0 <= amount_fen <= MONEY_AT_MOST_FEN:
            raise Mistake(f"zones.{place}.{field}", _("The amount lies between 0 and 100,000 yuan."))
    for field in ("first", "step", "free_from_pieces"):
        measure = getattr(zone, field)
        if measure is not None and not 0 <= measure <= MEASURE_AT_MOST:
            raise Mistake(f"zones.{place}.{field}", _("The figure lies between 0 and 1,000,000."))
    if zone.step_fen and zone.step < 1:
        raise Mistake(f"zones.{place}.step", _("Say for how many pieces or grams the further price is."))


def _state(template: Template) -> dict[str, Any]:
    fields = ("regions", "is_served", "first", "first_fen", "step", "step_fen", "free_from_fen", "free_from_pieces")
    return {
        "name": template.name,
        "kind": template.kind,
        "zones": list(Zone.objects.filter(template=template).order_by("position").values(*fields)),
    }


def _log(
    template: Template,
    *,
    verb: str,
    actor: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    address: str,
) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="freight",
        object_id=template.pk,
        label=template.name,
        before=before,
        after=after,
        address=address,
    )
