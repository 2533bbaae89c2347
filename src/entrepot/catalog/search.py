"""Finding goods by words."""

from django.db.models import Q, QuerySet

from entrepot.base import scope
from entrepot.catalog.models import Goods
from entrepot.catalog.rules import bigrams

RARE_AT_MOST = 5_000


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


def matching_in_scope(rows: QuerySet[Goods], *, text: str) -> QuerySet[Goods]:
    """Return what `matching` returns, for a scope of very many goods, the platform's too.

    Row-level security comes first there and the index of words cannot serve it. So rare words are looked up as the
    desk sees the goods, and the rows, which the scope still holds back or shows, are narrowed to what was found;
    of a common word the rows in their own order soon hold a page.
    """
    pairs = sorted({pair for word in text.split()[:8] if len(word) > 1 for pair in bigrams(word)})
    if not pairs:
        return matching(rows, text=text)
    with scope.desk():
        ids = list(Goods.objects.filter(search_terms__contains=pairs).values_list("pk", flat=True)[: RARE_AT_MOST + 1])
    if len(ids) <= RARE_AT_MOST:
        rows = rows.filter(pk__in=ids)
    return matching(rows, text=text)
