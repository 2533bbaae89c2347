"""Suppliers: the list, admission, the page of one of them, suspension."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalog import actions as catalog_actions
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.figures import at_most
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.doors.platform.choice_words import SUPPLIER_KINDS, SUPPLIER_SOURCES
from entrepot.doors.platform.goods_bounds import bounds_summary
from entrepot.doors.platform.log_words import changes_of, verb_word
from entrepot.events.queries import operations_on
from entrepot.parties import actions
from entrepot.parties.models import PartyState, Supplier, SupplierSource
from entrepot.parties.queries import role_names_of, users_of
from entrepot.parties.queries import suppliers as found_suppliers

PARTY_TABS = (
    (PartyState.ACTIVE, _("Active")),
    (PartyState.SUSPENDED, _("Suspended")),
    (PartyState.PENDING, _("Not activated")),
)
_KIND_CHOICES = [("", _("Not said")), *SUPPLIER_KINDS.items()]
_COLUMNS = (
    Column(title=_("Number"), value=lambda row: row.number, width=12),
    Column(title=_("Company name"), value=lambda row: row.name, width=28),
    Column(title=_("State"), value=lambda row: state_of("party", row.state)[0], width=12),
    Column(title=_("Kind"), value=lambda row: SUPPLIER_KINDS.get(row.kind, ""), width=20),
    Column(title=_("Source"), value=lambda row: SUPPLIER_SOURCES.get(row.source, ""), width=20),
    Column(title=_("Contact"), value=lambda row: row.contact, width=28),
    Column(title=_("Admitted"), value=lambda row: row.created_at, kind="moment", width=20),
)
MOST, WAITING_MOST = 9_999, 999
"""Nobody needs to know how many more goods, or orders to ship, there are."""
_SHOWN = ("name", "contact", "kind", "source")
_FIGURES = """
select p.id,
    (select count(*) from (
        select from catalog_goods where supplier_id = p.id and state = 'on_sale' order by id limit %s
    ) g),
    (select count(*) from (
        (select from orders_supplyorder where supplier_id = p.id and state = 'confirmed' order by order_id limit %s)
        union all
        (select from orders_supplyorder where supplier_id = p.id and state = 'partly_shipped' order by order_id limit %s)
    ) w),
    coalesce((select balance_fen from ledger_account where kind = 'supplier_payable' and supplier_id = p.id), 0)
from parties_supplier p where p.id = any(%s)
"""


class PartySearch(FilterForm):
    """A party by number or name."""

    text = forms.CharField(label=_("Number or name"), max_length=60)


class SupplierSearch(PartySearch):
    """A supplier by number or name, kind or source."""

    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *SUPPLIER_KINDS.items()])
    source = forms.ChoiceField(label=_("Source"), choices=[("", _("All")), *SUPPLIER_SOURCES.items()])


class NewSupplierForm(forms.Form):
    """A supplier to admit, with its first user."""

    name = forms.CharField(label=_("Company name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=_KIND_CHOICES, required=False)
    source = forms.ChoiceField(label=_("Source"), choices=list(SUPPLIER_SOURCES.items()), initial=SupplierSource.OFFICE)
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False)
    username = forms.CharField(
        label=_("Login name"),
        max_length=40,
        help_text=_("3 to 40 letters, digits, dots, hyphens or underscores. The password is made up and shown once."),
    )
    is_active = forms.BooleanField(label=_("Activate at once"), required=False, initial=True)


class SupplierForm(SeenForm):
    """Name, contact, kind and source of a supplier."""

    name = forms.CharField(label=_("Company name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=_KIND_CHOICES, required=False)
    source = forms.ChoiceField(label=_("Source"), choices=list(SUPPLIER_SOURCES.items()))
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class WhyForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


@page("platform", "suppliers.view")
@require_GET
def suppliers(request: PartyRequest) -> HttpResponseBase:
    """Show the suppliers, or hand them out as a sheet."""
    form = SupplierSearch(request.GET)
    tab = request.GET.get("tab", "")
    everyone = found_suppliers(
        text=form.value("text") or "", kind=form.value("kind") or "", source=form.value("source") or ""
    )
    listed: QuerySet[Supplier] = everyone.filter(state=tab) if tab in PartyState.values else everyone
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('suppliers')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    counted = dict(everyone.order_by().values_list("state").annotate(Count("id")))
    shown = page_of(listed, query=request.GET)
    figures = _figures([row.pk for row in shown])
    context = {
        "title": _("Suppliers"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in PARTY_TABS),
        ],
        "page": shown,
        "rows": [
            (row, SUPPLIER_KINDS.get(row.kind, ""), SUPPLIER_SOURCES.get(row.source, ""), *figures[row.pk])
            for row in shown
        ],
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("suppliers.edit"),
        "can_orders": request.party.can("orders.view"),
    }
    return render(request, "platform/suppliers.html", context)


def _figures(ids: list[int]) -> dict[int, tuple[int | str, int | str, int]]:
    """Return for every supplier the goods on sale, the orders it has to ship and what it is owed (fen)."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [MOST + 1, WAITING_MOST + 1, WAITING_MOST + 1, ids])
        return {
            row_id: (at_most(goods, MOST), at_most(waiting, WAITING_MOST), owed)
            for row_id, goods, waiting, owed in cursor.fetchall()
        }


