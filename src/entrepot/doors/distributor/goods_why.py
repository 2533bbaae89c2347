"""Why goods cannot be found or ordered, as far as it is this distributor's business."""

from typing import Any

from django import forms
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from entrepot.catalog.models import Goods
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.parties.models import Distributor
from entrepot.reports import shelf

# What lies outside his scope does not exist for him: goods that are not there, are off the shelf or are kept for
# others get the same answer, unless he ordered them himself once.
_ORDERED = """
select max(o.created_at) from orders_line l join orders_order o on o.id = l.order_id
where l.distributor_id = %s and (l.goods_no = %s or l.sku_code = %s)
"""


class WhySearch(FilterForm):
    """Which goods."""

    goods = forms.CharField(label=gettext_lazy("Goods number or SKU code"), max_length=40)


@require_GET
@page("distributor", "goods.view")
def goods_why(request: PartyRequest) -> HttpResponse:
    """Answer for one goods number."""
    form = WhySearch(request.GET)
    number = (form.value("goods") or "").strip()
    context: dict[str, Any] = {"title": _("Not finding goods?"), "form": form, "number": number}
    if number:
        context |= _answer(number, party_id=request.party.id)
    return render(request, "distributor/goods_why.html", context)


def _answer(number: str, *, party_id: int) -> dict[str, Any]:
    goods = Goods.objects.filter(goods_no=number).first() or Goods.objects.filter(skus__code=number).first()
    if goods is None:
        with connection.cursor() as cursor:
            cursor.execute(_ORDERED, [party_id, number, number])
            (ordered_at,) = cursor.fetchone()
        return {"ordered_at": ordered_at}
    found = next(iter(shelf.goods_page(shelf.terms_of(party_id), limit=1, ids=[goods.pk])), None)
    is_active = Distributor.objects.filter(pk=party_id, state="active").exists()
    skus = []
    for sku in found.skus if found else []:
        checks: list[tuple[Any, bool, str]] = [
            (gettext_lazy("On your shelf"), True, ""),
            (gettext_lazy("Your account is active"), is_active, ""),
            (gettext_lazy("There are pieces you may take"), sku.stock > 0, str(sku.stock)),
            (
                gettext_lazy("Enough for the minimum quantity"),
                sku.stock >= goods.min_quantity,
                f"{sku.stock} / {goods.min_quantity}",
            ),
        ]
        skus.append((sku, checks, all(holds for _word, holds, _figure in checks)))
    return {"goods": goods, "skus": skus}
