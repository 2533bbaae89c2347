"""Brands: the list, a new one, another name, removal while nothing carries it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.mistakes import Mistake
from entrepot.catalog import actions
from entrepot.catalog.models import Brand
from entrepot.catalog.queries import goods_of_brands
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.figures import at_most
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale

_ALL = 2**31
MOST = 9_999
"""Nobody needs to know how many more goods a brand has; the sheet tells the whole number."""


class BrandSearch(FilterForm):
    """A brand by its name."""

    text = forms.CharField(label=_("Brand"), max_length=40)


class BrandForm(SeenForm):
    """A brand."""

    name = forms.CharField(label=_("Brand name"), max_length=40)


@page("platform", "goods.view")
@require_GET
def brands(request: PartyRequest) -> HttpResponseBase:
    """Show the brands, or hand them out as a sheet."""
    form = BrandSearch(request.GET)
    rows: QuerySet[Brand] = Brand.objects.order_by("name")
    if text := form.value("text"):
        rows = rows.filter(name__icontains=text)
    if request.GET.get("export") == "xlsx":
        columns = [
            Column(title=_("Brand"), value=lambda row: row.name, width=28),
            Column(title=_("Goods"), value=lambda row: counts[row.pk], kind="int"),
        ]
        counts = goods_of_brands(rows.values_list("pk", flat=True), most=_ALL)
        return export_xlsx(rows, name=gettext("Brands"), columns=columns)
    shown = page_of(rows, query=request.GET, total=rows.count())
    counts = goods_of_brands([row.pk for row in shown], most=MOST + 1)
    context = {
        "title": _("Brands"),
        "form": form,
        "page": shown,
        "rows": [(row, at_most(counts[row.pk], MOST)) for row in shown],
        "is_narrowed": form.used,
        "can_edit": request.party.can("goods.edit"),
    }
    return render(request, "platform/brands.html", context)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def brand_new(request: PartyRequest) -> HttpResponse:
    """Add a brand."""
    form = BrandForm(request.POST or None, initial={"seen": "new"})

    def act(cleaned: dict[str, Any]) -> Brand:
        return actions.create_brand(cleaned["name"], actor=actor(request.party), address=client_ip(request) or "")

    back = reverse("platform:brands")
    if request.method == "POST" and (made := attempt(form, act)):
        messages.success(request, gettext("“%(name)s” is added.") % {"name": made.name})
        return HttpResponseRedirect(back)
    context = {"title": _("New brand"), "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def brand(request: PartyRequest, brand_id: int) -> HttpResponse:
    """Give a brand another name."""
    row = _brand(brand_id)
    form = BrandForm(request.POST or None, initial={"name": row.name, "seen": mark_of(row, "name")})

    def act(cleaned: dict[str, Any]) -> Brand:
        locked = Brand.objects.select_for_update(no_key=True).get(pk=brand_id)
        refuse_stale(cleaned["seen"], mark=mark_of(locked, "name"))
        return actions.rename_brand(
            brand_id, name=cleaned["name"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(reverse("platform:brands"))
    context = {
        "title": row.name,
        "form": form,
        "back": reverse("platform:brands"),
        "remove": reverse("platform:brand-remove", args=[brand_id]),
        "sure": _("Remove this brand?"),
    }
    return render(request, "platform/form_removable.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.edit")
@require_POST
def brand_remove(request: PartyRequest, brand_id: int) -> HttpResponse:
    """Remove a brand that nothing carries."""
    row = _brand(brand_id)
    try:
        actions.remove_brand(brand_id, actor=actor(request.party), address=client_ip(request) or "")
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("platform:brand", args=[brand_id]))
    messages.success(request, gettext("“%(name)s” is removed.") % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:brands"))


def _brand(brand_id: int) -> Brand:
    row = Brand.objects.filter(pk=brand_id).first()
    if row is None:
        raise Http404
    return row
