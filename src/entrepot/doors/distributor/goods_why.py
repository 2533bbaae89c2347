"""Why goods cannot be found or ordered, as far as it is this distributor's business."""

from typing import Any

from django import forms
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from entrepot.catalog.models import Goods
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.refusal_words import sentence
from entrepot.parties.models import Distributor
from entrepot.reports import shelf
from entrepot.reports.availability import not_offered, out_of_stock
from entrepot.trade.terms import Fault

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
        return {"ordered_at": ordered_at, "why_not": _said(not_offered(number))}
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
        # What the mall would be told, by `POST /availability/query` as by an order of the fewest pieces.
        least = max(1, goods.min_quantity)
        short = [out_of_stock(sku.sku, wanted=least, available=sku.stock)] if sku.stock < least else []
        skus.append((sku, checks, all(holds for _word, holds, _figure in checks), [_said(fault) for fault in short]))
    return {"goods": goods, "skus": skus}


def _said(fault: Fault) -> str:
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return sentence(fault.refusal.code, fault.facts, language=language)
