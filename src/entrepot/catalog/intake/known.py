"""What the rows of a sheet of goods are judged by, and what they become: goods as they are wanted, or refusals."""

import re
from dataclasses import dataclass, field

from entrepot.catalog import queries
from entrepot.catalog.intake.zipped import Zip
from entrepot.catalog.rules import AttributeRow, Bounds, SkuDraft

_LEVEL = re.compile(r"\s*[/／>＞]\s*")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was refused: its number, the heading of the column (empty: the row as a whole) and why."""

    row: int
    column: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Wanted:
    """Goods as a sheet wants them; pictures are names of files in the zip."""

    goods_no: str
    name: str
    category_id: int
    brand_id: int | None
    brand: str
    subtitle: str
    min_quantity: int
    attributes: dict[str, str]
    images: list[str]
    detail_images: list[str]
    skus: list[SkuDraft]
    codes: list[str]


@dataclass(slots=True)
class Group:
    """The rows of one goods number; `wanted` is None when one of them was refused, since goods come whole or not."""

    rows: list[int]
    wanted: Wanted | None = None
    refused: list[Refused] = field(default_factory=list)


class Known:
    """What rows are judged by: categories, brands and attributes within a supplier's bounds, and the pictures."""

    def __init__(self, bounds: Bounds, *, pictures: Zip | None, is_at_once: bool) -> None:
        self.bounds, self.pictures, self.is_at_once = bounds, pictures, is_at_once
        self.categories: dict[str, int] = {}
        named = queries.category_choices(bounds)
        leaves = [name.rpartition(" / ")[2] for _pk, name in named]
        for (pk, name), leaf in zip(named, leaves, strict=True):
            # A leaf may be written by its own name alone where only one is called so.
            if leaves.count(leaf) == 1:
                self.categories[leaf] = pk
            self.categories[name] = pk
        self.brands = {name: pk for pk, name in queries.brand_choices(bounds)}
        self.attributes: dict[str, AttributeRow] = {row.name: row for row in queries.attributes(bounds)}
        self.required = [row for row in self.attributes.values() if row.is_required]

    def category(self, text: str) -> int | None:
        """Return the category a cell names, by its path or by the name of a leaf that is called so alone."""
        return self.categories.get(text) or self.categories.get(" / ".join(_LEVEL.split(text)))
