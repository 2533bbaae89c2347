"""The decision table of after-sale: seen whole, a row changed with its reason, and what it would have come to."""

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.aftersale import actions
from entrepot.aftersale.queries import changed_keys, limits, recent_examples, table
from entrepot.aftersale.rules import DEFAULT, REASONS, Cell, Key, Limits, after_approval, look_up, pays_at_once
from entrepot.doors.kit import aftersale_words as words
from entrepot.doors.kit.aftersale_deeds import by_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale

_VALUES = ("is_offered", "returns", "condition", "bill", "stock", "freight")
_ORDER = {key: place for place, key in enumerate(DEFAULT)}


class CellForm(SeenForm):
    """A row of the table."""

    is_offered = forms.BooleanField(label=_("Can be asked for"), required=False)
    returns = forms.ChoiceField(label=_("The draw"), choices=list(words.RETURNS.items()))
    condition = forms.ChoiceField(label=_("When"), choices=list(words.CONDITIONS.items()))
    bill = forms.ChoiceField(label=_("Supplier's bill"), choices=list(words.BILLS.items()))
    stock = forms.ChoiceField(label=_("Stock"), choices=list(words.STOCKS.items()))
    freight = forms.ChoiceField(label=_("Freight is borne by"), choices=list(words.FREIGHTS.items()))
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)


class LimitsForm(forms.Form):
    """The times of after-sale."""

    rights_days = forms.IntegerField(label=_("Rights window, days after completion"), min_value=1, max_value=365)
    claim_hours = forms.IntegerField(label=_("Time to answer a claim, hours"), min_value=1, max_value=1440)
    return_days = forms.IntegerField(label=_("Time to return goods, days"), min_value=1, max_value=90)
    is_silence_consent = forms.BooleanField(
        label=_("The platform's silence grants the claim; else it waits for a ruling"), required=False
    )
    reason = forms.CharField(label=_("Why"), max_length=200)


class ResetForm(forms.Form):
    """Back to what was delivered."""

    reason = forms.CharField(label=_("Why"), max_length=200)


@page("platform", "aftersales.view")
@require_GET
def aftersale_table(request: PartyRequest) -> HttpResponse:
    """Show the whole table with the rows the operator has changed, and the times."""
    return _shown(request)


@page("platform", "aftersales.table")
@require_http_methods(["GET", "POST"])
def aftersale_cell(request: PartyRequest, key: str) -> HttpResponse:
    """Change a row, or say what the change would have meant for requests that were made."""
    cell = _cell(key)
    start = {name: getattr(cell, name) for name in _VALUES} | {"seen": mark_of(cell, *_VALUES)}
    form = CellForm(request.POST or None, initial=start)
    if request.method == "POST" and request.POST.get("do") == "preview" and form.is_valid():
        return _cell_page(request, cell=cell, form=form, proposed=_proposed(cell, form.cleaned_data), status=200)
    if request.method == "POST":

        def act(cleaned: dict[str, Any]) -> bool:
            refuse_stale(cleaned["seen"], mark=mark_of(cell, *_VALUES))
            actions.save_cell(_proposed(cell, cleaned), by=by_of(request), reason=cleaned["reason"])
            return True

        if attempt(form, act):
            messages.success(request, gettext("The row is saved; requests made from now on follow it."))
            return HttpResponseRedirect(reverse("platform:aftersale-table"))
    return _cell_page(request, cell=cell, form=form, proposed=None, status=422 if form.is_bound else 200)


@page("platform", "aftersales.table")
@require_POST
def aftersale_reset(request: PartyRequest, key: str) -> HttpResponse:
    """Bring a row, or with `all` the whole table, back to what was delivered."""
    form = ResetForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if key == "all":
            count = actions.reset_table(by=by_of(request), reason=reason)
        else:
            count = int(actions.reset_cell(_cell(key).key, by=by_of(request), reason=reason))
        messages.success(request, gettext("%(count)d rows are as delivered again.") % {"count": count})
        return HttpResponseRedirect(reverse("platform:aftersale-table"))
    return _shown(request, reset=form)


