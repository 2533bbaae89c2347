"""Sign-in of staff, and the first page: what waits, and how the connection stands."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from entrepot_mall.doors.kit.visitors import enter, for_staff, shop_of, way_back
from entrepot_mall.members.models import Buyer, Standing
from entrepot_mall.orders import queries
from entrepot_mall.payments.queries import cashiers_of
from entrepot_mall.shop.actions import is_let_in
from entrepot_mall.shop.models import Staff
from entrepot_mall.shop.queries import latest_deeds
from entrepot_mall.shop.rules import missing_particulars
from entrepot_mall.supply.queries import warehouse


class EntranceForm(forms.Form):
    """Name and password of a member of staff."""

    username = forms.CharField(
        label=gettext_lazy("Account"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a member of staff in."""
    form = EntranceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        staff = Staff.objects.filter(shop=shop_of(request), username=form.cleaned_data["username"]).first()
        if is_let_in(staff, password=form.cleaned_data["password"], now=timezone.now()) and staff is not None:
            enter(request, role="staff", number=staff.pk)
            return HttpResponseRedirect(way_back(request, otherwise=reverse("office")))
        form.add_error(None, _("Account or password is wrong, or the account is locked for a quarter of an hour"))
    return render(request, "office/sign_in.html", {"form": form, "next": way_back(request, otherwise="")})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget who was here."""
    request.session.flush()
    return HttpResponseRedirect(reverse("office-sign-in"))


@require_safe
@for_staff
def start(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The first page."""
    shop = shop_of(request)
    seen = {
        "counts": queries.counts(shop),
        "listed": warehouse(shop, state="listed").count(),
        "unlisted": warehouse(shop, state="unlisted").count(),
        "applicants": Buyer.objects.filter(shop=shop, standing=Standing.PENDING).count(),
        "refunds": len(queries.refunds_to_make(shop)),
        "missing": missing_particulars(
            legal_name=shop.legal_name,
            licence_no=shop.licence_no,
            service_phone=shop.service_phone,
            ways_to_pay=len(cashiers_of(shop)),
        ),
        "deeds": latest_deeds(shop, limit=12),
        "here": "office",
    }
    return render(request, "office/start.html", seen)
