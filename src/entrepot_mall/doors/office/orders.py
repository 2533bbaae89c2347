"""Orders of the shop: what waits for a person, refunds, after-sales."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.base.money import fen
from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_staff, shop_of
from entrepot_mall.orders import actions, passing, queries
from entrepot_mall.orders.models import AfterSale, Order, Refund
from entrepot_mall.payments.port import CashierError, Notice
from entrepot_mall.payments.queries import cashiers_of
from entrepot_mall.shop.actions import record
from entrepot_mall.shop.models import Staff
from entrepot_sdk import EntrepotError

Deed = Callable[[HttpRequest, Order, Staff], None]


@require_safe
@for_staff
def orders(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The orders, by state, number, phone or name."""
    shop = shop_of(request)
    state, found, source = (request.GET.get(name, "").strip()[:40] for name in ("state", "q", "source"))
    rows = queries.of_shop(shop, state=state if state in queries.TABS else "", words=found, source=source)
    seen = {
        "page": Paginator(rows, 20).get_page(request.GET.get("page")),
        "state": state,
        "words": found,
        "tabs": queries.TABS,
        "counts": queries.counts(shop),
        "here": "office-orders",
    }
    return render(request, "office/orders.html", seen)


@require_safe
@for_staff
def order(request: HttpRequest, staff: Staff, number: str) -> HttpResponse:
    """One order: the buyer's side, the platform's side, the money."""
    found = queries.order_of(shop_of(request), number)
    if found is None:
        raise Http404
    seen = {
        "order": found,
        "left_fen": found.total_fen - found.refunded_fen,
        "kept_fen": found.total_fen - found.refunded_fen - (found.drawn_fen or 0),
        "is_stuck": found.state == "paid" and bool(found.pass_code),
        "here": "office-orders",
    }
    return render(request, "office/order.html", seen)


@require_POST
@for_staff
def do(request: HttpRequest, staff: Staff, number: str) -> HttpResponse:
    """What the shop does with an order."""
    found = queries.order_of(shop_of(request), number)
    deeds: dict[str, Deed] = {"paid": _confirm_payment, "retry": _retry, "accept": _retry, "refund": _refund}
    deed = deeds.get(request.POST.get("deed", ""))
    if found is None or deed is None:
        raise Http404
    try:
        deed(request, found, staff)
    except RefusedError as refused:
        messages.error(request, words.refusal_text(refused.refusal))
    return HttpResponseRedirect(reverse("office-order", args=[number]))


def _confirm_payment(request: HttpRequest, order: Order, staff: Staff) -> None:
    """The transfer is on the shop's account."""
    reference = request.POST.get("reference", "").strip()[:80]
    if not reference or "bank" not in cashiers_of(shop_of(request)):
        messages.error(request, _("Please enter the reference of the transfer"))
        return
    notice = Notice(number=order.number, amount_fen=order.total_fen, reference=reference)
    if actions.take_payment(order, way="bank", notice=notice, now=timezone.now()):
        record(order.shop, who=staff.name, what="payment", about=order.number, after={"reference": reference})
        messages.success(request, _("Payment confirmed"))


def _retry(request: HttpRequest, order: Order, staff: Staff) -> None:
    accepts = request.POST.get("deed") == "accept"
    if actions.pass_on_again(order, accepts_prices=accepts, who=staff.name, now=timezone.now()):
        messages.success(request, _("It is being passed on again"))


def _refund(request: HttpRequest, order: Order, staff: Staff) -> None:
    amount_fen = fen(request.POST.get("amount", ""))
    paid = order.payments.filter(state="paid").first()
    if amount_fen is None or paid is None:
        messages.error(request, _("This amount cannot be given back"))
        return
    reason = request.POST.get("reason", "").strip() or _("Refund")
    refund = actions.ask_refund(order, amount_fen=amount_fen, reason=reason, who=staff.name, way=paid.way)
    cashier = cashiers_of(shop_of(request)).get(paid.way)
    try:
        is_done = cashier is not None and actions.make_refund(refund, cashier=cashier)
    except CashierError:
        is_done = False
    messages.success(
        request, _("The money is given back") if is_done else _("Noted: please transfer the money and confirm below")
    )


@require_POST
@for_staff
def refund_made(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """A refund was transferred by hand."""
    refund = get_object_or_404(Refund.objects.select_related("order"), pk=number, shop=shop_of(request))
    actions.confirm_refund(refund, reference=request.POST.get("reference", "").strip(), who=staff.name)
    return HttpResponseRedirect(reverse("office-order", args=[refund.order.number]))


@require_safe
@for_staff
def aftersales(request: HttpRequest, staff: Staff) -> HttpResponse:
    """What buyers ask for."""
    seen = {"rows": queries.open_aftersales(shop_of(request)), "here": "office-aftersales"}
    return render(request, "office/aftersales.html", seen)


@require_POST
@for_staff
def do_aftersale(request: HttpRequest, staff: Staff, number: int) -> HttpResponse:
    """Pass an after-sale on to the platform, or refuse it with a reason."""
    found = get_object_or_404(AfterSale.objects.select_related("order__shop"), pk=number, shop=shop_of(request))
    if request.POST.get("deed") == "pass" and found.state == "asked":
        try:
            passing.pass_on_aftersale(found, who=staff.name)
            messages.success(request, _("The platform has it"))
        except EntrepotError as fault:
            messages.error(request, _("The platform refused: %(fault)s") % {"fault": str(fault)[:200]})
    elif request.POST.get("deed") == "refuse":
        actions.refuse_aftersale(found, answer=request.POST.get("answer", "").strip(), who=staff.name)
    return HttpResponseRedirect(reverse("office-aftersales"))
