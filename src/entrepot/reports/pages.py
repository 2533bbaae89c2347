"""Pages of the shelf as malls are told of it, read several at a time: their transaction and their plans are paid for once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from entrepot.base.journeys import STEADILY, Statement, journey, literal
from entrepot.base.scope import AS_DESK, AS_DISTRIBUTOR
from entrepot.reports import told
from entrepot.reports.rules import GOODS_TERMS

# Row-level security says nothing to the planner of how many rows it lets through: with sorting at hand it reads and sorts
# far more than the next fifty, which the key gives at once. Settings ride on the statements that say who reads.
_AS_DISTRIBUTOR = f"{AS_DISTRIBUTOR}, {STEADILY}, set_config('enable_sort', 'off', true)"
_AS_DESK = f"{AS_DESK}, set_config('enable_sort', 'on', true)"
_WALKED = f"""
select array(select id from catalog_goods where {GOODS_TERMS} and id > w.after_id order by id limit w.pieces)::text
from unnest(%(after_ids)s::bigint[], %(pieces)s::bigint[]) with ordinality as w(after_id, pieces, place) order by w.place
"""  # noqa: S608 - the terms are constants of ours
_PAGES = told.statement("texts", "pages", between="','")


@dataclass(frozen=True, slots=True)
class Walk:
    """Up to `limit` products above an id, as a distributor is shown them."""

    distributor_id: int
    after_id: int
    limit: int


@dataclass(slots=True)
class Page:
    """Products as one JSON text with commas between them, and their ids."""

    walk: Walk
    ids: list[str] = field(default_factory=list)
    content: bytes = b""
    has_more: bool = False


def read_pages(walks: Sequence[Walk]) -> list[Page]:
    """Return the page of each walk, prices and stock as they stand now; the walks may be several distributors'.

    Which goods a distributor is shown is asked in his own scope, where row-level security answers; what is told of
    them is read afterwards as the desk.
    """
    pages = [Page(walk) for walk in walks]
    of_distributor: dict[int, list[Page]] = {}
    for page in pages:
        of_distributor.setdefault(page.walk.distributor_id, []).append(page)
    with transaction.atomic(durable=True):
        _find(of_distributor)
        _tell(of_distributor)
    return pages


def _find(of_distributor: dict[int, list[Page]]) -> None:
    asked: list[Statement] = []
    for distributor_id, pages in of_distributor.items():
        asked.append((_AS_DISTRIBUTOR, {"party": str(distributor_id)}))
        after_ids = literal([page.walk.after_id for page in pages])
        asked.append((_WALKED, {"after_ids": after_ids, "pieces": literal([page.walk.limit + 1 for page in pages])}))
    for pages, rows in zip(of_distributor.values(), journey(*asked)[1::2], strict=True):
        for page, (ids,) in zip(pages, rows, strict=True):
            page.ids = ids[1:-1].split(",") if ids != "{}" else []
            page.has_more = len(page.ids) > page.walk.limit
            del page.ids[page.walk.limit :]


def _tell(of_distributor: dict[int, list[Page]]) -> None:
    asked: list[Statement] = [(_AS_DESK, {})]
    for distributor_id, pages in of_distributor.items():
        places = ",".join(str(place) for place, page in enumerate(pages) for _ in page.ids)
        ids = ",".join(one for page in pages for one in page.ids)
        values = told.values("{" + ids + "}", distributor_id)
        asked.append((_PAGES, values | {"places": "{" + places + "}"}))
    for pages, rows in zip(of_distributor.values(), journey(*asked)[1:], strict=True):
        for place, content in rows:
            pages[place].content = content
