"""The names behind the numbers a line of the operation log holds: categories, brands, attributes, tiers, distributors."""

from collections.abc import Callable, Iterable

from entrepot.catalog.models import Attribute, Brand
from entrepot.catalog.queries import category_names
from entrepot.parties.models import Distributor, Tier

_FIELDS = {
    "category_id": "category",
    "category_ids": "category",
    "parent_id": "category",
    "brand_id": "brand",
    "brand_ids": "brand",
    "attributes": "attribute",
    "tier_id": "tier",
    "visible_tiers": "tier",
    "visible_distributors": "distributor",
}


class Names:
    """The names of one page's numbers: each kind is asked for once, when a line first needs it."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, str]] = {}

    def word(self, field: str, number: int | str) -> str:
        """Return the name of what a field's number stands for, the number itself where it stands for nothing known."""
        kind = _FIELDS[field]
        if kind not in self._known:
            self._known[kind] = dict(_READ[kind]())
        return self._known[kind].get(int(number), str(number))


def is_named(field: str) -> bool:
    """Return whether a field holds numbers of things that have names."""
    return field in _FIELDS


def _brands() -> Iterable[tuple[int, str]]:
    return Brand.objects.values_list("pk", "name")


def _attributes() -> Iterable[tuple[int, str]]:
    return Attribute.objects.values_list("pk", "name")


def _tiers() -> Iterable[tuple[int, str]]:
    return Tier.objects.values_list("pk", "name")


def _distributors() -> Iterable[tuple[int, str]]:
    return ((pk, f"{number} {name}") for pk, number, name in Distributor.objects.values_list("pk", "number", "name"))


_READ: dict[str, Callable[[], Iterable[tuple[int, str]]]] = {
    "category": lambda: category_names().items(),
    "brand": _brands,
    "attribute": _attributes,
    "tier": _tiers,
    "distributor": _distributors,
}
