"""Many prices by one sheet: read, shown old beside new with warnings, then announced together."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalog.models import Sku
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.price_words import FIELDS, WARNINGS, MomentField
from entrepot.doors.kit.sheets import (
    Column,
    ImportColumn,
    RefusedRow,
    Sheet,
    UnreadableSheet,
    export_xlsx,
    read_sheet,
    refused_xlsx,
)
from entrepot.doors.platform.attempts import attempt
from entrepot.parties.models import Tier
from entrepot.pricing import actions
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.models import OPEN_STATES, ChangeField, PriceChange
from entrepot.pricing.rules import agreed_price, warnings

_SALT = "platform.prices-import"
_SALT_REFUSED = "platform.prices-refused"
_SALT_S = 3_600
_SHEET_LIMIT = 2_000
_FIELDS = (ChangeField.SUPPLY_PRICE, ChangeField.SUPPLIER_PRICE, ChangeField.SUGGESTED_PRICE)


def _price(text: str) -> int:
    try:
        fen: int = FenField(min_fen=1).clean(text)
    except forms.ValidationError as wrong:
        raise ValueError(" ".join(wrong.messages)) from None
    return fen


IMPORT = (
    ImportColumn(name="sku", headings=(_("SKU code"), "SKU 编码", "SKU编码", "SKU", "SKU code")),
    ImportColumn(
        name="supply_price",
        headings=(_("New supply price"), "新供货价", "New supply price"),
        is_required=False,
        read=_price,
    ),
    ImportColumn(
        name="supplier_price",
        headings=(_("New supplier price"), "新供货商供货价", "New supplier price"),
        is_required=False,
        read=_price,
    ),
    ImportColumn(
        name="suggested_price",
        headings=(_("New suggested price"), "新建议零售价", "New suggested price"),
        is_required=False,
        read=_price,
    ),
)


@dataclass(slots=True)
class Planned:
    """One SKU of the plan: for each price old and new, and what is strange about it."""

    sku: Sku
    prices: list[tuple[Any, int | None, int]] = field(default_factory=list)
    warned: list[Any] = field(default_factory=list)

    @property
    def shown(self) -> list[tuple[Any, int | None, int]]:
        """Return word, old and new of every price that changes."""
        return [(FIELDS[name], old, new) for name, old, new in self.prices]


class PlanForm(forms.Form):
    """From when the prices of the sheet hold."""

    plan = forms.CharField(widget=forms.HiddenInput)
    effective_at = MomentField(
        label=_("Takes effect"), required=False, help_text=_("Empty: as soon as the notice allows")
    )
    grace_minutes = forms.IntegerField(
        label=_("Old price honoured, minutes"), min_value=0, max_value=1_440, required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def prices_import(request: PartyRequest) -> HttpResponse:
    """Read a sheet of new prices and show what it would change; nothing is changed yet."""
    context: dict[str, Any] = {"title": _("Change prices by Excel"), "limit": _SHEET_LIMIT}
    if request.method == "GET":
        return render(request, "platform/prices_import.html", context)
    upload = request.FILES.get("file")
    if upload is None or upload.file is None:
        context["fault"] = _("Choose a file first.")
        return render(request, "platform/prices_import.html", context, status=422)
    try:
        sheet = read_sheet(upload.file, columns=IMPORT, limit=_SHEET_LIMIT)
    except UnreadableSheet as wrong:
        context["fault"] = str(wrong)
        return render(request, "platform/prices_import.html", context, status=422)
    planned = _plan(sheet)
    sheet.refused.sort(key=lambda row: row.number)
    form = PlanForm(initial={"plan": _sealed(planned)})
    context |= {
        "sheet": sheet,
        "planned": planned,
        "form": form if planned else None,
        "refused": _sealed_refused(sheet),
    }
    return render(request, "platform/prices_import.html", context)


@page("platform", "goods.edit")
@require_POST
def prices_import_run(request: PartyRequest) -> HttpResponse:
    """Announce the prices of a sheet that was looked at, all of them or none."""
    form = PlanForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Any:
        rows = signing.loads(cleaned["plan"], salt=_SALT, max_age=_SALT_S)
        drafts = [ChangeDraft(field=name, new_value=new, sku_id=sku_id) for sku_id, name, new in rows]
        return actions.announce(
            drafts,
            effective_at=cleaned["effective_at"],
            grace_minutes=cleaned["grace_minutes"],
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    try:
        made = attempt(form, act)
    except signing.BadSignature:
        messages.error(request, gettext("The plan is too old; import the file again."))
        return HttpResponseRedirect(reverse("platform:prices-import"))
    if not made:
        context = {"title": _("Change prices by Excel"), "limit": _SHEET_LIMIT, "form": form}
        return render(request, "platform/prices_import.html", context, status=422)
    said = ngettext("%(n)d price change is announced.", "%(n)d price changes are announced.", len(made))
    messages.success(request, said % {"n": len(made)})
    return HttpResponseRedirect(reverse("platform:prices") + "?tab=announced")


@page("platform", "goods.edit")
@require_POST
def prices_import_refused(request: PartyRequest) -> HttpResponse:
    """Hand the refused rows back as a sheet with the reasons."""
    try:
        headings, rows = signing.loads(request.POST.get("refused", ""), salt=_SALT_REFUSED, max_age=_SALT_S)
    except signing.BadSignature:
        messages.error(request, gettext("The result is too old; import the file again."))
        return HttpResponseRedirect(reverse("platform:prices-import"))
    found = [RefusedRow(number=number, cells=cells, reason=reason) for number, cells, reason in rows]
    return refused_xlsx(headings, refused=found, name=f"{gettext('refused')}-{timezone.localtime():%Y%m%d-%H%M}")


@page("platform", "goods.edit")
@require_GET
def prices_template(request: PartyRequest) -> HttpResponseBase:
    """Hand out the sheet to fill in: every SKU on sale with its prices of now."""
    skus = Sku.objects.select_related("goods").filter(is_active=True, goods__state="on_sale").order_by("goods_id", "id")
    columns = (
        Column(title=gettext("SKU code"), value=lambda sku: sku.code, width=20),
        Column(title=gettext("Goods"), value=lambda sku: f"{sku.goods.name} {sku.spec}".strip(), width=40),
        Column(title=gettext("Supplier price"), value=lambda sku: sku.supplier_price_fen, kind="fen"),
        Column(title=gettext("Supply price"), value=lambda sku: sku.supply_price_fen, kind="fen"),
        Column(title=gettext("Suggested price"), value=lambda sku: sku.suggested_price_fen, kind="fen"),
        Column(title=gettext("New supply price"), value=lambda sku: None),
        Column(title=gettext("New supplier price"), value=lambda sku: None),
        Column(title=gettext("New suggested price"), value=lambda sku: None),
    )
    return export_xlsx(skus.iterator(chunk_size=500), name=gettext("new-prices"), columns=columns)


def _plan(sheet: Sheet) -> list[Planned]:
    """Return what the rows that can be used would change; the others are refused with their reason."""
    codes = {row.values["sku"] for row in sheet.rows}
    skus = {sku.code: sku for sku in Sku.objects.select_related("goods").filter(code__in=codes, is_active=True)}
    busy = set(PriceChange.objects.filter(sku__code__in=codes, state__in=OPEN_STATES).values_list("sku__code", "field"))
    rates = list(Tier.objects.values_list("fee_rate_bps", flat=True)) or [0]
    found: dict[str, Planned] = {}
    for row in list(sheet.rows):
        sku = skus.get(row.values["sku"])
        if sku is None:
            sheet.refuse(row, reason=gettext("There is no such SKU."))
            continue
        wanted = [(name, getattr(sku, f"{name}_fen"), row.values[name]) for name in _FIELDS]
        changed = [(name, old, new) for name, old, new in wanted if new is not None and new != old]
        if not changed:
            sheet.refuse(row, reason=gettext("Nothing changes."))
        elif sku.code in found:
            sheet.refuse(row, reason=gettext("The SKU stands in the sheet twice."))
        elif any((sku.code, name) in busy for name, _old, _new in changed):
            sheet.refuse(row, reason=gettext("Another change of this price is still open."))
        elif sku.supply_price_fen is None:
            sheet.refuse(row, reason=gettext("The SKU has no supply price yet; it gets one at the review."))
        else:
            found[sku.code] = Planned(sku, changed, _warned(sku, {n: v for n, _o, v in changed}, rates=rates))
    return list(found.values())


def _warned(sku: Sku, new: dict[Any, int], *, rates: list[int]) -> list[Any]:
    supply_fen = new.get(ChangeField.SUPPLY_PRICE, sku.supply_price_fen or 0)
    codes = warnings(
        supplier_price_fen=new.get(ChangeField.SUPPLIER_PRICE, sku.supplier_price_fen),
        supply_price_fen=supply_fen,
        highest_agreed_fen=max(agreed_price(supply_fen, fee_rate_bps=rate) for rate in rates),
        suggested_price_fen=new.get(ChangeField.SUGGESTED_PRICE, sku.suggested_price_fen or 0) or None,
        price_ceiling_fen=sku.price_ceiling_fen,
        before_fen=sku.supply_price_fen,
    )
    return [WARNINGS[code] for code in codes]


def _sealed(planned: list[Planned]) -> str:
    """Return the plan as a signed text that the page carries, so that nothing has to be kept for it."""
    rows = [[one.sku.pk, name, new] for one in planned for name, _old, new in one.prices]
    return signing.dumps(rows, salt=_SALT, compress=True)


def _sealed_refused(sheet: Sheet) -> str:
    rows = [[row.number, row.cells, row.reason] for row in sheet.refused]
    return signing.dumps([sheet.headings, rows], salt=_SALT_REFUSED, compress=True) if rows else ""
