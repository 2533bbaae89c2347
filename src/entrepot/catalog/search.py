"""Finding goods by words."""

from typing import Any

import psycopg
from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from entrepot.catalog.models import Goods
from entrepot.catalog.rules import bigrams

RARE_AT_MOST = 5_000
# The desk's role meets no condition, so the index serves it. Put on, asked and taken off again in one journey.
_AS_DESK = """
select set_config('entrepot.role_before', current_setting('role'), true), set_config('role', 'entrepot_desk', true);
select id from catalog_goods where search_terms @> %s::varchar[] limit %s;
select set_config('role', current_setting('entrepot.role_before'), true)
"""


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


def looked_up(rows: QuerySet[Goods], *, text: str) -> tuple[QuerySet[Goods], bool]:
    """Return what `matching` returns, and whether that is found by walking through the goods, so that nobody counts it.

    Row-level security comes first, and the index of words cannot serve behind it. So rare words are looked up as the
    desk sees the goods, and the rows, which the scope still holds back or shows, are narrowed to what was found;
    of a common word the rows in their own order soon hold a page.
    """
    words = text.split()[:8]
    pairs = sorted({pair for word in words if len(word) > 1 for pair in bigrams(word)})
    ids = _as_desk(pairs) if pairs else []
    if not pairs or len(ids) > RARE_AT_MOST:
        return matching(rows, text=text), bool(words)
    found = rows.filter(RawSQL("catalog_goods.id = any(%s)", [ids], output_field=BooleanField()))
    rest = " ".join(word for word in words if len(word) == 1 or not bigrams(word))
    return matching(found, text=rest), False


def _as_desk(pairs: list[str]) -> list[int]:
    """Return the ids of all goods that hold these pairs of letters, one more than are rare at most."""
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, psycopg.ClientCursor(raw) as cursor:
        cursor.execute(_AS_DESK, [pairs, RARE_AT_MOST + 1])
        cursor.nextset()
        return [row[0] for row in cursor.fetchall()]