@page("platform", "suppliers.edit")
@require_http_methods(["GET", "POST"])
def supplier_new(request: PartyRequest) -> HttpResponse:
    """Admit a supplier; its login name and one-time password are shown this once."""
    form = NewSupplierForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> tuple[Supplier, actions.NewUser]:
        return actions.create_supplier(
            cleaned["name"],
            username=cleaned["username"],
            contact=cleaned["contact"],
            kind=cleaned["kind"],
            source=cleaned["source"],
            is_active=cleaned["is_active"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and (made := attempt(form, act)):
        supplier, user = made
        return credentials(
            request,
            title=supplier.name,
            user=user,
            back=reverse("platform:supplier", args=[supplier.pk]),
            entrance="supplier",
        )
    context = {"title": _("New supplier"), "form": form, "back": reverse("platform:suppliers")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


def credentials(request: PartyRequest, *, title: str, user: actions.NewUser, back: str, entrance: str) -> HttpResponse:
    """Show a login name and a password that nobody can see again."""
    context = {
        "title": title,
        "username": user.user.username,
        "password": user.password,
        "link": request.build_absolute_uri(f"/{entrance}/"),
        "back": back,
    }
    return render(request, "platform/credentials.html", context)


@page("platform", "suppliers.view")
@require_GET
def supplier(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Show one supplier."""
    return _shown(request, supplier_id=supplier_id)


@page("platform", "suppliers.edit")
@require_POST
def supplier_change(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Change name, contact, kind or source of a supplier."""
    _supplier(supplier_id)
    form = SupplierForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Supplier:
        row = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
        refuse_stale(cleaned["seen"], mark=mark_of(row, *_SHOWN))
        return actions.change_supplier(
            supplier_id,
            name=cleaned["name"],
            contact=cleaned["contact"],
            kind=cleaned["kind"],
            source=cleaned["source"],
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if not attempt(form, act):
        return _shown(request, supplier_id=supplier_id, change_form=form)
    messages.success(request, gettext("The supplier is saved."))
    return HttpResponseRedirect(reverse("platform:supplier", args=[supplier_id]))


@page("platform", "suppliers.edit")
@require_POST
def supplier_state(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Suspend a supplier, with a reason, or activate it again."""
    row = _supplier(supplier_id)
    form = WhyForm(request.POST, auto_id="id_why_%s")
    is_suspension = request.POST.get("do") == "suspend"

    def act(cleaned: dict[str, Any]) -> Supplier:
        change = catalog_actions.suspend_supplier if is_suspension else catalog_actions.activate_supplier
        return change(
            supplier_id, reason=cleaned["reason"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if not attempt(form, act):
        return _shown(request, supplier_id=supplier_id, why_form=form)
    said = _("%(name)s is suspended.") if is_suspension else _("%(name)s is active.")
    messages.success(request, str(said) % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:supplier", args=[supplier_id]))


def _supplier(supplier_id: int) -> Supplier:
    row = Supplier.objects.filter(pk=supplier_id).first()
    if row is None:
        raise Http404
    return row


def _shown(request: PartyRequest, *, supplier_id: int, **forms_given: forms.Form) -> HttpResponse:
    row = _supplier(supplier_id)
    goods, waiting, owed_fen = _figures([supplier_id])[supplier_id]
    context: dict[str, Any] = {
        "title": row.name,
        "supplier": row,
        "kind": SUPPLIER_KINDS.get(row.kind, ""),
        "source": SUPPLIER_SOURCES.get(row.source, ""),
        "goods_count": goods,
        "waiting": waiting,
        "owed_fen": owed_fen,
        "users": role_names_of(users_of("supplier", party_id=supplier_id)),
        "history": [
            (line, verb_word(line.verb), changes_of(line))
            for line in operations_on("supplier", object_id=supplier_id)[:10]
        ],
        "can_edit": request.party.can("suppliers.edit") and not row.is_platform,
        "can_users": request.party.can("users.view"),
        "link": request.build_absolute_uri("/supplier/"),
    }
    if not row.is_platform:
        context |= bounds_summary(supplier_id)
    if context["can_edit"]:
        initial = {name: getattr(row, name) for name in _SHOWN} | {"seen": mark_of(row, *_SHOWN)}
        context |= {"change_form": SupplierForm(initial=initial), "why_form": WhyForm(auto_id="id_why_%s")}
    return render(request, "platform/supplier.html", context | forms_given, status=422 if forms_given else 200)
