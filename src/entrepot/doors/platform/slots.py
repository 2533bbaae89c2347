"""Promotion slots (资源位): the list, a new one, its time and place, and the goods in it in their order."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from entrepot.catalog import actions
from entrepot.catalog.models import Slot
from entrepot.catalog.rules import SLOT_GOODS_AT_MOST
from entrepot.catalog.slots import slot_places, slot_rows, state_now
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.price_words import MomentField
from entrepot.doors.platform.attempts import SeenForm, attempt, mark_of, refuse_stale

_FIELDS = ("name", "position", "begins_at", "ends_at", "is_shown")
_MOVES = ("up", "down", "top", "out")
_BETWEEN = re.compile(r"[\s,;，；、]+")


class SlotForm(SeenForm):
    """A promotion slot."""

    name = forms.CharField(label=_("Slot name"), max_length=40)
    position = forms.IntegerField(label=_("Place in the order"), min_value=0, max_value=10_000, initial=0)
    begins_at = MomentField(label=_("Begins"), required=False, help_text=_("Empty: at once."))
    ends_at = MomentField(label=pgettext_lazy("slot", "Ends"), required=False, help_text=_("Empty: it stays."))
    is_shown = forms.BooleanField(label=_("Shown to distributors"), required=False, initial=True)


class NumbersForm(forms.Form):
    """Goods to put into a slot."""

    numbers = forms.CharField(
        label=_("Goods numbers"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Several at once: one a line, or with commas between. They stand behind those in the slot."),
    )


@page("platform", "goods.view")
@require_GET
def slots(request: PartyRequest) -> HttpResponse:
    """Show the promotion slots."""
    context = {"title": _("Promotion slots"), "rows": slot_rows(), "can_edit": request.party.can("goods.edit")}
    return render(request, "platform/slots.html", context)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def slot_new(request: PartyRequest) -> HttpResponse:
    """Add a promotion slot."""
    return _edited(request, row=None)


@page("platform", "goods.edit")
@require_http_methods(["GET", "POST"])
def slot_edit(request: PartyRequest, slot_id: int) -> HttpResponse:
    """Change name, place and time of a slot."""
    return _edited(request, row=_slot(slot_id))


def _edited(request: PartyRequest, *, row: Slot | None) -> HttpResponse:
    initial: dict[str, Any] = {"seen": "new"}
    if row is not None:
        initial = {name: getattr(row, name) for name in _FIELDS} | {"seen": mark_of(row, *_FIELDS)}
    form = SlotForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> Slot:
        if row is not None:
            locked = Slot.objects.select_for_update(no_key=True).get(pk=row.pk)
            refuse_stale(cleaned["seen"], mark=mark_of(locked, *_FIELDS))
        values = {name: cleaned[name] for name in _FIELDS}
        who, where = actor(request.party), client_ip(request) or ""
        return actions.save_slot(row.pk if row else None, actor=who, address=where, **values)

    if request.method == "POST" and (saved := attempt(form, act)):
        messages.success(request, gettext("“%(name)s” is saved.") % {"name": saved.name})
        return HttpResponseRedirect(reverse("platform:slot", args=[saved.pk]))
    context: dict[str, Any] = {"title": _("New slot"), "form": form, "back": reverse("platform:slots")}
    if row is not None:
        context |= {
            "title": row.name,
            "back": reverse("platform:slot", args=[row.pk]),
            "remove": reverse("platform:slot-remove", args=[row.pk]),
            "sure": _("Remove this slot? Its goods stay what they are."),
        }
    return render(request, "platform/form_removable.html", context, status=422 if form.is_bound else 200)


@page("platform", "goods.edit")
@require_POST
def slot_remove(request: PartyRequest, slot_id: int) -> HttpResponse:
    """Remove a slot; its goods stay what they are."""
    row = _slot(slot_id)
    actions.remove_slot(slot_id, actor=actor(request.party), address=client_ip(request) or "")
    messages.success(request, gettext("“%(name)s” is removed.") % {"name": row.name})
    return HttpResponseRedirect(reverse("platform:slots"))


@page("platform", "goods.view")
@require_GET
def slot(request: PartyRequest, slot_id: int) -> HttpResponse:
    """Show the goods in a slot, in their order."""
    return _shown(request, row=_slot(slot_id), form=NumbersForm())


@page("platform", "goods.edit")
@require_POST
def slot_add(request: PartyRequest, slot_id: int) -> HttpResponse:
    """Put goods into a slot by their numbers, all of them or none."""
    row = _slot(slot_id)
    form = NumbersForm(request.POST)

    def act(cleaned: dict[str, Any]) -> list[str]:
        numbers = _BETWEEN.split(cleaned["numbers"])
        return actions.put_in_slot(
            slot_id, numbers=numbers, actor=actor(request.party), address=client_ip(request) or ""
        )

    added = attempt(form, act)
    if added is None:
        return _shown(request, row=row, form=form)
    if added:
        messages.success(request, gettext("%(n)d goods are put in.") % {"n": len(added)})
    else:
        messages.info(request, gettext("All of them stand in this slot already."))
    return HttpResponseRedirect(reverse("platform:slot", args=[slot_id]))


@page("platform", "goods.edit")
@require_POST
def slot_move(request: PartyRequest, slot_id: int, goods_id: int) -> HttpResponse:
    """Move goods up, down or to the top of a slot, or take them out."""
    _slot(slot_id)
    to = request.POST.get("do", "")
    if to not in _MOVES:
        raise Http404
    actions.move_in_slot(
        slot_id, goods_id=goods_id, to=to, actor=actor(request.party), address=client_ip(request) or ""
    )
    here = "" if to == "out" else f"#g{goods_id}"
    return HttpResponseRedirect(f"{reverse('platform:slot', args=[slot_id])}{here}")


def _shown(request: PartyRequest, *, row: Slot, form: NumbersForm) -> HttpResponse:
    places = slot_places(row.pk)
    context = {
        "title": row.name,
        "slot": row,
        "state": state_now(row.pk),
        "places": places,
        "on_sale": sum(one.goods.state == "on_sale" and one.goods.is_supplier_active for one in places),
        "most": SLOT_GOODS_AT_MOST,
        "form": form,
        "can_edit": request.party.can("goods.edit"),
    }
    return render(request, "platform/slot.html", context, status=422 if form.is_bound else 200)


def _slot(slot_id: int) -> Slot:
    row = Slot.objects.filter(pk=slot_id).first()
    if row is None:
        raise Http404
    return row
