"""Finding goods by words."""

from django.db.models import Q, QuerySet

from entrepot.catalog.models import Goods
from entrepot.catalog.rules import bigrams


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
