"""What is owed to suppliers and not billed, when it will be, and the terms by which it is."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.clock import database_now
from entrepot.base.days import day_of
from entrepot.base.mistakes import Mistake
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.bill_papers import cycle_word
from entrepot.doors.kit.lists import FilterForm, page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt
from entrepot.parties.models import Supplier
from entrepot.parties.queries import suppliers as found_suppliers
from entrepot.settlement import actions
from entrepot.settlement.models import Cycle, Terms
from entrepot.settlement.queries import standings, terms_of, usual_terms
from entrepot.settlement.rules import DAYS_AT_MOST, next_end

_FIELDS = ("cycle", "rights_days", "answer_days", "is_silence_consent", "is_sent_at_once")


class DueSearch(FilterForm):
    """A supplier by number or name."""

    text = forms.CharField(label=_("Number or name"), max_length=60)


class TermsForm(forms.Form):
    """When what a supplier has earned is payable and billed."""

    cycle = forms.ChoiceField(label=_("Cycle"), choices=[])
    rights_days = forms.IntegerField(
        label=_("Rights window, in days"),
        min_value=0,
        max_value=DAYS_AT_MOST,
        help_text=_("So long after completion an order's amount becomes payable."),
    )
    is_sent_at_once = forms.BooleanField(
        label=_("Send bills at once"), required=False, help_text=_("Otherwise somebody looks through each draft first.")
    )
    is_silence_consent = forms.BooleanField(
        label=_("Silence is consent"),
        required=False,
        help_text=_("A bill nobody answers in time counts as confirmed."),
    )
    answer_days = forms.IntegerField(label=_("Days for an answer"), min_value=1, max_value=DAYS_AT_MOST)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["cycle"]
        if isinstance(choices, forms.ChoiceField):
            choices.choices = [(cycle, cycle_word(cycle)) for cycle in Cycle.values]


@page("platform", "bills.view")
@require_GET
def due(request: PartyRequest) -> HttpResponse:
    """Show for each supplier what is payable, what is not yet, and the day of his next bill."""
    form = DueSearch(request.GET)
    shown = page_of(found_suppliers(text=form.value("text") or "", with_platform=False), query=request.GET, size=10)
    terms = terms_of([row.pk for row in shown])
    stand = standings({row.pk: terms[row.pk].rights_days for row in shown})
    today = day_of(database_now())
    context = {
        "title": _("Not billed yet"),
        "form": form,
        "page": shown,
        "rows": [
            (
                row,
                terms[row.pk],
                cycle_word(terms[row.pk].cycle),
                next_end(terms[row.pk].cycle, today=today),
                stand[row.pk],
            )
            for row in shown
        ],
        "is_narrowed": bool(form.used),
        "can_edit": request.party.can("bills.edit"),
    }
    return render(request, "platform/bills_due.html", context)


@page("platform", "bills.edit")
@require_POST
def make(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Bill a supplier now for all that is payable."""
    try:
        bill = actions.bill_now(supplier_id, actor=actor(request.party), address=client_ip(request) or "")
    except Supplier.DoesNotExist:
        raise Http404 from None
    except Mistake as mistake:
        messages.error(request, mistake.reason)
        return HttpResponseRedirect(reverse("platform:bills-due"))
    messages.success(request, gettext("Bill %(number)s is made.") % {"number": bill.number})
    return HttpResponseRedirect(reverse("platform:bill", args=[bill.pk]))


@page("platform", "bills.edit")
@require_http_methods(["GET", "POST"])
def usual(request: PartyRequest) -> HttpResponse:
    """Change the terms of all suppliers that have none of their own."""
    return _terms(request, supplier=None, held=usual_terms())


@page("platform", "bills.edit")
@require_http_methods(["GET", "POST"])
def terms(request: PartyRequest, supplier_id: int) -> HttpResponse:
    """Change one supplier's terms, or let the usual ones hold again."""
    supplier = Supplier.objects.filter(pk=supplier_id, is_platform=False).first()
    if supplier is None:
        raise Http404
    if request.method == "POST" and request.POST.get("do") == "usual":
        actions.forget_terms(supplier_id, actor=actor(request.party), address=client_ip(request) or "")
        messages.success(request, gettext("The usual terms hold for %(name)s.") % {"name": supplier.name})
        return HttpResponseRedirect(reverse("platform:bills-due"))
    return _terms(request, supplier=supplier, held=terms_of([supplier_id])[supplier_id])


def _terms(request: PartyRequest, *, supplier: Supplier | None, held: Terms) -> HttpResponse:
    initial = {name: getattr(held, name) for name in _FIELDS}
    form = TermsForm(request.POST or None, initial=initial)
    supplier_id = None if supplier is None else supplier.pk

    def act(cleaned: dict[str, Any]) -> Terms:
        said = actions.NewTerms(**{name: cleaned[name] for name in _FIELDS})
        return actions.change_terms(
            supplier_id, terms=said, actor=actor(request.party), address=client_ip(request) or ""
        )

    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("The terms are saved; bills made before stay as they are."))
        return HttpResponseRedirect(reverse("platform:bills-due"))
    name = gettext("everybody") if supplier is None else supplier.name
    context = {
        "title": gettext("Terms of settlement: %(name)s") % {"name": name},
        "form": form,
        "supplier": supplier,
        "is_own": held.supplier_id is not None,
    }
    return render(request, "platform/bills_terms.html", context, status=422 if form.is_bound else 200)
