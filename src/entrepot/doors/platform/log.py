"""The operation log: searchable, with what each deed changed."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from entrepot.doors.kit.forms import DayRangeField
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.log_names import Names
from entrepot.doors.platform.log_values import OBJECTS, reason_word
from entrepot.doors.platform.log_words import VERBS, changes_of, verb_word
from entrepot.events.models import Operation
from entrepot.events.queries import operations

_KINDS: tuple[tuple[str, Any], ...] = (
    ("platform", _("Platform")),
    ("supplier", _("Suppliers")),
    ("distributor", _("Distributors")),
    ("api", _("Malls, by the API")),
    ("referrer", _("Referrers")),
    ("system", _("System")),
)
_KIND_WORDS = dict(_KINDS)
_COLUMNS = (
    Column(title=_("Time"), value=lambda row: row.at, kind="moment", width=20),
    Column(title=_("Who"), value=lambda row: row.actor_name or row.actor, width=20),
    Column(title=_("Back office"), value=lambda row: _KIND_WORDS.get(row.kind, row.kind), width=14),
    Column(title=_("What"), value=lambda row: verb_word(row.verb), width=24),
    Column(title=_("Object"), value=lambda row: row.object_label or row.object_id, width=36),
    Column(title=_("Reason"), value=lambda row: reason_word(row.reason, of=row.object_kind), width=36),
    Column(
        title=_("Changes"),
        value=lambda row: "; ".join(f"{one.field}: {one.before} → {one.after}" for one in changes_of(row)),
        width=60,
    ),
    Column(title=_("Network address"), value=lambda row: row.address, width=18),
)


class LogSearch(FilterForm):
    """A line of the log by deed, object, person or day."""

    text = forms.CharField(
        label=_("Person or object"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("Name, number or part of it")}),
    )
    verb = forms.ChoiceField(label=_("What"), choices=[("", _("All")), *VERBS.items()])
    day = DayRangeField(label=_("Day"))

    def rows(self, kind: str) -> QuerySet[Operation]:
        """Return the lines that meet the search."""
        found = operations(kind=kind, verb=self.value("verb") or "", text=self.value("text") or "")
        first, last = self.value("day") or (None, None)
        if first:
            found = found.filter(at__gte=first)
        return found.filter(at__lt=last) if last else found


@page("platform", "log.view")
@require_GET
def log(request: PartyRequest) -> HttpResponseBase:
    """Show the lines that meet the search, or hand them out as a sheet."""
    form = LogSearch(request.GET)
    tab = request.GET.get("tab", "")
    found = form.rows(tab if tab in _KIND_WORDS else "")
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('operation-log')}-{timezone.localtime():%Y%m%d-%H%M}"
        return export_xlsx(found.iterator(chunk_size=1000), name=name, columns=_COLUMNS)
    shown, names = page_of(found, query=request.GET), Names()
    context = {
        "title": _("Operation log"),
        "form": form,
        "tabs": [("", _("All"), None), *((kind, word, None) for kind, word in _KINDS)],
        "page": shown,
        "rows": [
            (
                row,
                verb_word(row.verb),
                _KIND_WORDS.get(row.kind, row.kind),
                OBJECTS.get(row.object_kind, row.object_kind),
                reason_word(row.reason, of=row.object_kind),
                changes_of(row, names=names),
            )
            for row in shown
        ],
        "is_narrowed": bool(form.used or tab),
    }
    return render(request, "platform/log.html", context)


@page("platform", "log.view")
@require_GET
def log_line(request: PartyRequest, line_id: int) -> HttpResponse:
    """Show one line of the log with what it changed."""
    row = Operation.objects.filter(pk=line_id).first()
    if row is None:
        raise Http404
    context = {
        "title": verb_word(row.verb),
        "row": row,
        "kind": _KIND_WORDS.get(row.kind, row.kind),
        "object_word": OBJECTS.get(row.object_kind, row.object_kind),
        "reason": reason_word(row.reason, of=row.object_kind),
        "changes": changes_of(row),
    }
    return render(request, "platform/log_line.html", context)
