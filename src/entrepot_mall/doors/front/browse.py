"""The shelf, one piece of goods, the cart."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.doors.kit.visitors import buyer_of, shop_of, way_back
from entrepot_mall.orders.placing import may_buy
from entrepot_mall.orders.rules import PIECES_AT_MOST
from entrepot_mall.shop.models import Shop
from entrepot_mall.supply import queries as supply
from entrepot_mall.supply.models import Sku

PAGE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Goods on sale, by words and category."""
    shop = shop_of(request)
    words, category = request.GET.get("q", "").strip()[:60], request.GET.get("category", "")[:30]
    page = Paginator(supply.listed(shop, words=words, category=category), PAGE).get_page(request.GET.get("page"))
    seen = {
        "page": page,
        "words": words,
        "category": category,
        "categories": supply.top_categories(shop),
        "shows_prices": may_buy(shop, buyer=buyer_of(request)),
        "tab": "home",
    }
    return render(request, "front/home.html", seen)


def article(shop: Shop, sku: Sku) -> dict[str, Any]:
    """What a page shows of an article."""
    steps = supply.steps_of(sku, shop=shop)
    return {"sku": sku, "least": supply.least_pieces_of(sku, shop=shop), "steps": steps}


@require_safe
def goods(request: HttpRequest, goods_id: int) -> HttpResponse:
    """One piece of goods with its articles."""
    shop = shop_of(request)
    found = supply.goods_of(shop, goods_id)
    if found is None or not found.is_listed or not found.is_supplied:
        raise Http404
    articles = [article(shop, sku) for sku in found.skus.all() if sku.sale_fen is not None]
    shows_prices = may_buy(shop, buyer=buyer_of(request))
    seen = {"goods": found, "articles": articles, "shows_prices": shows_prices, "tab": "home"}
    return render(request, "front/goods.html", seen)


def cart_lines(request: HttpRequest) -> list[dict[str, Any]]:
    """What lies in the cart, with the prices of now; what went off sale is still shown, and marked."""
    shop, cart = shop_of(request), request.session.get("cart") or {}
    skus = supply.skus_by_code(shop, list(cart))
    lines = []
    for code, qty in cart.items():
        sku = skus.get(code)
        price_fen = supply.piece_price_of(sku, qty=qty, shop=shop) if sku else None
        least = supply.least_pieces_of(sku, shop=shop) if sku else 1
        amount_fen = price_fen * qty if price_fen is not None else 0
        fault = (
            _("Not on sale any more") if sku is None else
            _("At least %(least)s pieces") % {"least": least} if qty < least or price_fen is None else
            _("Only %(stock)s pieces left") % {"stock": sku.stock} if sku.stock < qty else ""
        )  # fmt: skip
        lines.append(
            {
                "code": code,
                "qty": qty,
                "sku": sku,
                "price_fen": price_fen,
                "amount_fen": amount_fen,
                "least": least,
                "fault": fault,
            }
        )
    return lines


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """The cart."""
    lines = cart_lines(request)
    seen = {
        "lines": lines,
        "total_fen": sum(line["amount_fen"] for line in lines if not line["fault"]),
        "is_ready": bool(lines) and not any(line["fault"] for line in lines),
        "tab": "cart",
    }
    return render(request, "front/cart.html", seen)


@require_POST
def put(request: HttpRequest) -> HttpResponse:
    """Put an article into the cart, set how many, or take it out with 0."""
    shop, code = shop_of(request), request.POST.get("code", "")[:80]
    given = request.POST.get("qty", "")
    qty = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else -1
    held = dict(request.session.get("cart") or {})
    sku = supply.skus_by_code(shop, [code]).get(code)
    if qty == 0:
        held.pop(code, None)
    elif sku is None or not 0 < qty <= PIECES_AT_MOST:
        messages.error(request, _("This cannot be put into the cart"))
    else:
        held[code] = max(qty, supply.least_pieces_of(sku, shop=shop))
    request.session["cart"] = held
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"lines": len(held)})
    then = "cart" if request.POST.get("then") == "cart" else ""
    return HttpResponseRedirect(reverse("checkout") if request.POST.get("then") == "buy" else
                                reverse("cart") if then else way_back(request, otherwise=reverse("cart")))  # fmt: skip
