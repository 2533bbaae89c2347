"""接入渠道: how each kind of client reaches the shop, with its address, its code and what to fill in where."""

from dataclasses import dataclass

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot_mall.doors.kit.visitors import for_staff, shop_of
from entrepot_mall.shop import actions
from entrepot_mall.shop.models import Staff


@dataclass(frozen=True)
class WayIn:
    """One kind of client."""

    name: str
    address: str
    steps: list[str]

    @property
    def code(self) -> str:
        """The address as a QR code in a data address."""
        return segno.make(self.address, error="m").svg_data_uri(scale=4, border=2)


class AssociationsForm(forms.Form):
    """What apps and WeChat look for at well-known addresses."""

    wechat_file = forms.RegexField(
        label=gettext_lazy("WeChat check file, its name"), regex=r"^[A-Za-z0-9_-]{1,60}\.txt$", required=False
    )
    wechat_text = forms.CharField(label=gettext_lazy("WeChat check file, its content"), max_length=200, required=False)
    apple_app_id = forms.RegexField(
        label=gettext_lazy("iOS: team and bundle, as TEAMID.com.example.app"),
        regex=r"^[A-Z0-9]{10}\.[\w.-]{3,120}$",
        required=False,
    )
    android_package = forms.RegexField(label=gettext_lazy("Android: package"), regex=r"^[\w.]{3,120}$", required=False)
    android_fingerprint = forms.RegexField(
        label=gettext_lazy("Android: SHA-256 fingerprint of the certificate"),
        regex=r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$",
        required=False,
    )


def channels(base: str) -> list[WayIn]:
    """The ways in, with what to fill in where."""
    host = base.partition("://")[2]
    return [
        WayIn(_("H5 (mobile browser)"), f"{base}/?from=h5", [_("Share the address or print the code")]),
        WayIn(
            _("Official account"),
            f"{base}/?from=mp",
            [
                _(
                    "mp.weixin.qq.com: Settings, Function settings: fill in %(host)s as business, JS interface and web authorisation domain"
                )
                % {"host": host},
                _("Upload of the check file: enter its name and content below, the shop then answers with it"),
                _("Menu of the account: button that opens this address"),
            ],
        ),
        WayIn(
            _("Mini program (web-view)"),
            f"{base}/?from=mini",
            [
                _(
                    "mp.weixin.qq.com: Development, Development settings, Business domain: fill in %(host)s; the check file as above"
                )
                % {"host": host},
                _('Page with <web-view src="…"> to this address; a native mini program uses the front API'),
                _("Server domain for the front API: %(host)s") % {"host": host},
            ],
        ),
        WayIn(
            _("App shell"),
            f"{base}/?from=shell",
            [
                _("A web view that opens this address, or added to the home screen: the manifest makes it an app"),
                _("Links that open the app: fill in the identifiers below"),
            ],
        ),
        WayIn(
            _("Native app"),
            f"{base}/api/shop/v1/openapi.json",
            [
                _(
                    "The front API: products, orders, payment, order status, sign-in by token; its description is at this address"
                )
            ],
        ),
    ]


@for_staff
def ways_in(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The page."""
    shop = shop_of(request)
    form = AssociationsForm(request.POST or None, initial=shop.associations)
    if request.method == "POST" and form.is_valid():
        actions.set_particulars(shop, who=staff.name, values={"associations": form.cleaned_data})
        messages.success(request, _("Saved"))
        return HttpResponseRedirect(reverse("office-ways-in"))
    base = shop.public_url or f"{request.scheme}://{request.get_host()}"
    seen = {"channels": channels(base), "form": form, "is_https": base.startswith("https://"), "here": "office-ways-in"}
    return render(request, "office/ways_in.html", seen)
