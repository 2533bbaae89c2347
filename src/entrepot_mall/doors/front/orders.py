"""A buyer's orders and what he may do with them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.base.refusals import RefusedError
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_buyers, shop_of
from entrepot_mall.members.models import Buyer
from entrepot_mall.orders import actions, passing, queries
from entrepot_mall.orders.models import Order, OrderState
from entrepot_sdk import EntrepotError

TABS = ("", "unpaid", "passed", "shipped", "done")


@require_safe
@for_buyers
def orders(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """My orders, by state."""
    state = request.GET.get("state", "")
    rows = queries.of_buyer(buyer)
    if state == "passed":
        rows = rows.filter(state__in=[OrderState.PAID, OrderState.PASSED])
    elif state in TABS and state:
        rows = rows.filter(state=state)
    page = Paginator(rows, 10).get_page(request.GET.get("page"))
    return render(request, "front/orders.html", {"page": page, "state": state, "tabs": TABS, "tab": "me"})


@require_safe
@for_buyers
def order(request: HttpRequest, buyer: Buyer, number: str) -> HttpResponse:
    """One order with its parcels."""
    found = queries.order_of(shop_of(request), number, buyer=buyer)
    if found is None:
        raise Http404
    seen = {
        "order": found,
        "kinds": words.AFTERSALE_KINDS,
        "reasons": words.REASONS,
        "may_ask": found.state in ("paid", "passed", "shipped", "done"),
        "tab": "me",
    }
    return render(request, "front/order.html", seen)


@require_POST
@for_buyers
def do(request: HttpRequest, buyer: Buyer, number: str) -> HttpResponse:
    """What a buyer does with an order: cancel it, confirm that it came, ask for an after-sale, buy it again."""
    found = queries.order_of(shop_of(request), number, buyer=buyer)
    deed = {"cancel": _cancel, "receipt": _receipt, "aftersale": _aftersale, "again": _again}.get(
        request.POST.get("deed", "")
    )
    if found is None or deed is None:
        raise Http404
    return HttpResponseRedirect(deed(request, found))


def _cancel(request: HttpRequest, order: Order) -> str:
    if actions.cancel(order):
        messages.success(request, _("The order is cancelled"))
    return reverse("order", args=[order.number])


def _receipt(request: HttpRequest, order: Order) -> str:
    if order.state == OrderState.SHIPPED:
        try:
            passing.confirm_receipt(order, now=timezone.now())
        except EntrepotError:
            messages.error(request, _("This could not be passed on, please try again later"))
    return reverse("order", args=[order.number])


def _aftersale(request: HttpRequest, order: Order) -> str:
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "")
    if kind in words.AFTERSALE_KINDS and reason in words.REASONS:
        try:
            actions.ask_aftersale(order, kind=kind, reason=reason, note=request.POST.get("note", "").strip())
            messages.success(request, _("The shop has your request and will answer here"))
        except RefusedError as refused:
            messages.error(request, words.refusal_text(refused.refusal))
    return reverse("order", args=[order.number])


def _again(request: HttpRequest, order: Order) -> str:
    cart = dict(request.session.get("cart") or {})
    for line in order.lines.all():
        cart[line.code] = line.qty
    request.session["cart"] = cart
    return reverse("cart")
