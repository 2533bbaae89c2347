"""What the shop says of itself, how it is paid, and its connection to the platform."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from entrepot_mall.doors.kit import words
from entrepot_mall.doors.kit.visitors import for_staff, shop_of
from entrepot_mall.payments.queries import cashiers_of
from entrepot_mall.payments.wechat_pay import HOST, Merchant, merchant_fault
from entrepot_mall.shop import actions
from entrepot_mall.shop.models import Staff
from entrepot_sdk import EntrepotError


class SettingsForm(forms.Form):
    """The particulars of the shop."""

    name = forms.CharField(label=gettext_lazy("Name of the shop"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Sells to"), choices=list(words.KINDS.items()))
    legal_name = forms.CharField(label=gettext_lazy("Name of the legal entity"), max_length=120, required=False)
    licence_no = forms.CharField(label=gettext_lazy("Business licence number"), max_length=40, required=False)
    service_phone = forms.CharField(label=gettext_lazy("Service phone"), max_length=40, required=False)
    notice = forms.CharField(label=gettext_lazy("Notice on the home page"), max_length=200, required=False)
    public_url = forms.URLField(
        label=gettext_lazy("Address of the shop, as buyers and the platform reach it"),
        required=False,
        assume_scheme="https",
    )
    bank_account = forms.CharField(
        label=gettext_lazy("Own bank account for transfers: name, bank, number"), max_length=300, required=False
    )
    takes_test_payments = forms.BooleanField(
        label=gettext_lazy("Open the test cashier (trial, a banner is shown)"), required=False
    )

    def clean_public_url(self) -> str:
        """Without a slash at its end."""
        return str(self.cleaned_data["public_url"]).rstrip("/")


class MerchantForm(forms.Form):
    """The shop's own account at WeChat Pay, as the merchant platform shows it."""

    mchid = forms.RegexField(label=gettext_lazy("Merchant number"), regex=r"^\d{8,12}$")
    appid = forms.RegexField(label="AppID", regex=r"^wx\w{8,40}$")
    serial = forms.RegexField(
        label=gettext_lazy("Serial number of the merchant certificate"), regex=r"^[0-9A-F]{16,64}$"
    )
    private_key = forms.CharField(
        label=gettext_lazy("Merchant's private key (PEM)"), widget=forms.Textarea(attrs={"rows": 3})
    )
    api_key = forms.CharField(
        label=gettext_lazy("APIv3 key, 32 characters"), widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    public_key_id = forms.RegexField(
        label=gettext_lazy("Number of WeChat Pay's public key"), regex=r"^PUB_KEY_ID_\w{8,64}$"
    )
    public_key = forms.CharField(
        label=gettext_lazy("WeChat Pay's public key (PEM)"), widget=forms.Textarea(attrs={"rows": 3})
    )
    app_secret = forms.RegexField(
        label=gettext_lazy("AppSecret, for paying inside WeChat; leave empty where it is not wanted"),
        regex=r"^[0-9a-zA-Z]{16,64}$",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    host = forms.URLField(label=gettext_lazy("Address of the interface"), initial=HOST, assume_scheme="https")

    def clean(self) -> dict[str, str]:
        """All of it, when the keys can be used."""
        given: dict[str, str] = super().clean() or {}
        if not self.errors and (fault := merchant_fault(Merchant(**given))):
            self.add_error(fault, _("This key cannot be used"))
        return given


class ConnectionForm(forms.Form):
    """Where the platform is and who we are there."""

    platform_url = forms.URLField(label=gettext_lazy("Address of the platform"), max_length=200, assume_scheme="https")
    key = forms.RegexField(label=gettext_lazy("Key"), regex=r"^ek_(live|test)_\w{8,40}$", max_length=60)
    secret = forms.RegexField(
        label=gettext_lazy("Secret; leave empty to keep the one there is"),
        regex=r"^whsec_[A-Za-z0-9+/]{20,100}={0,2}$",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


@for_staff
def settings(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The settings."""
    shop = shop_of(request)
    names = [*actions.PARTICULARS, "takes_test_payments"]
    form = SettingsForm(request.POST or None, initial={name: getattr(shop, name) for name in names})
    if request.method == "POST" and form.is_valid():
        actions.set_particulars(shop, who=staff.name, values=form.cleaned_data)
        messages.success(request, _("Saved"))
        return HttpResponseRedirect(reverse("office-settings"))
    return _settings_page(request, form, MerchantForm())


def _settings_page(request: HttpRequest, form: forms.Form, merchant: forms.Form) -> HttpResponse:
    has_wechat = "wechat" in cashiers_of(shop_of(request))
    seen = {"form": form, "merchant": merchant, "has_wechat": has_wechat, "here": "office-settings"}
    return render(request, "office/settings.html", seen, status=422 if form.errors or merchant.errors else 200)


@require_POST
@for_staff
def wechat_pay(request: HttpRequest, staff: Staff) -> HttpResponse:
    """Set up the shop's own account at WeChat Pay, or take it away."""
    shop = shop_of(request)
    form = MerchantForm(request.POST)
    if request.POST.get("deed") == "remove":
        actions.keep_wechat_pay(shop, merchant={}, who=staff.name)
    elif form.is_valid():
        actions.keep_wechat_pay(shop, merchant=form.cleaned_data, who=staff.name)
    else:
        names = [*actions.PARTICULARS, "takes_test_payments"]
        return _settings_page(request, SettingsForm(initial={name: getattr(shop, name) for name in names}), form)
    messages.success(request, _("Saved"))
    return HttpResponseRedirect(reverse("office-settings"))


@for_staff
def connection(request: HttpRequest, staff: Staff) -> HttpResponse:
    """The connection: state, money, callback."""
    shop = shop_of(request)
    form = ConnectionForm(initial={"platform_url": shop.platform_url, "key": shop.key})
    if request.method == "POST":
        deed = request.POST.get("deed")
        if deed == "connect":
            form = ConnectionForm(request.POST)
            if form.is_valid():
                actions.connect(shop, who=staff.name, **form.cleaned_data)
        if deed == "callback":
            try:
                actions.connect_callback(shop)
                messages.success(request, _("The platform now checks the callback address"))
            except EntrepotError as fault:
                messages.error(request, _("The platform refused: %(fault)s") % {"fault": str(fault)[:200]})
        elif not form.errors:
            is_fine = actions.check_connection(shop)
            told = (
                _("The connection works")
                if is_fine
                else _("The connection does not work: %(fault)s") % {"fault": shop.connection_fault}
            )
            (messages.success if is_fine else messages.error)(request, told)
        if not form.errors:
            return HttpResponseRedirect(reverse("office-connection"))
    seen = {"form": form, "callback_path": actions.CALLBACK_PATH, "here": "office-connection"}
    return render(request, "office/connection.html", seen)
