"""Versions of goods in words: what is different, field by field, pictures side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from entrepot.base.money import yuan
from entrepot.catalog import queries
from entrepot.catalog.models import Attribute, Brand, GoodsVersion
from entrepot.catalog.rules import Conflict, Difference, differences

FIELDS: dict[str, Any] = {
    "name": _("Goods name"),
    "subtitle": _("Selling point"),
    "category_id": _("Category"),
    "brand_id": _("Brand"),
    "min_quantity": _("Minimum quantity"),
    "images": _("Pictures"),
    "detail_images": _("Detail pictures"),
    "attributes": _("Attributes"),
    "sku": _("SKU"),
    "spec": _("Specification"),
    "supplier_price_fen": _("Supplier price"),
    "suggested_price_fen": _("Suggested price"),
    "price_floor_fen": _("Lowest price"),
    "price_ceiling_fen": _("Highest price"),
    "weight_g": _("Weight (g)"),
}
STATES: dict[str, tuple[Any, str]] = {
    "waiting": (_("Waits for review"), "warn"),
    "live": (_("On sale now"), "ok"),
    "replaced": (_("Earlier version"), ""),
    "refused": (_("Turned down"), "bad"),
    "withdrawn": (_("Taken back"), ""),
}


@dataclass(kw_only=True)
class Shown:
    """One difference as a page shows it: two texts, or two rows of pictures of which the new ones are marked."""

    label: str
    old: str = ""
    new: str = ""
    is_pictures: bool = False
    old_pictures: list[tuple[str, bool]] = field(default_factory=list)
    new_pictures: list[tuple[str, bool]] = field(default_factory=list)


def shown(old: Mapping[str, Any], *, new: Mapping[str, Any]) -> list[Shown]:
    """Return what is different between two contents of goods, in words."""
    found = differences(old, new=new)
    names = _names(found)
    return [_shown(one, names=names) for one in found]


def conflicts_shown(found: list[Conflict]) -> list[tuple[str, str, str, str, bool]]:
    """Return each contradiction in words: field, what it was, what is on sale now, what was proposed, and whether
    what is on sale stays."""
    both = [Difference(field=one.field, old=one.now, new=one.wanted, sku=one.sku) for one in found]
    names = _names(both)
    return [
        (
            f"{one.sku} {FIELDS.get(one.field, one.field)}".strip(),
            _text(one.field, one.base, names=names),
            _text(one.field, one.now, names=names),
            _text(one.field, one.wanted, names=names),
            one.kept == one.now,
        )
        for one in found
    ]


def history(goods_id: int) -> list[tuple[GoodsVersion, Any, str, list[Shown]]]:
    """Return the versions of goods, newest first, with word and tone of their state and what each one changed."""
    rows = queries.versions_of(goods_id)
    found = []
    for place, row in enumerate(rows):
        # Each is compared with the version that was on sale when it was written.
        base = next((one for one in rows[place + 1 :] if one.state in ("live", "replaced")), None)
        word, tone = STATES[row.state]
        found.append((row, word, tone, shown(base.content, new=row.content) if base else []))
    return found


def _names(found: list[Difference]) -> dict[str, dict[int, str]]:
    fields = {one.field for one in found}
    return {
        "category_id": queries.category_names() if "category_id" in fields else {},
        "brand_id": dict(Brand.objects.values_list("pk", "name")) if "brand_id" in fields else {},
        "attributes": dict(Attribute.objects.values_list("pk", "name")) if "attributes" in fields else {},
    }


def _shown(one: Difference, *, names: dict[str, dict[int, str]]) -> Shown:
    word = str(FIELDS.get(one.field, one.field))
    label = f"{word} {one.sku}" if one.field == "sku" else f"{one.sku} {word}".strip()
    if one.field in ("images", "detail_images"):
        before, after = one.old or [], one.new or []
        return Shown(
            label=label,
            is_pictures=True,
            old_pictures=[(path, path not in after) for path in before],
            new_pictures=[(path, path not in before) for path in after],
        )
    return Shown(label=label, old=_text(one.field, one.old, names=names), new=_text(one.field, one.new, names=names))


def _text(name: str, value: Any, *, names: dict[str, dict[int, str]]) -> str:
    if value in (None, "", {}):
        return gettext("none") if name == "sku" else "—"
    if name == "sku":
        return f"{value['spec']} ¥{yuan(value['supplier_price_fen'])}".strip()
    if name.endswith("_fen"):
        return f"¥{yuan(value)}"
    if name == "attributes":
        return "；".join(f"{names[name].get(int(key), key)}：{text}" for key, text in value.items())
    if name in names:
        return names[name].get(value, f"#{value}")
    return str(value)
