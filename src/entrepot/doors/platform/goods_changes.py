"""Changes of goods on sale: what differs, the reviewer's decision, and the versions goods have had."""

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
from entrepot.catalog.models import Goods, GoodsVersion
from entrepot.doors.kit import versions
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt


class ChangeForm(forms.Form):
    """The supply price of every SKU after the change, and a word to the supplier."""

    version_id = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Review remark"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Required to turn down; the supplier reads it")}),
    )

    def __init__(self, data: Any, *, row: GoodsVersion, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        now = {
            code: (supplier_fen, supply_fen)
            for code, supplier_fen, supply_fen in row.goods.skus.filter(is_active=True).values_list(
                "code", "supplier_price_fen", "supply_price_fen"
            )
        }
        content, _conflicts = queries.rebased(row, goods=row.goods)
        self.codes = [sku["code"] for sku in content["skus"]]
        for place, sku in enumerate(content["skus"]):
            supplier_fen, supply_fen = now.get(sku["code"], (None, None))
            self.fields[f"price_{place}"] = FenField(
                label=gettext("Supply price of %(sku)s") % {"sku": f"{sku['code']} {sku['spec']}".strip()},
                help_text=_asked(sku["supplier_price_fen"], before_fen=supplier_fen, supply_fen=supply_fen),
                min_fen=1,
                initial=sku["supplier_price_fen"] if supply_fen is None else supply_fen,
            )

    @property
    def price_fields(self) -> list[forms.BoundField]:
        """Return the fields of the SKUs' supply prices."""
        return [self[f"price_{place}"] for place in range(len(self.codes))]

    def prices(self) -> dict[str, int]:
        """Return the supply prices decided, by SKU code."""
        return {code: self.cleaned_data[f"price_{place}"] for place, code in enumerate(self.codes)}


def _asked(price_fen: int, *, before_fen: int | None, supply_fen: int | None) -> str:
    if before_fen is None:
        return gettext("New: the supplier asks ¥%(price)s.") % {"price": yuan(price_fen)}
    if before_fen == price_fen:
        return gettext("The supplier asks ¥%(price)s, as before.") % {"price": yuan(price_fen)}
    said = gettext("The supplier asks ¥%(price)s, before ¥%(before)s. The supply price stays unless you change it.") % {
        "price": yuan(price_fen),
        "before": yuan(before_fen),
    }
    if supply_fen is not None and supply_fen < price_fen:
        said += gettext(" It is now below what the supplier asks!")
    return said


@page("platform", "goods.view")
@require_GET
def goods_change(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show what the change that waits for review would change."""
    return _shown(request, goods=_goods(goods_id))


@page("platform", "goods.review")
@require_POST
def change_judge(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Approve a change at supply prices, or turn it down with a reason."""
    goods = _goods(goods_id)
    row = queries.waiting_version(goods_id)
    if row is None:
        messages.error(request, gettext("This change does not wait for review any more."))
        return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))
    form = ChangeForm(request.POST, row=row)
    is_approval = request.POST.get("do") == "approve"

    def act(cleaned: dict[str, Any]) -> Goods:
        who, where = actor(request.party), client_ip(request) or ""
        if not is_approval:
            return actions.reject_change(
                goods_id, version_id=cleaned["version_id"], reason=cleaned["note"], actor=who, address=where
            )
        return actions.approve_change(
            goods_id,
            version_id=cleaned["version_id"],
            supply_prices=form.prices(),
            version=cleaned["seen"],
            note=cleaned["note"],
            actor=who,
            address=where,
        )

    if not attempt(form, act, names={"reason": "note"}):
        return _shown(request, goods=goods, form=form)
    said = _("The change of “%(name)s” is on sale.") if is_approval else _("The change of “%(name)s” is turned down.")
    messages.success(request, str(said) % {"name": goods.name})
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


def _shown(request: PartyRequest, *, goods: Goods, form: ChangeForm | None = None) -> HttpResponse:
    row = queries.waiting_version(goods.pk)
    if row is None:
        raise Http404
    content, conflicts = queries.rebased(row, goods=goods)
    context = {
        "title": _("Change of goods on sale"),
        "goods": goods,
        "row": row,
        "differences": versions.shown(queries.content_of(goods), new=content),
        "conflicts": versions.conflicts_shown(conflicts),
        "form": form,
        "can_review": request.party.can("goods.review"),
    }
    if form is None and context["can_review"]:
        context["form"] = ChangeForm(None, row=row, initial={"version_id": row.pk, "seen": goods.version})
    return render(request, "platform/goods_change.html", context, status=422 if form is not None else 200)


@page("platform", "goods.view")
@require_GET
def goods_versions(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show the versions goods have had."""
    goods = _goods(goods_id)
    context = {
        "title": _("Versions"),
        "goods": goods,
        "versions": versions.history(goods_id),
        "can_restore": request.party.can("goods.edit") and goods.supplier.is_platform,
        "restore_base": reverse("platform:goods-versions", args=[goods_id]),
        "restore_sure": _("Write the goods as this version had them?"),
    }
    return render(request, "platform/goods_versions.html", context)


@page("platform", "goods.edit")
@require_POST
def version_restore(request: PartyRequest, goods_id: int, number: int) -> HttpResponse:
    """Write own goods as an older version had them."""
    goods = _goods(goods_id)
    if not goods.supplier.is_platform or not GoodsVersion.objects.filter(goods=goods, number=number).exists():
        raise Http404
    who, where = actor(request.party), client_ip(request) or ""
    try:
        is_change = actions.restore_version(
            goods.supplier_id, goods_id=goods_id, number=number, actor=who, address=where
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("platform:goods-versions", args=[goods_id]))
    messages.success(
        request,
        gettext("The version waits for review.") if is_change else gettext("The goods are as that version had them."),
    )
    return HttpResponseRedirect(reverse("platform:goods-page", args=[goods_id]))


def _goods(goods_id: int) -> Goods:
    goods = Goods.objects.select_related("supplier").filter(pk=goods_id).first()
    if goods is None:
        raise Http404
    return goods
