"""The quick order table: codes and quantities pasted, one line each."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from entrepot_mall.doors.kit.visitors import for_buyers, shop_of
from entrepot_mall.members.models import Buyer
from entrepot_mall.orders.placing import may_buy
from entrepot_mall.orders.rules import LINES_AT_MOST, read_table
from entrepot_mall.supply import queries as supply


@for_buyers
def quick(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Paste, see what is wrong line by line, put the rest into the cart."""
    shop = shop_of(request)
    if not may_buy(shop, buyer=buyer):
        return HttpResponseRedirect(reverse("business"))
    text = request.POST.get("table", "")[:20_000]
    faults: list[tuple[str, str]] = []
    if request.method == "POST":
        wanted, unread = read_table(text)
        faults += [(line, _("Not a code and a number")) for line in unread]
        skus = supply.skus_by_code(shop, list(wanted)[: LINES_AT_MOST + 1])
        cart = dict(request.session.get("cart") or {})
        for code, qty in wanted.items():
            sku = skus.get(code)
            if sku is None:
                faults.append((code, _("Not on sale")))
            elif qty < (least := supply.least_pieces_of(sku, shop=shop)):
                faults.append((code, _("At least %(least)s pieces") % {"least": least}))
            elif qty > sku.stock:
                faults.append((code, _("Only %(stock)s pieces left") % {"stock": sku.stock}))
            else:
                cart[code] = qty
        request.session["cart"] = cart
        if not faults:
            return HttpResponseRedirect(reverse("cart"))
    return render(request, "front/quick.html", {"text": text, "faults": faults, "tab": "cart"})
