"""Finding goods by words."""

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from entrepot.base.scope import PARTY, look_as_desk
from entrepot.catalog.models import Goods
from entrepot.catalog.rules import bigrams

RARE_AT_MOST = 5_000
_RARE = "select id from catalog_goods where search_terms @> %s::varchar[] limit %s"

_RARE_OF_PARTY = f"select id from catalog_goods where search_terms @> %s::varchar[] and supplier_id = {PARTY} limit %s"  # noqa: S608


def terms_of(goods: Goods) -> list[str]:
    """Return what goods can be found by: the pairs of letters of name, goods number and brand."""
    return bigrams(f"{goods.name} {goods.goods_no} {goods.brand.name if goods.brand else ''}")


def matching(rows: QuerySet[Goods], *, text: str) -> QuerySet[Goods]:
    """Return the goods that hold every word of a text in name, goods number or brand; an empty text keeps all.

    Words of two letters and more are found by index; a single letter is looked for in name and number.
    """
    for word in text.split()[:8]:
        pairs = bigrams(word)
        if len(word) == 1 or not pairs:
            rows = rows.filter(Q(name__icontains=word) | Q(goods_no__icontains=word))
        else:
            rows = rows.filter(search_terms__contains=pairs)
    return rows


def pairs_of(text: str) -> list[str]:
    """Return all that goods found by a text must hold, empty when a word of it has a single letter and no index helps."""
    words = [(word, bigrams(word)) for word in text.split()[:8]]
    if any(len(word) == 1 or not pairs for word, pairs in words):
        return []
    return sorted({pair for _word, pairs in words for pair in pairs})


def matching_in_scope(rows: QuerySet[Goods], *, text: str) -> QuerySet[Goods]:
    """Return what `matching` returns, for a scope of very many goods, the platform's too: see `looked_up`."""
    return looked_up(rows, text=text)[0]


def matching_of_supplier(rows: QuerySet[Goods], *, text: str) -> QuerySet[Goods]:
    """Return what `matching` returns, in the scope of a supplier of very many goods, for rows that are all his own."""
    return looked_up(rows, text=text, statement=_RARE_OF_PARTY)[0]


def looked_up(rows: QuerySet[Goods], *, text: str, statement: str = _RARE) -> tuple[QuerySet[Goods], bool]:
    """Return what `matching` returns, and whether that is found by walking through the goods, so that nobody counts it.

    Row-level security comes first, and the index of words cannot serve behind it. So rare words are looked up as the
    desk sees the goods, and the rows, which the scope still holds back or shows, are narrowed to what was found;
    of a common word the rows in their own order soon hold a page.
    """
    words = text.split()[:8]
    pairs = sorted({pair for word in words if len(word) > 1 for pair in bigrams(word)})
    ids = [row[0] for row in look_as_desk(statement, [pairs, RARE_AT_MOST + 1], are_ids=True)] if pairs else []
    if not pairs or len(ids) > RARE_AT_MOST:
        return matching(rows, text=text), bool(words)
    found = rows.filter(RawSQL("catalog_goods.id = any(%s)", [ids], output_field=BooleanField()))
    rest = " ".join(word for word in words if len(word) == 1 or not bigrams(word))
    return matching(found, text=rest), False
