"""Why a distributor sees goods or does not: every condition with its answer, and what to do about it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from entrepot.base.money import yuan
from entrepot.doors.kit.forms import LongSelect
from entrepot.doors.kit.lists import FilterForm
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.states import state_of
from entrepot.parties.models import Distributor
from entrepot.reports.why_shown import Judged, why_shown

WORDS: dict[str, Any] = {
    "on_sale": gettext_lazy("The goods are on sale"),
    "supplier": gettext_lazy("The supplier is active"),
    "visible": gettext_lazy("They are shown to this distributor or his tier"),
    "sku": gettext_lazy("The SKU is in use"),
    "price": gettext_lazy("A supply price is set"),
    "distributor": gettext_lazy("The distributor is active"),
    "stock": gettext_lazy("There are pieces he may take"),
    "min_quantity": gettext_lazy("There are enough for the minimum quantity"),
}
ADVICE: dict[str, Any] = {
    "supplier": gettext_lazy("Activate the supplier on its page."),
    "visible": gettext_lazy("Add his tier or himself under “Who sees it” on the goods' page."),
    "sku": gettext_lazy("Take the SKU into use again by editing the goods."),
    "price": gettext_lazy("Set a supply price: hand the goods in and approve them at one."),
    "distributor": gettext_lazy("Activate the distributor on his page; until then his calls are refused."),
    "stock": gettext_lazy("Add stock, or widen his allotment. The goods stay listed as sold out."),
    "min_quantity": gettext_lazy("Add stock, or lower the minimum quantity. Every order would be refused."),
}

REVIEW: Any = gettext_lazy("Review them on the goods' page.")
LIST: Any = gettext_lazy("Put them on sale on the goods' page.")
HAND_IN: Any = gettext_lazy("Ask the supplier to hand them in for review; approved, they are on sale at once.")


class WhySearch(FilterForm):
    """Which goods, and whose shelf."""

    goods = forms.CharField(label=gettext_lazy("Goods no."), max_length=40)
    distributor = forms.TypedChoiceField(
        label=gettext_lazy("Distributor"), coerce=int, empty_value=None, widget=LongSelect
    )

    def full_clean(self) -> None:
        """Give the select its choices before anything is judged."""
        rows = Distributor.objects.order_by("number").values_list("pk", "number", "name")[:1000]
        self.fields["distributor"].choices = [  # type: ignore[attr-defined]
            ("", gettext_lazy("Choose")),
            *((pk, f"{number} {name}") for pk, number, name in rows),
        ]
        super().full_clean()


@page("platform", "goods.view")
@require_GET
def goods_why(request: PartyRequest) -> HttpResponse:
    """Answer for goods and a distributor."""
    form = WhySearch(request.GET)
    goods_no, distributor_id = form.value("goods"), form.value("distributor")
    judged = []
    if goods_no and distributor_id:
        judged = why_shown(goods_no.strip(), distributor_id=distributor_id)
    context = {
        "title": _("Why is this not shown?"),
        "form": form,
        "is_asked": bool(goods_no and distributor_id),
        "judged": [(one, [_row(one, code=code, holds=holds) for code, holds in one.conditions]) for one in judged],
    }
    return render(request, "platform/goods_why.html", context)


def _row(one: Judged, *, code: str, holds: bool) -> tuple[Any, bool, str, Any]:
    offer = one.offer
    figures = {
        "on_sale": str(state_of("goods", offer.state)[0]),
        "supplier": f"{one.supplier} · {state_of('party', offer.supplier_state)[0]}",
        "visible": _shown_to(one),
        "sku": one.code,
        "price": "—" if offer.supply_price_fen is None else f"¥{yuan(offer.supply_price_fen)}",
        "distributor": str(state_of("party", offer.distributor_state)[0]),
        "stock": str(offer.stock),
        "min_quantity": f"{offer.stock} / {offer.min_quantity}",
    }
    return WORDS[code], holds, figures[code], "" if holds else _advice(one, code=code)


def _advice(one: Judged, *, code: str) -> Any:
    """Return what to do about a condition that does not hold; off the shelf, it depends on whose goods they are."""
    if code != "on_sale":
        return ADVICE[code]
    if one.offer.state == "submitted":
        return REVIEW
    return LIST if one.is_own else HAND_IN


def _shown_to(one: Judged) -> str:
    offer = one.offer
    if not offer.visible_tiers and not offer.visible_distributors:
        return _("to everybody")
    return _("his tier: %(tier)s; shown to %(tiers)d tiers and %(distributors)d distributors by name") % {
        "tier": one.tier,
        "tiers": len(offer.visible_tiers),
        "distributors": len(offer.visible_distributors),
    }
