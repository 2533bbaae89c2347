"""Who is at the door: the shop he is in, the buyer or the member of staff he signed in as."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from entrepot_mall.members.models import Buyer
from entrepot_mall.shop.models import Shop, Staff

View = Callable[..., HttpResponse]


def shop_of(request: HttpRequest) -> Shop:
    """The shop whose host name was asked."""
    shop: Shop = request.shop  # type: ignore[attr-defined]
    return shop


def buyer_of(request: HttpRequest) -> Buyer | None:
    """The buyer who signed in to this shop, if any."""
    if not hasattr(request, "_buyer"):
        number = request.session.get("buyer")
        found = Buyer.objects.filter(pk=number, shop=shop_of(request)).first() if number else None
        request._buyer = found  # type: ignore[attr-defined]
    known: Buyer | None = request._buyer  # type: ignore[attr-defined]
    return known


def staff_of(request: HttpRequest) -> Staff | None:
    """The member of staff who signed in to this shop, if any."""
    number = request.session.get("staff")
    return Staff.objects.filter(pk=number, shop=shop_of(request)).first() if number else None


def enter(request: HttpRequest, *, role: str, number: int) -> None:
    """Remember who signed in, under a new session number: one set by somebody else opens nothing."""
    request.session.cycle_key()
    request.session[role] = number


def for_buyers(view: View) -> View:
    """A page for buyers who signed in; others are sent to sign in and back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        buyer = buyer_of(request)
        if buyer is None:
            back = request.get_full_path() if request.method == "GET" else reverse("home")
            return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': back})}")
        return view(request, buyer, *args, **named)

    return guarded


def for_staff(view: View) -> View:
    """A page of the back office."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        staff = staff_of(request)
        if staff is None:
            return HttpResponseRedirect(f"{reverse('office-sign-in')}?{urlencode({'next': request.get_full_path()})}")
        request.staff = staff  # type: ignore[attr-defined]
        return view(request, staff, *args, **named)

    return guarded


def way_back(request: HttpRequest, *, otherwise: str) -> str:
    """The address of `next` when it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours and wanted.startswith("/") else otherwise


def ip_of(request: HttpRequest) -> str:
    """The address the visitor came from, as far as we are told."""
    return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")
