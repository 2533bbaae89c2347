"""What every template knows."""

from typing import Any

from django.http import HttpRequest

from entrepot_mall.doors.kit.visitors import buyer_of


def shop(request: HttpRequest) -> dict[str, Any]:
    """The shop, the buyer, and how much lies in the cart."""
    if not hasattr(request, "shop"):
        return {}
    is_office = request.path.startswith("/office/")
    return {
        "shop": request.shop,
        "buyer": None if is_office else buyer_of(request),
        "cart_pieces": 0 if is_office else len(request.session.get("cart") or {}),
        "staff": getattr(request, "staff", None),
        "page_url": (request.shop.public_url or f"{request.scheme}://{request.get_host()}") + request.path,
    }
