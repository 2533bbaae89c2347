"""The supplier's own prices: what he proposes, what became of it, and by which template his goods are sent."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Goods, Sku
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.price_words import MomentField, row_of
from entrepot.freight.queries import template_of, templates
from entrepot.pricing import actions, queries
from entrepot.pricing.models import ChangeField, ChangeState, PriceChange


class ProposalForm(forms.Form):
    """Another supplier price of one SKU."""

    sku_id = forms.TypedChoiceField(label=gettext_lazy("SKU"), coerce=int)
    new_fen = FenField(label=gettext_lazy("New supplier price"), min_fen=1)
    effective_at = MomentField(
        label=gettext_lazy("Takes effect"),
        required=False,
        help_text=gettext_lazy("Empty: as soon as the notice allows"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, data: Any = None, *, skus: list[Sku]) -> None:
        super().__init__(data)
        named = [(sku.pk, f"{sku.code} {sku.spec}".strip()) for sku in skus]
        self.fields["sku_id"].choices = named  # type: ignore[attr-defined]


@require_GET
@page("supplier", "goods.view")
def prices(request: PartyRequest) -> HttpResponse:
    """Show the changes of his supplier prices."""
    rows = queries.changes().filter(field=ChangeField.SUPPLIER_PRICE)
    shown = page_of(rows, query=request.GET)
    context = {
        "title": _("Price changes"),
        "page": shown,
        "rows": [row_of(row) | {"is_mine": row.state == ChangeState.PROPOSED} for row in shown],
        "can_edit": request.party.can("goods.edit"),
    }
    return render(request, "supplier/prices.html", context)


@require_http_methods(["GET", "POST"])
@page("supplier", "goods.view")
def prices_goods(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show prices and freight of an article; propose another price."""
    goods = get_object_or_404(Goods, pk=goods_id)
    skus = list(goods.skus.filter(is_active=True))
    form = ProposalForm(skus=skus)
    status = 200
    if request.method == "POST" and request.party.can("goods.edit"):
        form = ProposalForm(request.POST, skus=skus)
        if _proposed(request, form=form):
            messages.success(request, _("Your price is proposed; the platform decides."))
            return HttpResponseRedirect(reverse("supplier:prices-goods", args=[goods_id]))
        status = 422
    changes = queries.changes().filter(sku__goods=goods, field=ChangeField.SUPPLIER_PRICE)[:12]
    chosen = template_of(goods_id)
    context = {
        "title": _("Prices and freight"),
        "goods": goods,
        "skus": skus,
        "form": form,
        "rows": [row_of(row) for row in changes],
        "templates": list(templates()),
        "chosen": chosen,
        "can_edit": request.party.can("goods.edit"),
    }
    return render(request, "supplier/prices_goods.html", context, status=status)


@require_POST
@page("supplier", "goods.edit")
def prices_withdraw(request: PartyRequest, change_id: int) -> HttpResponse:
    """Take a proposal back that nobody has decided."""
    get_object_or_404(PriceChange, pk=change_id)
    try:
        actions.cancel_change(
            change_id, supplier_id=request.party.id, actor=actor(request.party), address=client_ip(request) or ""
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, _("The proposal is taken back."))
    return HttpResponseRedirect(reverse("supplier:prices"))


def _proposed(request: PartyRequest, *, form: ProposalForm) -> bool:
    if not form.is_valid():
        return False
    values = form.cleaned_data
    try:
        actions.propose(
            request.party.id,
            sku_id=values["sku_id"],
            new_fen=values["new_fen"],
            effective_at=values["effective_at"],
            reason=values["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        name = "new_fen" if mistake.field == "drafts.0" else mistake.field
        form.add_error(name if name in form.fields else None, mistake.reason)
        return False
    return True
