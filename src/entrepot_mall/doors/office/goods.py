"""The warehouse: list many goods at once, and give single ones words and prices of the shop's own."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.base.money import fen
from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_staff, shop_of, way_back
from entrepot_mall.shop.models import Staff
from entrepot_mall.supply import actions, queries, rules
from entrepot_mall.supply.models import Goods

PAGE = 20
STATES = ("", "unlisted", "listed", "fault", "gone")


@require_safe
@for_staff
def goods(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The warehouse."""
    shop = shop_of(request)
    found, category, state = (request.GET.get(name, "").strip()[:60] for name in ("q", "category", "state"))
    rows = queries.warehouse(shop, words=found, category=category, state=state if state in STATES else "")
    seen = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "words": found,
        "category": category,
        "state": state,
        "states": STATES,
        "categories": queries.top_categories(shop),
        "here": "office-goods",
    }
    return render(request, "office/goods.html", seen)


@require_POST
@for_staff
def put_on_sale(request: HttpRequest, staff: Staff) -> HttpResponse:
    """一键上架: list what is ticked, or all that the filter finds, by one price rule; or take it off."""
    shop = shop_of(request)
    if request.POST.get("all") == "1":
        filters = {name: request.POST.get(name, "")[:60] for name in ("words", "category", "state")}
        chosen = list(queries.warehouse(shop, **filters).values_list("pk", flat=True))
    else:
        chosen = [int(text) for text in request.POST.getlist("goods") if text.isascii() and text.isdigit()]
    back = HttpResponseRedirect(way_back(request, otherwise=reverse("office-goods")))
    if not chosen:
        messages.error(request, _("Nothing is chosen"))
        return back
    if request.POST.get("deed") == "unlist":
        count = actions.take_off_sale(shop, goods_ids=chosen, who=staff.name)
        messages.success(request, _("%(count)s goods taken off sale") % {"count": count})
        return back
    percent = fen(request.POST.get("percent", "0") or "0")
    fixed_fen = fen(request.POST.get("fixed", ""))
    pricing = request.POST.get("pricing", "")
    if pricing not in ("percent", "suggested", "fixed") or (pricing == "percent" and percent is None):
        messages.error(request, _("Please choose a price rule"))
        return back
    faults = actions.put_on_sale(
        shop, goods_ids=chosen, pricing=pricing, pricing_bps=percent or 0, fixed_fen=fixed_fen, who=staff.name
    )
    messages.success(request, _("%(count)s goods put on sale") % {"count": len(chosen) - len(faults)})
    names = dict(Goods.objects.filter(pk__in=list(faults)[:10]).values_list("pk", "name"))
    for number, fault in list(faults.items())[:10]:
        messages.error(request, f"{names.get(number, number)}: {words.word('fault', fault)}")
    return back


@for_staff
def one(request: HttpRequest, staff: Staff, goods_id: int) -> HttpResponse:
    """One piece of goods: the shop's own name, words, minimum and prices."""
    shop = shop_of(request)
    found = queries.goods_of(shop, goods_id)
    if found is None:
        raise Http404
    faults: list[str] = []
    if request.method == "POST":
        faults = _rewrite(request, found, who=staff.name)
        if not faults:
            messages.success(request, _("Saved"))
            return HttpResponseRedirect(reverse("office-goods-one", args=[goods_id]))
    rows = [
        {"sku": sku, "steps": " ".join(f"{pieces}:{price // 100}.{price % 100:02d}" for pieces, price in sku.steps)}
        for sku in found.skus.all()
    ]
    seen = {
        "goods": found,
        "rows": rows,
        "faults": [words.word("fault", fault) for fault in faults],
        "here": "office-goods",
    }
    return render(request, "office/goods_one.html", seen, status=422 if faults else 200)


def _rewrite(request: HttpRequest, found: Goods, *, who: str) -> list[str]:
    prices: dict[str, int] = {}
    steps: dict[str, list[rules.Step]] = {}
    least = request.POST.get("own_min_quantity", "0") or "0"
    if not (least.isascii() and least.isdigit() and len(least) < 6):
        return ["below_minimum"]
    for sku in found.skus.all():
        if text := request.POST.get(f"price-{sku.pk}", "").strip():
            price_fen = fen(text)
            if price_fen is None:
                return ["not_a_price"]
            if price_fen != sku.sale_fen:
                prices[sku.code] = price_fen
        read = rules.read_steps(request.POST.get(f"steps-{sku.pk}", ""))
        if read is None:
            return ["not_a_price"]
        steps[sku.code] = read
    return actions.rewrite(
        found,
        own_name=request.POST.get("own_name", "").strip()[:200],
        own_text=request.POST.get("own_text", "").strip()[:5000],
        own_min_quantity=int(least),
        prices=prices,
        steps=steps,
        who=who,
    )
