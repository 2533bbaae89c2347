"""Prices and freight of one article: announced changes, rates of its own, the template it is sent by."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog.models import Goods, Sku
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import BpsField, FenField, LongSelect
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.price_words import WARNINGS, MomentField, row_of
from entrepot.doors.platform.attempts import attempt
from entrepot.freight import actions as freight_actions
from entrepot.freight.queries import offered
from entrepot.parties.models import Distributor, Tier
from entrepot.pricing import actions, queries
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.models import ChangeField
from entrepot.pricing.rules import agreed_price, warnings


class AnnounceForm(forms.Form):
    """New prices of every SKU, and from when."""

    effective_at = MomentField(
        label=_("Takes effect"), required=False, help_text=_("Empty: as soon as the notice allows")
    )
    grace_minutes = forms.IntegerField(
        label=_("Old price honoured, minutes"), min_value=0, max_value=1_440, required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, data: Any = None, *, skus: list[Sku], has_supplier: bool) -> None:
        super().__init__(data)
        self.skus, self.names = skus, [ChangeField.SUPPLY_PRICE, ChangeField.SUGGESTED_PRICE]
        if has_supplier:
            self.names.insert(0, ChangeField.SUPPLIER_PRICE)
        for sku in skus:
            for name in self.names:
                field = FenField(required=False, min_fen=1, label=sku.code)
                field.widget.attrs["aria-label"] = f"{sku.code} {name}"
                self.fields[f"{name}_{sku.pk}"] = field

    @property
    def rows(self) -> list[tuple[Sku, list[tuple[int | None, forms.BoundField]]]]:
        """Return every SKU with its prices of now and the fields for the new ones."""
        return [
            (sku, [(getattr(sku, f"{name}_fen"), self[f"{name}_{sku.pk}"]) for name in self.names]) for sku in self.skus
        ]

    def drafts(self) -> list[ChangeDraft]:
        """Return the changes that were typed."""
        return [
            ChangeDraft(field=name, new_value=new, sku_id=sku.pk)
            for sku in self.skus
            for name in self.names
            if (new := self.cleaned_data[f"{name}_{sku.pk}"]) is not None and new != getattr(sku, f"{name}_fen")
        ]


class RateForm(forms.Form):
    """A rate of these goods for a tier or a distributor; empty takes it away."""

    whose = forms.ChoiceField(label=_("Tier or distributor"), widget=LongSelect)
    rate_bps = BpsField(label=_("Fee rate, in percent"), required=False, help_text=_("Empty: the tier's own again"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, data: Any = None, *, tiers: Iterable[Tier] | None = None) -> None:
        super().__init__(data)
        choices = [(f"tier-{tier.pk}", tier.name) for tier in (Tier.objects.all() if tiers is None else tiers)]
        parties = Distributor.objects.order_by("number").values_list("id", "number", "name")
        named = [(f"distributor-{pk}", f"{number} {name}") for pk, number, name in parties]
        self.fields["whose"].choices = [(_("Tiers"), choices), (_("Distributors"), named)]  # type: ignore[attr-defined]


@page("platform", "goods.view")
@require_GET
def goods_prices(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show prices and freight of an article."""
    return _shown(request, goods=_goods(goods_id))


