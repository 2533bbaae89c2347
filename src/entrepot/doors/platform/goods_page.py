"""The page of one article: pictures, prices for every tier, review, shelf and who may see it."""

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
from entrepot.base.money import yuan
from entrepot.catalog import actions, queries
from entrepot.catalog.models import Goods, GoodsState, Sku
from entrepot.catalog.pictures import address
from entrepot.catalog.rules import PROMOTIONS
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import Entries, FenField, LongSelectMultiple
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.promotion_words import PROMOTION_WORDS
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.log_names import Names
from entrepot.doors.platform.log_words import Change, changes_of, verb_word
from entrepot.events.queries import operations_on
from entrepot.parties.models import Distributor, Tier
from entrepot.pricing.rules import agreed_price, service_fee
from entrepot.stock.queries import figures


class ReviewForm(forms.Form):
    """The supply price of every SKU, and a word to the supplier."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Review remark"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Required to turn down; the supplier reads it")}),
    )

    def __init__(self, data: Any, *, skus: list[Sku], last: dict[str, int] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.skus = skus
        for sku in skus:
            self.fields[f"supply_price_{sku.pk}"] = FenField(
                label=gettext("Supply price of %(sku)s") % {"sku": f"{sku.code} {sku.spec}".strip()},
                help_text=_asked(sku, before_fen=(last or {}).get(sku.code)),
                min_fen=1,
                initial=sku.supply_price_fen or sku.supplier_price_fen,
            )

    @property
    def price_fields(self) -> list[forms.BoundField]:
        """Return the fields of the SKUs' supply prices."""
        return [self[f"supply_price_{sku.pk}"] for sku in self.skus]


def _asked(sku: Sku, *, before_fen: int | None) -> str:
    """Return what the supplier asks, beside what he asked when the goods were on sale last and what stays on top."""
    asked = gettext("The supplier asks ¥%(price)s.") % {"price": yuan(sku.supplier_price_fen)}
    if before_fen is None or before_fen == sku.supplier_price_fen:
        return asked
    before = gettext("When on sale last: ¥%(price)s; the margin per piece is kept.") % {"price": yuan(before_fen)}
    return f"{asked} {before}"