@page("platform", "aftersales.table")
@require_POST
def aftersale_limits(request: PartyRequest) -> HttpResponse:
    """Change the times of after-sale."""
    form = LimitsForm(request.POST)

    def act(cleaned: dict[str, Any]) -> bool:
        reason = cleaned.pop("reason")
        actions.save_limits(Limits(**cleaned), by=by_of(request), reason=reason)
        return True

    if attempt(form, act):
        messages.success(request, gettext("The times are saved."))
        return HttpResponseRedirect(reverse("platform:aftersale-table"))
    return _shown(request, times=form)


def _shown(request: PartyRequest, *, times: LimitsForm | None = None, reset: ResetForm | None = None) -> HttpResponse:
    now = limits()
    start = {name: getattr(now, name) for name in ("rights_days", "claim_hours", "return_days", "is_silence_consent")}
    changed = changed_keys()
    rows = [
        (cell, ":".join(part or "any" for part in cell.key), cell.key in changed, words.cell_cells(cell))
        for cell in sorted(table().values(), key=lambda cell: (_place(cell.key), cell.reason))
    ]
    can_edit = request.party.can("aftersales.table")
    context = {
        "title": _("After-sale table"),
        "rows": rows,
        "changed": len(changed),
        "limits": now,
        "times": times or (LimitsForm(initial=start) if can_edit else None),
        "reset": reset or ResetForm(auto_id="id_reset_%s"),
        "can_edit": can_edit,
    }
    wrong = times is not None or reset is not None
    return render(request, "platform/aftersale_table.html", context, status=422 if wrong else 200)


def _cell_page(
    request: PartyRequest, *, cell: Cell, form: CellForm, proposed: Cell | None, status: int
) -> HttpResponse:
    context = {
        "title": _("Row of the after-sale table"),
        "cell": cell,
        "name": words.cell_name(cell),
        "key": ":".join(part or "any" for part in cell.key),
        "form": form,
        "is_changed": cell.key in changed_keys(),
        "is_added": cell.key not in DEFAULT,
        "reset": ResetForm(auto_id="id_reset_%s"),
        "proposed": proposed is not None,
        "comparison": [] if proposed is None else _comparison(cell, proposed=proposed),
        "reasons": []
        if cell.reason
        else [
            (":".join((*cell.key[:3], reason)), word)
            for reason, word in words.REASONS.items()
            if (*cell.key[:3], reason) not in table()
        ],
    }
    return render(request, "platform/aftersale_cell.html", context, status=status)


def _comparison(cell: Cell, *, proposed: Cell) -> list[tuple[Any, list[tuple[Any, str, str]]]]:
    """Return, for the latest requests of this row, what was and what would have been, by the rules that decide."""
    found = []
    for row in recent_examples(cell.key):
        before, after = words.cell_of(row), proposed
        found.append(
            (
                row,
                [
                    (_("At once"), _paid(before, row.amount_fen), _paid(after, row.amount_fen)),
                    (_("Then"), _next(before), _next(after)),
                    (_("Borne by the supplier"), f"{before.supplier_bps // 100} %", f"{after.supplier_bps // 100} %"),
                ],
            )
        )
    return found


def _paid(cell: Cell, amount_fen: int) -> str:
    return words.money(amount_fen if cell.is_offered and pays_at_once(cell) else 0)


def _next(cell: Cell) -> str:
    return str(state_of("aftersale", after_approval(cell))[0]) if cell.is_offered else gettext("Refused")


def _proposed(cell: Cell, cleaned: dict[str, Any]) -> Cell:
    return replace(cell, **{name: cleaned[name] for name in _VALUES})


def _cell(key: str) -> Cell:
    """Return the row an address names; one for a single reason begins as the row of every reason."""
    parts = key.split(":")
    if len(parts) != 4 or (parts[0], parts[1], parts[2], "") not in DEFAULT or parts[3] not in ("any", *REASONS):
        raise Http404
    reason = "" if parts[3] == "any" else parts[3]
    found = look_up(table(), stage=parts[0], shipper=parts[1], kind=parts[2], reason=reason)
    return replace(found, reason=reason)


def _place(key: Key) -> int:
    return _ORDER[key[0], key[1], key[2], ""]
