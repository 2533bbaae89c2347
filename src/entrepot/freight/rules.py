"""What freight costs: templates by region, piece and weight, in whole fen; pure rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = ("free", "piece", "weight")
"""How a template counts: not at all (包邮), by pieces, by grams."""


@dataclass(frozen=True, slots=True)
class ZoneRow:
    """What a template says of some regions; without regions it speaks of everywhere else.

    The first `first` pieces or grams cost `first_fen`, and every further `step` of them, begun, `step_fen`. From an
    amount (agreed, in fen) or a number of pieces on it is free.
    """

    regions: tuple[str, ...] = ()
    is_served: bool = True
    first: int = 1
    first_fen: int = 0
    step: int = 1
    step_fen: int = 0
    free_from_fen: int | None = None
    free_from_pieces: int | None = None


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A freight template (运费模板) with its zones."""

    id: int
    name: str
    kind: str
    zones: tuple[ZoneRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """Pieces of one line: who ships them, under which template (None: free), their weight and agreed amount together."""

    shipper: int
    template_id: int | None
    pieces: int
    weight_g: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Part:
    """The freight of what one shipper sends under one template, with everything it was reckoned from.

    `free_by` says why nothing is asked: `template`, `amount` or `pieces`.
    """

    shipper: int
    template_id: int
    name: str
    kind: str
    region: str
    pieces: int
    weight_g: int
    amount_fen: int
    first: int
    first_fen: int
    step: int
    step_fen: int
    free_by: str
    freight_fen: int


@dataclass(slots=True)
class Quote:
    """Freight by shipper and template, and the places of the items that are not sent to that region."""

    parts: list[Part] = field(default_factory=list)
    unserved: list[int] = field(default_factory=list)

    @property
    def freight_fen(self) -> int:
        """Return the freight of all parts."""
        return sum(part.freight_fen for part in self.parts)

    def of_shipper(self, shipper: int) -> int:
        """Return the freight owed to one shipper."""
        return sum(part.freight_fen for part in self.parts if part.shipper == shipper)


def quote(items: Sequence[Item], *, templates: Mapping[int, TemplateRow], path: Sequence[str]) -> Quote:
    """Return the freight of some lines to a place, in fen; no fee is taken on it.

    `path` names the place from wide to narrow (province, city, district, street); the narrowest region a template
    names wins. Lines of one shipper under one template are reckoned together, so that splitting an order into lines
    changes nothing. Lines without a template are free and go everywhere.
    """
    found = Quote()
    together: dict[tuple[int, int], list[Item]] = {}
    for place, item in enumerate(items):
        if item.template_id is None:
            continue
        template = templates[item.template_id]
        zone, _ = zone_for(template, path=path)
        if not zone.is_served:
            found.unserved.append(place)
        together.setdefault((item.shipper, item.template_id), []).append(item)
    if not found.unserved:
        found.parts = [
            _part(shipper, templates[template_id], items=kept, path=path)
            for (shipper, template_id), kept in sorted(together.items())
        ]
    return found


def templates_of(rows: Iterable[Sequence[Any]]) -> dict[int, TemplateRow]:
    """Return templates by id from rows of id, name, kind and the fields of one zone (its regions None: no zone)."""
    found: dict[int, TemplateRow] = {}
    for template_id, name, kind, regions, *rest in rows:
        before = found.get(template_id) or TemplateRow(template_id, name, kind)
        zones = before.zones if regions is None else (*before.zones, ZoneRow(tuple(regions), *rest))
        found[template_id] = TemplateRow(template_id, name, kind, zones)
    return found


def zone_for(template: TemplateRow, *, path: Sequence[str]) -> tuple[ZoneRow, str]:
    """Return the zone that holds for a place and the region it was found by, empty for everywhere else."""
    elsewhere = ZoneRow()
    found: tuple[int, ZoneRow, str] | None = None
    for zone in template.zones:
        if not zone.regions:
            elsewhere = zone
        for region in zone.regions:
            if region in path and (found is None or path.index(region) > found[0]):
                found = path.index(region), zone, region
    return (found[1], found[2]) if found is not None else (elsewhere, "")


def charge(zone: ZoneRow, *, measure: int) -> int:
    """Return what some pieces or grams cost: the first ones, then every further step that has begun."""
    if measure <= zone.first or zone.step < 1:
        return zone.first_fen
    return zone.first_fen + -(-(measure - zone.first) // zone.step) * zone.step_fen


def _part(shipper: int, template: TemplateRow, *, items: Iterable[Item], path: Sequence[str]) -> Part:
    items = list(items)
    zone, region = zone_for(template, path=path)
    pieces = sum(item.pieces for item in items)
    weight_g = sum(item.weight_g for item in items)
    amount_fen = sum(item.amount_fen for item in items)
    free_by = _free_by(template, zone=zone, pieces=pieces, amount_fen=amount_fen)
    measure = weight_g if template.kind == "weight" else pieces
    return Part(
        shipper=shipper,
        template_id=template.id,
        name=template.name,
        kind=template.kind,
        region=region,
        pieces=pieces,
        weight_g=weight_g,
        amount_fen=amount_fen,
        first=zone.first,
        first_fen=zone.first_fen,
        step=zone.step,
        step_fen=zone.step_fen,
        free_by=free_by,
        freight_fen=0 if free_by else charge(zone, measure=measure),
    )


def _free_by(template: TemplateRow, *, zone: ZoneRow, pieces: int, amount_fen: int) -> str:
    if template.kind == "free":
        return "template"
    if zone.free_from_pieces is not None and pieces >= zone.free_from_pieces:
        return "pieces"
    if zone.free_from_fen is not None and amount_fen >= zone.free_from_fen:
        return "amount"
    return ""
