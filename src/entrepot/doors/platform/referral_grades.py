"""Grades of referrers: the list, a new one, another rate."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.forms import BpsField, FenField
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale
from entrepot.referral import actions, queries
from entrepot.referral.models import Grade

_FIELDS = ("name", "supplier_rate_bps", "distributor_rate_bps", "reached_from_fen", "position", "note")


class GradeForm(SeenForm):
    """A grade with its two rates."""

    name = forms.CharField(label=_("Grade name"), max_length=40)
    supplier_rate_bps = BpsField(
        label=_("Share for a supplier brought, in percent"),
        help_text=_("Of the platform's own margin and fee on that supplier's goods."),
    )
    distributor_rate_bps = BpsField(
        label=_("Share for a distributor brought, in percent"),
        help_text=_("Of the platform's own margin and fee on that distributor's orders."),
    )
    reached_from_fen = FenField(
        label=_("Reached from"),
        required=False,
        help_text=_("Income brought, in yuan, from which a referrer is moved up; empty: by hand alone."),
    )
    position = forms.IntegerField(label=_("Place in the order"), min_value=0, max_value=10_000, initial=0)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def values(self) -> dict[str, Any]:
        """Return the grade as the room takes it."""
        return {name: self.cleaned_data[name] for name in _FIELDS}


@page("platform", "referrers.view")
@require_GET
def grades(request: PartyRequest) -> HttpResponse:
    """Show the grades with how many referrers are in each."""
    counted = queries.counted_by_grade()
    rows = [(grade, counted.get(grade.pk, 0)) for grade in queries.grades()]
    context = {"title": _("Referral grades"), "rows": rows, "can_edit": request.party.can("referrers.edit")}
    return render(request, "platform/referral_grades.html", context)


@page("platform", "referrers.edit")
@require_http_methods(["GET", "POST"])
def grade_new(request: PartyRequest) -> HttpResponse:
    """Add a grade."""
    form = GradeForm(request.POST or None, initial={"seen": "new"})

    def act(cleaned: dict[str, Any]) -> Grade:
        return actions.create_grade(actor=actor(request.party), address=client_ip(request) or "", **form.values())

    back = reverse("platform:referral-grades")
    if request.method == "POST" and (made := attempt(form, act)):
        messages.success(request, gettext("Grade “%(name)s” is added.") % {"name": made.name})
        return HttpResponseRedirect(back)
    context = {"title": _("New grade"), "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)


@page("platform", "referrers.edit")
@require_http_methods(["GET", "POST"])
def grade_edit(request: PartyRequest, grade_id: int) -> HttpResponse:
    """Change a grade; other rates hold for orders placed from now on."""
    grade = queries.grades().filter(pk=grade_id).first()
    if grade is None:
        raise Http404
    initial = {name: getattr(grade, name) for name in _FIELDS} | {"seen": mark_of(grade, *_FIELDS)}
    form = GradeForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Grade:
        refuse_stale(cleaned["seen"], mark=mark_of(queries.grades().get(pk=grade_id), *_FIELDS))
        return actions.change_grade(
            grade_id, actor=actor(request.party), address=client_ip(request) or "", **form.values()
        )

    back = reverse("platform:referral-grades")
    if request.method == "POST" and attempt(form, act) is not None:
        messages.success(request, gettext("Grade “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return HttpResponseRedirect(back)
    context = {"title": grade.name, "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)
