"""The page of return addresses, which platform and suppliers share."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot.aftersale import actions
from entrepot.aftersale.models import ReturnAddress
from entrepot.aftersale.queries import addresses
from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.aftersale_deeds import by_of
from entrepot.doors.kit.aftersales import name_of
from entrepot.doors.kit.party import PartyRequest


class AddressForm(forms.Form):
    """A return address; with `address_id` it takes the place of that one."""

    address_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=40)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=24)
    region = forms.CharField(label=gettext_lazy("Province, city, district"), max_length=80)
    street = forms.CharField(label=gettext_lazy("Street and number"), max_length=160)
    note = forms.CharField(label=gettext_lazy("Remark"), max_length=120, required=False)
    is_first = forms.BooleanField(label=gettext_lazy("Use this one first"), required=False)


class ShipperAddressForm(AddressForm):
    """A return address of any shipper, for the platform."""

    supplier_id = forms.TypedChoiceField(label=gettext_lazy("Shipper"), coerce=int)
    field_order = ("supplier_id", "contact", "phone")

    def __init__(self, *args: Any, suppliers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier_id"].choices = suppliers  # type: ignore[attr-defined]


def show(
    request: PartyRequest,
    *,
    supplier_id: int | None = None,
    suppliers: list[tuple[int, str]] | None = None,
    form: AddressForm | None = None,
) -> HttpResponse:
    """Show the return addresses of one shipper, or of all; `suppliers` are those the platform may choose from."""
    rows = list(addresses(supplier_id=supplier_id))
    chosen = next((row for row in rows if str(row.pk) == request.GET.get("edit")), None)
    initial: dict[str, Any] = {}
    if chosen is not None:
        initial = {name: getattr(chosen, name) for name in ("contact", "phone", "region", "street", "note", "is_first")}
        initial |= {"address_id": chosen.pk, "supplier_id": chosen.supplier_id}
    if form is None:
        form = AddressForm(initial=initial) if suppliers is None else _of_any(None, suppliers, initial=initial)
    context = {
        "title": _("Return addresses"),
        "rows": rows,
        "form": form,
        "is_of_all": suppliers is not None,
        "is_change": chosen is not None,
        "can_edit": request.party.can("aftersales.edit"),
        "here_url": name_of(request, "return-addresses"),
        "save_url": name_of(request, "return-address-save"),
        "retire_url": name_of(request, "return-address-retire"),
    }
    return render(request, "kit/aftersale/addresses.html", context, status=422 if form.is_bound else 200)


def save(
    request: PartyRequest, *, supplier_id: int | None = None, suppliers: list[tuple[int, str]] | None = None
) -> HttpResponse:
    """Add or replace a return address."""
    form = AddressForm(request.POST) if suppliers is None else _of_any(request.POST, suppliers, initial={})
    if form.is_valid():
        values = dict(form.cleaned_data)
        owner = int(values.pop("supplier_id", 0) or supplier_id or 0)
        try:
            actions.save_address(owner, by=by_of(request), **values)
        except ReturnAddress.DoesNotExist:
            raise Http404 from None
        except Mistake as mistake:
            form.add_error(mistake.field if mistake.field in form.fields else None, mistake.reason)
        else:
            messages.success(request, _("The return address is saved."))
            return HttpResponseRedirect(reverse(name_of(request, "return-addresses")))
    return show(request, supplier_id=supplier_id, suppliers=suppliers, form=form)


def retire(request: PartyRequest, *, supplier_id: int, address_id: int) -> HttpResponse:
    """Take a return address out of use."""
    try:
        actions.retire_address(supplier_id, address_id=address_id, by=by_of(request))
    except ReturnAddress.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("The return address is no longer in use."))
    return HttpResponseRedirect(reverse(name_of(request, "return-addresses")))


def _of_any(data: Any, suppliers: list[tuple[int, str]], *, initial: dict[str, Any]) -> ShipperAddressForm:
    return ShipperAddressForm(data, suppliers=suppliers, initial=initial)
