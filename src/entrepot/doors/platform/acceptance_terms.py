"""Which suppliers are asked to accept lines and how long they have; and which SKUs stand in for which."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.choice_words import UNSUPPLIED
from entrepot.doors.platform.suppliers import PartySearch
from entrepot.fulfilment import actions
from entrepot.fulfilment.models import Substitute
from entrepot.fulfilment.queries import acceptance_terms, house_terms, substitutes
from entrepot.fulfilment.rules import MINUTES_AT_MOST
from entrepot.parties.models import Supplier
from entrepot.parties.queries import suppliers as found_suppliers

_COLUMNS = (
    Column(title=_("SKU"), value=lambda row: row.sku.code, width=18),
    Column(title=_("Goods"), value=lambda row: row.sku.goods.name, width=30),
    Column(title=_("Supplier"), value=lambda row: row.sku.goods.supplier.name, width=18),
    Column(title=_("Place in the order"), value=lambda row: row.place, kind="int", width=8),
    Column(title=_("SKU that goes out instead"), value=lambda row: row.substitute.code, width=18),
    Column(title=_("Goods that go out instead"), value=lambda row: row.substitute.goods.name, width=30),
    Column(title=_("Sent by"), value=lambda row: row.substitute.goods.supplier.name, width=18),
    Column(title=_("Even at a loss"), value=lambda row: gettext("yes") if row.may_lose else gettext("no"), width=10),
)


class TermsForm(forms.Form):
    """What is agreed with one supplier."""

    is_asked = forms.BooleanField(label=_("Is asked to accept every line"), required=False)
    minutes = forms.IntegerField(
        label=_("Minutes to accept"), min_value=1, max_value=MINUTES_AT_MOST, help_text=_("1440 minutes are a day.")
    )
    policy = forms.ChoiceField(
        label=_("When a line cannot be supplied"),
        required=False,
        choices=[("", _("As the platform does")), *UNSUPPLIED.items()],
    )


class HouseForm(forms.Form):
    """What holds where nothing is agreed."""

    policy = forms.ChoiceField(label=_("When a line cannot be supplied"), choices=list(UNSUPPLIED.items()))
    minutes = forms.IntegerField(label=_("Minutes offered"), min_value=1, max_value=MINUTES_AT_MOST)


class SubstituteForm(forms.Form):
    """A SKU and what may go out in its place."""

    sku = forms.CharField(label=_("SKU"), max_length=40)
    substitute = forms.CharField(label=_("SKU that goes out instead"), max_length=40)
    place = forms.IntegerField(label=_("Place in the order"), min_value=1, max_value=99, initial=1)
    may_lose = forms.BooleanField(label=_("Even at a loss"), required=False)


class SubstituteSearch(FilterForm):
    """A substitute by SKU, goods or supplier of either side."""

    text = forms.CharField(
        label=_("SKU"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("Name / SKU / supplier")})
    )

    def rows(self) -> QuerySet[Substitute]:
        """Return the substitutes that meet the search."""
        found = substitutes()
        if text := self.value("text"):
            sides = Q()
            for side in ("sku", "substitute"):
                sides |= Q(**{f"{side}__code__icontains": text}) | Q(**{f"{side}__goods__name__icontains": text})
                sides |= Q(**{f"{side}__goods__supplier__name__icontains": text})
            found = found.filter(sides)
        return found


@page("platform", "suppliers.view")
@require_GET
def acceptance_suppliers(request: PartyRequest) -> HttpResponse:
    """Show who is asked, within which time, and what follows when he cannot supply."""
    return _suppliers(request)


def _suppliers(request: PartyRequest, house_form: HouseForm | None = None) -> HttpResponse:
    form = PartySearch(request.GET)
    shown = page_of(found_suppliers(text=form.value("text") or "").filter(is_platform=False), query=request.GET)
    agreed = {row.pk: row for row in acceptance_terms().filter(pk__in=[row.pk for row in shown])}
    house = house_terms()
    can_edit = request.party.can("suppliers.edit")
    rows = []
    for row in shown:
        own = agreed.get(row.pk)
        policy = UNSUPPLIED[own.policy if own and own.policy else house.policy]
        rows.append((row, own.minutes if own else None, policy, bool(own and own.policy)))
    context = {
        "title": _("Acceptance terms"),
        "form": form,
        "page": shown,
        "rows": rows,
        "is_narrowed": form.used,
        "can_edit": can_edit,
        "house": house,
        "house_form": house_form or HouseForm(initial={"policy": house.policy, "minutes": house.minutes}),
    }
    return render(request, "platform/acceptance_suppliers.html", context, status=422 if house_form else 200)


@page("platform", "suppliers.edit")
@require_POST
def acceptance_house(request: PartyRequest) -> HttpResponse:
    """Change what the platform does where a supplier has no terms of his own."""
    form = HouseForm(request.POST)

    def act(cleaned: dict[str, Any]) -> bool:
        actions.set_house_terms(**cleaned, actor=actor(request.party), address=client_ip(request) or "")
        return True

    if not attempt(form, act):
        return _suppliers(request, form)
    messages.success(request, gettext("Saved."))
    return HttpResponseRedirect(reverse("platform:acceptance-suppliers"))


@page("platform", "suppliers.edit")
@require_http_methods(["GET", "POST"])
def acceptance_supplier(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Agree with one supplier whether it is asked, how long it has, and what follows."""
    supplier = Supplier.objects.filter(pk=supplier_id, is_platform=False).first()
    if supplier is None:
        raise Http404
    own = acceptance_terms().filter(pk=supplier_id).first()
    initial = {
        "is_asked": bool(own and own.minutes),
        "minutes": own.minutes if own and own.minutes else house_terms().minutes,
        "policy": own.policy if own else "",
    }
    form = TermsForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> bool:
        actions.set_terms(
            supplier_id,
            minutes=cleaned["minutes"] if cleaned["is_asked"] else None,
            policy=cleaned["policy"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )
        return True

    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("The terms of %(name)s hold from the next order.") % {"name": supplier.name})
        return HttpResponseRedirect(reverse("platform:acceptance-suppliers"))
    context = {"title": supplier.name, "form": form, "back": reverse("platform:acceptance-suppliers")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.view")
@require_GET
def substitute_list(request: PartyRequest) -> HttpResponseBase:
    """Show which SKUs stand in for which, or hand them out as a sheet."""
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('substitutes')}-{timezone.localtime():%Y%m%d-%H%M}"
        rows = SubstituteSearch(request.GET).rows()
        return export_xlsx(rows.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    return _substitutes(request)


def _substitutes(request: PartyRequest, add_form: SubstituteForm | None = None) -> HttpResponse:
    form = SubstituteSearch(request.GET)
    context = {
        "title": _("Substitutes"),
        "form": form,
        "page": page_of(form.rows(), query=request.GET, order=("sku_id", "place", "id")),
        "is_narrowed": form.used,
        "can_edit": request.party.can("goods.edit"),
        "add_form": add_form or SubstituteForm(initial={"sku": request.GET.get("for", "")[:40]}),
    }
    return render(request, "platform/substitutes.html", context, status=422 if add_form else 200)


@page("platform", "goods.edit")
@require_POST
def substitute_add(request: PartyRequest) -> HttpResponse:
    """Name a SKU that may go out in place of another."""
    form = SubstituteForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Substitute:
        return actions.name_substitute(
            cleaned["sku"],
            substitute=cleaned["substitute"],
            place=cleaned["place"],
            may_lose=cleaned["may_lose"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if not attempt(form, act):
        return _substitutes(request, form)
    messages.success(request, gettext("The substitute is named."))
    return HttpResponseRedirect(reverse("platform:substitutes"))


@page("platform", "goods.edit")
@require_POST
def substitute_drop(request: PartyRequest, substitute_id: int) -> HttpResponse:
    """Let a SKU no longer stand in."""
    try:
        actions.drop_substitute(substitute_id, actor=actor(request.party), address=client_ip(request) or "")
    except Substitute.DoesNotExist:
        raise Http404 from None
    messages.success(request, gettext("The substitute is dropped."))
    return HttpResponseRedirect(reverse("platform:substitutes"))