@page("platform", "goods.edit")
@require_POST
def goods_announce(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Announce new prices of an article's SKUs."""
    goods = _goods(goods_id)
    form = AnnounceForm(request.POST, skus=_skus(goods), has_supplier=not goods.supplier.is_platform)

    def act(cleaned: dict[str, Any]) -> Any:
        drafts = form.drafts()
        if not drafts:
            raise Mistake("", gettext("Enter at least one new price."))
        return actions.announce(
            drafts,
            effective_at=cleaned["effective_at"],
            grace_minutes=cleaned["grace_minutes"],
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if not attempt(form, act):
        return _shown(request, goods=goods, announce_form=form)
    messages.success(request, gettext("The new prices are announced; malls are told."))
    return HttpResponseRedirect(reverse("platform:prices-goods", args=[goods_id]))


@page("platform", "tiers.edit")
@require_POST
def goods_rate(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Give the goods a fee rate of their own, or take it away."""
    goods = _goods(goods_id)
    form = RateForm(request.POST)

    def act(cleaned: dict[str, Any]) -> bool:
        kind, _dash, number = cleaned["whose"].partition("-")
        actions.set_fee_rate(
            goods_id,
            rate_bps=cleaned["rate_bps"],
            tier_id=int(number) if kind == "tier" else None,
            distributor_id=int(number) if kind == "distributor" else None,
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
        return True

    if not attempt(form, act):
        return _shown(request, goods=goods, rate_form=form)
    messages.success(request, gettext("The rate is saved; it holds for orders placed from now on."))
    return HttpResponseRedirect(reverse("platform:prices-goods", args=[goods_id]))


@page("platform", "goods.edit")
@require_POST
def goods_freight(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Say by which template the goods are sent."""
    _goods(goods_id)
    text = request.POST.get("template", "")
    if text and not (text.isdigit() and len(text) < 19):
        raise Http404
    try:
        freight_actions.set_template(
            goods_id,
            template_id=int(text) if text else None,
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, gettext("Saved; it holds for orders placed from now on."))
    return HttpResponseRedirect(reverse("platform:prices-goods", args=[goods_id]))


def _goods(goods_id: int) -> Goods:
    goods = Goods.objects.select_related("supplier").filter(pk=goods_id).first()
    if goods is None:
        raise Http404
    return goods


def _skus(goods: Goods) -> list[Sku]:
    return list(goods.skus.filter(is_active=True))


def _shown(request: PartyRequest, *, goods: Goods, **forms_given: forms.Form) -> HttpResponse:
    skus, tiers = _skus(goods), list(Tier.objects.all())
    rates = queries.fee_rates(goods.pk)
    of_tier = {rate.tier_id: rate.rate_bps for rate in rates if rate.tier_id}
    offers, chosen = offered(goods.pk, supplier_id=goods.supplier_id)
    context: dict[str, Any] = {
        "title": _("Prices and freight"),
        "goods": goods,
        "has_supplier": not goods.supplier.is_platform,
        "tiers": tiers,
        "table": [
            (sku, _cells(sku, tiers=tiers, of_tier=of_tier), _warned(sku, tiers=tiers, of_tier=of_tier)) for sku in skus
        ],
        "rates": rates,
        "upcoming": [row_of(change) for change in queries.upcoming(goods.pk)],
        "templates": offers,
        "chosen": chosen,
        "can_edit": request.party.can("goods.edit"),
        "can_rate": request.party.can("tiers.edit"),
    }
    if context["can_edit"]:
        context["announce_form"] = AnnounceForm(skus=skus, has_supplier=context["has_supplier"])
    if context["can_rate"]:
        context["rate_form"] = RateForm(tiers=tiers)
    status = 422 if forms_given else 200
    return render(request, "platform/prices_goods.html", context | forms_given, status=status)


def _cells(sku: Sku, *, tiers: list[Tier], of_tier: dict[int, int]) -> list[int | None]:
    """Return the agreed price of every tier, its own rate for these goods before its usual one."""
    if sku.supply_price_fen is None:
        return [None for _tier in tiers]
    return [agreed_price(sku.supply_price_fen, fee_rate_bps=of_tier.get(tier.pk, tier.fee_rate_bps)) for tier in tiers]


def _warned(sku: Sku, *, tiers: list[Tier], of_tier: dict[int, int]) -> list[Any]:
    prices = [price for price in _cells(sku, tiers=tiers, of_tier=of_tier) if price is not None]
    if sku.supply_price_fen is None or not prices:
        return []
    codes = warnings(
        supplier_price_fen=sku.supplier_price_fen,
        supply_price_fen=sku.supply_price_fen,
        highest_agreed_fen=max(prices),
        suggested_price_fen=sku.suggested_price_fen,
        price_ceiling_fen=sku.price_ceiling_fen,
    )
    return [WARNINGS[code] for code in codes]