class VisibilityForm(forms.Form):
    """Who may see the goods; nobody named means everybody."""

    tiers = forms.TypedMultipleChoiceField(
        label=_("Tiers"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    distributors = forms.TypedMultipleChoiceField(
        label=_("Distributors"), coerce=int, required=False, widget=LongSelectMultiple(attrs={"size": 6})
    )

    def __init__(self, data: Any, *, goods: Goods, tiers: list[Tier]) -> None:
        super().__init__(data, initial={"tiers": goods.visible_tiers, "distributors": goods.visible_distributors})
        self.fields["tiers"].choices = [(tier.pk, tier.name) for tier in tiers]  # type: ignore[attr-defined]
        named = Distributor.objects.order_by("number").values_list("id", "number", "name")
        entries = Entries((row_id, f"{number} {name}") for row_id, number, name in named)
        self.fields["distributors"].choices = entries  # type: ignore[attr-defined]


class PromotionForm(forms.Form):
    """What malls may run on the goods."""

    promotions = forms.MultipleChoiceField(
        label=_("Allowed promotions"),
        choices=[(code, PROMOTION_WORDS[code]) for code in PROMOTIONS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ReasonForm(forms.Form):
    """Why goods are taken off the shelf."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


@page("platform", "goods.view")
@require_GET
def goods_page(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show one article."""
    return _shown(request, goods_id=goods_id)


@page("platform", "goods.review")
@require_POST
def review(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Approve goods at supply prices, or turn them down with a reason."""
    goods = _goods(goods_id)
    form = ReviewForm(request.POST, skus=_skus(goods), last=queries.last_on_sale(goods_id))
    is_approval = request.POST.get("do") == "approve"

    def act(cleaned: dict[str, Any]) -> Goods:
        who, where = actor(request.party), client_ip(request) or ""
        if not is_approval:
            return actions.reject_goods(
                goods_id, reason=cleaned["note"], actor=who, version=cleaned["version"], address=where
            )
        prices = {sku.pk: cleaned[f"supply_price_{sku.pk}"] for sku in form.skus}
        return actions.approve_goods(
            goods_id,
            actor=who,
            supply_prices=prices,
            version=cleaned["version"],
            note=cleaned["note"],
            address=where,
        )

    if not attempt(form, act, names={"reason": "note"}):
        return _shown(request, goods_id=goods_id, review_form=form)
    if is_approval:
        messages.success(request, gettext("“%(name)s” is on sale.") % {"name": goods.name})
    else:
        messages.success(request, gettext("“%(name)s” is turned down; the supplier reads why.") % {"name": goods.name})
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


@page("platform", "goods.edit")
@require_POST
def unlist(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Take goods off the shelf, with a reason."""
    goods = _goods(goods_id)
    form = ReasonForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Goods:
        return actions.unlist_goods(
            goods_id, reason=cleaned["reason"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if not attempt(form, act):
        return _shown(request, goods_id=goods_id, unlist_form=form)
    messages.success(request, gettext("“%(name)s” is off the shelf; orders placed stand.") % {"name": goods.name})
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


@page("platform", "goods.edit")
@require_POST
def list_own(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Put own goods on sale."""
    goods = _goods(goods_id)
    try:
        actions.list_own_goods(goods_id, actor=actor(request.party), address=client_ip(request) or "")
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, gettext("“%(name)s” is on sale.") % {"name": goods.name})
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


@page("platform", "goods.edit")
@require_POST
def visibility(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Say which tiers and distributors see the goods."""
    form = VisibilityForm(request.POST, goods=_goods(goods_id), tiers=list(Tier.objects.all()))

    def act(cleaned: dict[str, Any]) -> Goods:
        return actions.set_visibility(
            goods_id,
            tier_ids=cleaned["tiers"],
            distributor_ids=cleaned["distributors"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if not attempt(form, act):
        return _shown(request, goods_id=goods_id, visibility_form=form)
    messages.success(request, gettext("Who sees the goods is saved; malls are told."))
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


@page("platform", "goods.edit")
@require_POST
def promotions(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Say which promotions malls may run on the goods."""
    _goods(goods_id)
    form = PromotionForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Goods:
        return actions.set_promotions(
            goods_id, promotions=cleaned["promotions"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if not attempt(form, act):
        return _shown(request, goods_id=goods_id, promotion_form=form)
    messages.success(request, gettext("The allowed promotions are saved."))
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


def _goods(goods_id: int) -> Goods:
    try:
        return Goods.objects.select_related("supplier", "category__parent", "brand").get(pk=goods_id)
    except Goods.DoesNotExist:
        raise Http404 from None


def _skus(goods: Goods) -> list[Sku]:
    return list(goods.skus.filter(is_active=True))


def _shown(request: PartyRequest, *, goods_id: int, **forms_given: forms.Form) -> HttpResponse:
    goods = _goods(goods_id)
    skus, tiers = _skus(goods), list(Tier.objects.order_by("position", "id"))
    stock = figures([sku.pk for sku in skus])
    context: dict[str, Any] = {
        "title": goods.name,
        "goods": goods,
        "images": [(address(path), address(path, small=True)) for path in goods.images],
        "detail_images": [address(path, small=True) for path in goods.detail_images],
        "skus": [(sku, stock[sku.pk]) for sku in skus],
        "tiers": tiers,
        "prices": _prices(skus, tiers=tiers),
        "attributes": queries.attribute_pairs(goods.attributes),
        "waiting": queries.waiting_version(goods.pk),
        "is_own": goods.supplier.is_platform,
        "may_edit": goods.supplier.is_platform
        and (goods.state != GoodsState.ON_SALE or queries.is_open(goods.supplier_id)),
        "is_in_review": goods.state == GoodsState.SUBMITTED,
        "can_review": request.party.can("goods.review"),
        "can_edit": request.party.can("goods.edit"),
        "can_stock": request.party.can("stock.view"),
        "seen_by": _seen_by(goods, tiers=tiers),
        "history": _history(goods_id),
        "promotion_words": [PROMOTION_WORDS.get(code, code) for code in goods.allowed_promotions],
    }
    if context["can_review"] and context["is_in_review"]:
        context["review_form"] = ReviewForm(
            None, skus=skus, last=queries.last_on_sale(goods_id), initial={"version": goods.version}
        )
    if context["can_edit"]:
        context["visibility_form"] = VisibilityForm(None, goods=goods, tiers=tiers)
        context["promotion_form"] = PromotionForm(None, initial={"promotions": goods.allowed_promotions})
        context["unlist_form"] = ReasonForm()
    status = 422 if forms_given else 200
    return render(request, "platform/goods_page.html", context | forms_given, status=status)


def _prices(skus: list[Sku], *, tiers: list[Tier]) -> list[tuple[Sku, int, list[tuple[Tier, int, int]]]]:
    """Return for every SKU its supply price, the supplier's while there is none, and for every tier fee and price."""
    found = []
    for sku in skus:
        supply_fen = sku.supply_price_fen if sku.supply_price_fen is not None else sku.supplier_price_fen
        by_tier = [
            (
                tier,
                service_fee(supply_fen, fee_rate_bps=tier.fee_rate_bps),
                agreed_price(supply_fen, fee_rate_bps=tier.fee_rate_bps),
            )
            for tier in tiers
        ]
        found.append((sku, supply_fen, by_tier))
    return found


def _seen_by(goods: Goods, *, tiers: list[Tier]) -> list[str]:
    """Return the names of those who alone may see the goods; empty when everybody may."""
    names = [tier.name for tier in tiers if tier.pk in goods.visible_tiers]
    if goods.visible_distributors:
        named = Distributor.objects.filter(pk__in=goods.visible_distributors).order_by("number")
        names += list(named.values_list("name", flat=True))
    return names


def _history(goods_id: int) -> list[tuple[Any, str, list[Change]]]:
    found = operations_on("goods", object_id=goods_id)[:12]
    names = Names()
    return [(row, verb_word(row.verb), changes_of(row, names=names)) for row in found]
