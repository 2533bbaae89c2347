"""The versions of a supplier's goods: what waits for review, what was on sale before, and the way back."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions
from entrepot.catalog.models import Goods, GoodsState, GoodsVersion
from entrepot.doors.kit import versions
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page


@require_GET
@page("supplier", "goods.view")
def goods_versions(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Show the versions goods have had."""
    goods = get_object_or_404(Goods, pk=goods_id)
    context = {
        "title": _("Versions"),
        "goods": goods,
        "versions": versions.history(goods_id),
        "can_restore": request.party.can("goods.edit") and goods.state != GoodsState.SUBMITTED,
        "restore_base": reverse("supplier:goods-versions", args=[goods_id]),
        "restore_sure": _("Write the goods as this version had them? On sale, that waits for review."),
    }
    return render(request, "supplier/goods_versions.html", context)


@require_POST
@page("supplier", "goods.edit")
def version_restore(request: PartyRequest, goods_id: int, number: int) -> HttpResponse:
    """Write goods as an older version had them."""
    get_object_or_404(Goods, pk=goods_id)
    if not GoodsVersion.objects.filter(goods_id=goods_id, number=number).exists():
        raise Http404
    who, where = actor(request.party), client_ip(request) or ""
    try:
        is_change = actions.restore_version(
            request.party.id, goods_id=goods_id, number=number, actor=who, address=where
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("supplier:goods-versions", args=[goods_id]))
    messages.success(
        request, _("The version waits for review.") if is_change else _("The goods are as that version had them.")
    )
    return HttpResponseRedirect(reverse("supplier:goods-edit", args=[goods_id]))


@require_POST
@page("supplier", "goods.edit")
def change_withdraw(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Take back the change that waits for review."""
    get_object_or_404(Goods, pk=goods_id)
    try:
        actions.withdraw_change(
            request.party.id, goods_id=goods_id, actor=actor(request.party), address=client_ip(request) or ""
        )
    except Mistake as mistake:
        messages.error(request, mistake.reason)
    else:
        messages.success(request, _("The change is taken back; what is on sale stays as it is."))
    return HttpResponseRedirect(reverse("supplier:goods-edit", args=[goods_id]))
