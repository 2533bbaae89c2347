"""Price changes: the list, one change with its decision, a tier's announced rate, the setting."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import BpsField, FenField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.price_words import FIELDS, STATES, MomentField, row_of, value_of
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.parties.models import Tier
from entrepot.pricing import actions, queries
from entrepot.pricing.actions import ChangeDraft
from entrepot.pricing.models import ChangeField, ChangeState, PriceChange

_COLUMNS = (
    Column(title=_("SKU or tier"), value=lambda row: row_of(row)["what"], width=24),
    Column(title=_("Goods"), value=lambda row: row_of(row)["of"], width=36),
    Column(title=_("What changes"), value=lambda row: row_of(row)["field"], width=14),
    Column(title=_("Before"), value=lambda row: row_of(row)["old"], width=12),
    Column(title=_("After"), value=lambda row: row_of(row)["new"], width=12),
    Column(title=_("Takes effect"), value=lambda row: row.effective_at, kind="moment", width=20),
    Column(title=_("Grace, minutes"), value=lambda row: row.grace_minutes, kind="int", width=10),
    Column(title=_("State"), value=lambda row: row_of(row)["state"], width=12),
    Column(title=_("Reason"), value=lambda row: row.reason, width=36),
)


class ChangeSearch(FilterForm):
    """Changes by SKU, goods, tier or supplier."""

    text = forms.CharField(
        label=_("Price change"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("SKU, goods, tier or supplier")}),
    )
    field = forms.ChoiceField(label=_("What changes"), choices=[("", _("All")), *FIELDS.items()])

    def rows(self) -> QuerySet[PriceChange]:
        """Return the changes that meet the search."""
        found = queries.changes()
        if text := self.value("text"):
            found = found.filter(
                Q(sku__code__icontains=text)
                | Q(sku__goods__name__icontains=text)
                | Q(tier__name__icontains=text)
                | Q(supplier__name__icontains=text)
            )
        if field := self.value("field"):
            found = found.filter(field=field)
        return found


class SettingForm(forms.Form):
    """Notice and grace."""

    notice_minutes = forms.IntegerField(label=_("Told at least, minutes ahead"), min_value=0, max_value=43_200)
    grace_minutes = forms.IntegerField(label=_("Old price honoured, minutes"), min_value=0, max_value=1_440)


class TierRateForm(forms.Form):
    """A tier's rate from a moment on."""

    tier_id = forms.TypedChoiceField(label=_("Tier"), coerce=int)
    rate_bps = BpsField(label=_("Fee rate, in percent"))
    effective_at = MomentField(
        label=_("Takes effect"), required=False, help_text=_("Empty: as soon as the notice allows")
    )
    grace_minutes = forms.IntegerField(
        label=_("Old price honoured, minutes"), min_value=0, max_value=1_440, required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier_id"].choices = list(Tier.objects.values_list("id", "name"))  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """What becomes of a change: approved with a supply price, turned down, or called off."""

    supply_price_fen = FenField(label=_("New supply price"), required=False, min_fen=1)
    effective_at = MomentField(label=_("Takes effect"), required=False, help_text=_("Empty: as proposed"))
    note = forms.CharField(label=_("Remark"), max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2}))


@page("platform", "goods.view")
@require_GET
def prices(request: PartyRequest) -> HttpResponseBase:
    """Show the price changes, or hand them out as a sheet."""
    form = ChangeSearch(request.GET)
    found = form.rows()
    tab = request.GET.get("tab", "")
    listed = found.filter(state=tab) if tab in ChangeState.values else found
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('price-changes')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(listed.iterator(chunk_size=500), name=name, columns=_COLUMNS)
    counted = dict(found.order_by().values_list("state").annotate(Count("id")))
    shown = page_of(listed, query=request.GET)
    setting = queries.price_setting()
    context = {
        "title": _("Price changes"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, (word, _tone) in STATES.items()),
        ],
        "page": shown,
        "rows": [row_of(row) for row in shown],
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("goods.edit"),
        "can_rate": request.party.can("tiers.edit"),
        "setting": setting,
        "setting_form": SettingForm(
            initial={"notice_minutes": setting.notice_minutes, "grace_minutes": setting.grace_minutes}
        ),
    }
    return render(request, "platform/prices.html", context)


@page("platform", "goods.edit")
@require_POST
def prices_setting(request: PartyRequest) -> HttpResponse:
    """Change notice and grace."""
    form = SettingForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Any:
        return actions.set_price_setting(actor=actor(request.party), address=client_ip(request) or "", **cleaned)

    if attempt(form, act) is None:
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
    else:
        messages.success(request, gettext("The setting is saved."))
    return HttpResponseRedirect(reverse("platform:prices"))


@page("platform", "tiers.edit")
@require_http_methods(["GET", "POST"])
def prices_tier(request: PartyRequest) -> HttpResponse:
    """Announce another fee rate of a tier."""
    form = TierRateForm(request.POST or None, initial={"tier_id": request.GET.get("tier", "")})

    def act(cleaned: dict[str, Any]) -> Any:
        return actions.announce(
            [ChangeDraft(field=ChangeField.FEE_RATE, new_value=cleaned["rate_bps"], tier_id=cleaned["tier_id"])],
            effective_at=cleaned["effective_at"],
            grace_minutes=cleaned["grace_minutes"],
            reason=cleaned["reason"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and attempt(form, act, names={"drafts.0": "rate_bps"}):
        messages.success(request, gettext("The new rate is announced; its distributors are told."))
        return HttpResponseRedirect(reverse("platform:prices") + "?tab=announced")
    context = {"title": _("Announce a tier's rate"), "form": form, "back": reverse("platform:prices")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.view")
@require_GET
def price_change(request: PartyRequest, change_id: int) -> HttpResponse:
    """Show one change."""
    return _shown(request, change=_change(change_id), form=None)


@page("platform", "goods.edit")
@require_POST
def price_decide(request: PartyRequest, change_id: int) -> HttpResponse:
    """Approve or turn down a proposal, or call an announced change off."""
    change = _change(change_id)
    form = DecisionForm(request.POST)
    verb = request.POST.get("do", "")
    who, where = actor(request.party), client_ip(request) or ""

    def act(cleaned: dict[str, Any]) -> PriceChange:
        if verb == "approve":
            return actions.approve_proposal(
                change_id,
                supply_price_fen=cleaned["supply_price_fen"],
                effective_at=cleaned["effective_at"],
                note=cleaned["note"],
                actor=who,
                address=where,
            )
        if verb == "refuse":
            return actions.refuse_proposal(change_id, note=cleaned["note"], actor=who, address=where)
        return actions.cancel_change(change_id, reason=cleaned["note"], actor=who, address=where)

    done = attempt(form, act, names={"drafts.0": "supply_price_fen"})
    if done is None:
        return _shown(request, change=change, form=form)
    messages.success(request, gettext("Done: %(state)s.") % {"state": STATES[done.state][0]})
    return HttpResponseRedirect(reverse("platform:price-change", args=[change_id]))


def _change(change_id: int) -> PriceChange:
    change = queries.changes().filter(pk=change_id).first()
    if change is None:
        raise Http404
    return change


def _shown(request: PartyRequest, *, change: PriceChange, form: DecisionForm | None) -> HttpResponse:
    proposed_fen = None
    if change.state == ChangeState.PROPOSED and change.sku and change.sku.supply_price_fen is not None:
        # What is added to the supplier's price stays the same unless somebody decides otherwise.
        proposed_fen = change.sku.supply_price_fen + (change.new_value or 0) - (change.old_value or 0)
    context = {
        "title": _("Price change"),
        "row": row_of(change),
        "change": change,
        "before": value_of(change, change.old_value),
        "after": value_of(change, change.new_value),
        "form": form or DecisionForm(initial={"supply_price_fen": proposed_fen}),
        "is_proposed": change.state == ChangeState.PROPOSED,
        "is_announced": change.state == ChangeState.ANNOUNCED,
        "can_edit": request.party.can("goods.edit"),
    }
    return render(request, "platform/price_change.html", context, status=422 if form else 200)
