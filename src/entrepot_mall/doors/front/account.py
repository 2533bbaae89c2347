"""A buyer signs up, signs in, and asks to be known as a business."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.doors.front.forms import BusinessForm, SignInForm, SignUpForm
from entrepot_mall.doors.kit.visitors import enter, for_buyers, shop_of, way_back
from entrepot_mall.members import actions
from entrepot_mall.members.models import Buyer, Standing
from entrepot_mall.orders.queries import of_buyer
from entrepot_mall.shop.actions import is_let_in


def sign_in(request: HttpRequest) -> HttpResponse:
    """Phone and password."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        buyer = Buyer.objects.filter(shop=shop_of(request), phone=form.cleaned_data["phone"]).first()
        if is_let_in(buyer, password=form.cleaned_data["password"], now=timezone.now()) and buyer is not None:
            enter(request, role="buyer", number=buyer.pk)
            return HttpResponseRedirect(way_back(request, otherwise=reverse("me")))
        form.add_error(None, _("Number or password is wrong, or the account is locked for a quarter of an hour"))
    seen = {"form": form, "next": way_back(request, otherwise=""), "tab": "me"}
    return render(request, "front/sign_in.html", seen)


def sign_up(request: HttpRequest) -> HttpResponse:
    """A new buyer."""
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        buyer = actions.sign_up(
            shop_of(request),
            phone=form.cleaned_data["phone"],
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password"],
        )
        if buyer is not None:
            enter(request, role="buyer", number=buyer.pk)
            return HttpResponseRedirect(way_back(request, otherwise=reverse("me")))
        form.add_error("phone", _("This number is registered already, please sign in"))
    seen = {"form": form, "next": way_back(request, otherwise=""), "is_new": True, "tab": "me"}
    return render(request, "front/sign_in.html", seen)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget who was here, the cart included: the next one at this device is somebody else."""
    request.session.flush()
    return HttpResponseRedirect(reverse("home"))


@require_safe
@for_buyers
def me(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """The buyer's own page."""
    return render(request, "front/me.html", {"recent": of_buyer(buyer)[:3], "tab": "me"})


@for_buyers
def business(request: HttpRequest, buyer: Buyer) -> HttpResponse:
    """Ask to buy as a business; what was said is shown until the shop has looked."""
    given = {"company": buyer.company, "licence_no": buyer.licence_no, "business_address": buyer.business_address}
    form = BusinessForm(request.POST or None, initial=given)
    is_open = buyer.standing in (Standing.NONE, Standing.REFUSED)
    if request.method == "POST" and is_open and form.is_valid():
        actions.ask_for_standing(buyer, **form.cleaned_data)
        messages.success(request, _("Thank you. The shop looks at it and you can buy as soon as it has approved"))
        return HttpResponseRedirect(reverse("business"))
    return render(request, "front/business.html", {"form": form, "is_open": is_open, "tab": "me"})
