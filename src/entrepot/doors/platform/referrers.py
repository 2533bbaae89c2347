"""Referrers: the list, admission, the page of one of them, his state."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.base.clock import database_now
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.lists import page_of
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.kit.states import state_of
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.doors.platform.log_words import changes_of, verb_word
from entrepot.doors.platform.suppliers import PARTY_TABS, PartySearch, WhyForm, credentials
from entrepot.events.queries import operations_on
from entrepot.ledger.queries import owed_to_referrer_fen, owed_to_referrers_fen, referrers_owed
from entrepot.parties import actions as parties
from entrepot.parties.models import PartyState, Referrer
from entrepot.parties.queries import referrers as found_referrers
from entrepot.parties.queries import users_of
from entrepot.referral import actions, queries

_COLUMNS = (
    Column(title=_("Number"), value=lambda pair: pair[0].number, width=12),
    Column(title=_("Name"), value=lambda pair: pair[0].name, width=28),
    Column(title=_("State"), value=lambda pair: state_of("party", pair[0].state)[0], width=12),
    Column(title=_("Contact"), value=lambda pair: pair[0].contact, width=28),
    Column(title=_("Owed to him"), value=lambda pair: pair[1], kind="fen", width=14),
    Column(title=_("Admitted"), value=lambda pair: pair[0].created_at, kind="moment", width=20),
)
_MONTHS_SHOWN = 12


class ReferrerSearch(PartySearch):
    """A referrer by number or name, and whether the platform owes him anything."""

    owed = forms.ChoiceField(label=_("Owed to him"), choices=[("", _("All")), ("yes", _("To pay"))])


class NewReferrerForm(forms.Form):
    """A referrer to admit, with his first user and his grade."""

    name = forms.CharField(label=_("Name"), max_length=80)
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False)
    grade = forms.TypedChoiceField(label=_("Grade"), coerce=int)
    username = forms.CharField(
        label=_("Login name"),
        max_length=40,
        help_text=_("3 to 40 letters, digits, dots, hyphens or underscores. The password is made up and shown once."),
    )
    is_active = forms.BooleanField(label=_("Activate at once"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = grade_choices()  # type: ignore[attr-defined]


class ReferrerForm(SeenForm):
    """Name, contact and grade of a referrer."""

    name = forms.CharField(label=_("Name"), max_length=80)
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False)
    grade = forms.TypedChoiceField(
        label=_("Grade"), coerce=int, help_text=_("Holds for orders placed from now on; earlier ones keep theirs.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = grade_choices()  # type: ignore[attr-defined]


def grade_choices() -> list[tuple[int, str]]:
    """Return the grades for a select."""
    return [(grade.pk, grade.name) for grade in queries.grades()]


@page("platform", "referrers.view")
@require_GET
def referrers(request: PartyRequest) -> HttpResponseBase:
    """Show the referrers, or hand them out as a sheet."""
    form = ReferrerSearch(request.GET)
    tab = request.GET.get("tab", "")
    everyone = found_referrers(text=form.value("text") or "")
    if form.value("owed"):
        everyone = everyone.filter(pk__in=referrers_owed())
    listed: QuerySet[Referrer] = everyone.filter(state=tab) if tab in PartyState.values else everyone
    if request.GET.get("export") == "xlsx":
        name = f"{gettext('referrers')}-{timezone.localtime():%Y%m%d-%H%M}"
        everybody = list(listed)
        figures = owed_to_referrers_fen([row.pk for row in everybody])
        return export_xlsx([(row, figures[row.pk]) for row in everybody], name=name, columns=_COLUMNS)
    counted = dict(everyone.order_by().values_list("state").annotate(Count("id")))
    shown = page_of(listed, query=request.GET)
    ids = [row.pk for row in shown]
    owed, grades, brought = owed_to_referrers_fen(ids), queries.grades_of(ids), queries.live_counts(ids)
    context = {
        "title": _("Referrers"),
        "form": form,
        "tabs": [
            ("", _("All"), sum(counted.values())),
            *((state, word, counted.get(state, 0)) for state, word in PARTY_TABS),
        ],
        "page": shown,
        "rows": [(row, grades.get(row.pk), brought.get(row.pk, 0), owed[row.pk]) for row in shown],
        "is_narrowed": bool(form.used or tab),
        "can_edit": request.party.can("referrers.edit"),
    }
    return render(request, "platform/referrers.html", context)


@page("platform", "referrers.edit")
@require_http_methods(["GET", "POST"])
def referrer_new(request: PartyRequest) -> HttpResponse:
    """Admit a referrer; his login name and one-time password are shown this once."""
    form = NewReferrerForm(request.POST or None)

    def act(cleaned: dict[str, Any]) -> tuple[Referrer, parties.NewUser]:
        return actions.admit_referrer(
            cleaned["name"],
            username=cleaned["username"],
            grade_id=cleaned["grade"],
            contact=cleaned["contact"],
            is_active=cleaned["is_active"],
            actor=actor(request.party),
            address=client_ip(request) or "",
        )

    if request.method == "POST" and (made := attempt(form, act)):
        referrer, user = made
        back = reverse("platform:referrer", args=[referrer.pk])
        return credentials(request, title=referrer.name, user=user, back=back, entrance="referrer")
    context = {"title": _("New referrer"), "form": form, "back": reverse("platform:referrers")}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.view")
@require_GET
def referrer(request: PartyRequest, referrer_id: int) -> HttpResponse:
    """Show one referrer: whom he brought, what he is owed, what he was paid."""
    return _shown(request, referrer_id=referrer_id)


@page("platform", "referrers.edit")
@require_POST
def referrer_change(request: PartyRequest, referrer_id: int) -> HttpResponse:
    """Change name, contact or grade of a referrer."""
    referrer_or_404(referrer_id)
    form = ReferrerForm(request.POST)

    def act(cleaned: dict[str, Any]) -> Referrer:
        row = Referrer.objects.select_for_update(no_key=True).get(pk=referrer_id)
        refuse_stale(cleaned["seen"], mark=mark_of(row, "name", "contact"))
        who, where, why = actor(request.party), client_ip(request) or "", cleaned["reason"]
        actions.set_grade(referrer_id, grade_id=cleaned["grade"], actor=who, reason=why, address=where)
        return parties.change_referrer(
            referrer_id, name=cleaned["name"], contact=cleaned["contact"], actor=who, reason=why, address=where
        )

    if not attempt(form, act):
        return _shown(request, referrer_id=referrer_id, change_form=form)
    messages.success(request, gettext("The referrer is saved."))
    return HttpResponseRedirect(reverse("platform:referrer", args=[referrer_id]))


@page("platform", "referrers.edit")
@require_POST
def referrer_state(request: PartyRequest, referrer_id: int) -> HttpResponse:
    """Suspend a referrer, with a reason, or activate him again."""
    row = referrer_or_404(referrer_id)
    form = WhyForm(request.POST, auto_id="id_why_%s")
    is_suspension = request.POST.get("do") == "suspend"

    def act(cleaned: dict[str, Any]) -> Referrer:
        change = parties.suspend_referrer if is_suspension else parties.activate_referrer
        return change(
            referrer_id, reason=cleaned["reason"], actor=actor(request.party), address=client_ip(request) or ""
        )

    if not attempt(form, act):
        return _shown(request, referrer_id=referrer_id, why_form=form)
    said = _("%(name)s is suspended.") if is_suspension else _("%(name)s is active.")
    messages.success(request, str(said) % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:referrer", args=[referrer_id]))


def referrer_or_404(referrer_id: int) -> Referrer:
    """Return a referrer, or answer that there is none."""
    row = Referrer.objects.filter(pk=referrer_id).first()
    if row is None:
        raise Http404
    return row


def _shown(request: PartyRequest, *, referrer_id: int, **forms_given: forms.Form) -> HttpResponse:
    row = referrer_or_404(referrer_id)
    now = database_now()
    months = queries.statements(referrer_id)
    current = next((one for one in months if one.month == queries.month_of(now)), None)
    grade = queries.grades_of([referrer_id]).get(referrer_id)
    context: dict[str, Any] = {
        "title": row.name,
        "referrer": row,
        "now": now,
        "grade": grade,
        "owed_fen": owed_to_referrer_fen(referrer_id),
        "this_month_fen": current.earned_fen + current.reversed_fen if current else 0,
        "attachments": queries.attachments_of(referrer_id),
        "months": months[:_MONTHS_SHOWN],
        "payouts": queries.payouts(referrer_id=referrer_id)[:_MONTHS_SHOWN],
        "users": users_of("referrer", party_id=referrer_id),
        "history": [
            (line, verb_word(line.verb), changes_of(line))
            for line in operations_on("referrer", object_id=referrer_id)[:10]
        ],
        "can_edit": request.party.can("referrers.edit"),
        "can_pay": request.party.can("referrers.pay") and row.state == PartyState.ACTIVE,
        "can_pay_back": request.party.can("referrers.pay"),
        "can_users": request.party.can("users.view"),
        "link": request.build_absolute_uri("/referrer/"),
    }
    if context["can_edit"]:
        initial = {
            "name": row.name,
            "contact": row.contact,
            "grade": grade.pk if grade else None,
            "seen": mark_of(row, "name", "contact"),
        }
        context |= {"change_form": ReferrerForm(initial=initial), "why_form": WhyForm(auto_id="id_why_%s")}
    return render(request, "platform/referrer.html", context | forms_given, status=422 if forms_given else 200)
