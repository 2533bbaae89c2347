"""Sold-out switches: goods that leave the shelf when nothing is left and come back with stock."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.catalog.models import Goods
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.cells import Cell, Link, Nothing, Row, badge, plain_list
from entrepot.doors.kit.figures import stamp
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.platform.attempts import attempt
from entrepot.stock import shelving
from entrepot.stock.queries import own_switches, sold_out

_TABS: dict[str, Any] = {"": _("Sold out and off the shelf"), "own": _("Goods with switches of their own")}


class SwitchForm(forms.Form):
    """What happens to goods of which nothing is left."""

    choice = forms.ChoiceField(
        label=_("When goods have sold out"),
        choices=[
            ("off", _("They stay on the shelf; an order finds them sold out")),
            ("unlist", _("They leave the shelf and stay off it")),
            ("both", _("They leave the shelf and come back with new stock")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class GoodsSwitchForm(SwitchForm):
    """The same for goods of their own, or as for all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["choice"]
        field.choices = [("", _("As for all goods")), *field.choices]  # type: ignore[attr-defined]
        field.required = False


def _words(unlists: bool, relists: bool) -> str:
    choices = dict(SwitchForm.base_fields["choice"].choices)  # type: ignore[attr-defined]
    return str(choices[_choice(unlists, relists)])


def _choice(unlists: bool, relists: bool) -> str:
    return "both" if unlists and relists else "unlist" if unlists else "off"


@page("platform", "stock.view")
@require_GET
def shelf(request: PartyRequest) -> HttpResponse:
    """Show what the switches have taken off the shelf, and which goods have switches of their own."""
    rule = shelving.switch_of(None)
    tab = request.GET.get("tab", "")
    can_edit = request.party.can("stock.edit")
    heads: tuple[tuple[Any, bool], ...]
    if tab == "own":
        heads = ((_("Goods"), False), (_("When sold out"), False))
        rows = [
            Row(
                cells=[_goods_cell(row.goods), Cell(text=_words(row.unlists, row.relists))],
                links=_links(row.goods.pk, can_edit=can_edit),
            )
            for row in own_switches()[:500]
            if row.goods is not None
        ]
    else:
        heads = ((_("Goods"), False), (_("Sold out since"), False), (_("State"), False))
        rows = [
            Row(
                cells=[_goods_cell(row.goods), Cell(text=stamp(row.at)), badge(_("Sold out"), tone="bad")],
                links=_links(row.goods.pk, can_edit=can_edit),
            )
            for row in sold_out()[:500]
        ]
    return plain_list(
        request,
        title=_("Sold-out switches"),
        lead=gettext("For all goods without a switch of their own: %(rule)s. It takes effect within seconds.")
        % {"rule": _words(rule.unlists, rule.relists)},
        tabs=[(value, word, None) for value, word in _TABS.items()],
        buttons=[Link(label=_("Change for all goods"), url=reverse("platform:shelf-all"))] if can_edit else [],
        heads=heads,
        rows=rows,
        nothing=Nothing(
            title=_("No goods here"), text=_("What sells out while a switch is on appears here."), icon="archive-box"
        ),
    )


def _goods_cell(goods: Goods) -> Cell:
    return Cell(text=goods.name, small=goods.goods_no, url=reverse("platform:goods-page", args=[goods.pk]))


def _links(goods_id: int, *, can_edit: bool) -> list[Link]:
    return [Link(label=_("Change"), url=reverse("platform:shelf-goods", args=[goods_id]))] if can_edit else []


@page("platform", "stock.edit")
@require_http_methods(["GET", "POST"])
def shelf_all(request: PartyRequest) -> HttpResponse:
    """Set the switch for all goods without one of their own."""
    rule = shelving.switch_of(None)
    form = SwitchForm(request.POST or None, initial={"choice": _choice(rule.unlists, rule.relists)})
    return _save(request, form=form, goods_id=None, title=gettext("When goods have sold out"))


@page("platform", "stock.edit")
@require_http_methods(["GET", "POST"])
def shelf_goods(request: PartyRequest, goods_id: int) -> HttpResponse:
    """Set the switch of some goods, or let that for all hold again."""
    goods = Goods.objects.filter(pk=goods_id).first()
    if goods is None:
        raise Http404
    own = own_switches().filter(goods_id=goods_id).first()
    initial = {"choice": _choice(own.unlists, own.relists) if own else ""}
    form = GoodsSwitchForm(request.POST or None, initial=initial)
    return _save(
        request, form=form, goods_id=goods_id, title=gettext("When %(name)s has sold out") % {"name": goods.name}
    )


def _save(request: PartyRequest, *, form: SwitchForm, goods_id: int | None, title: str) -> HttpResponse:
    def act(cleaned: dict[str, Any]) -> bool:
        choice = cleaned["choice"]
        shelving.set_switch(
            goods_id,
            unlists=choice != "off" if choice else None,
            relists=choice == "both",
            actor=actor(request.party),
            reason=cleaned["reason"],
            address=client_ip(request) or "",
        )
        return True

    back = reverse("platform:shelf")
    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("The switch is saved."))
        return HttpResponseRedirect(back)
    context = {"title": title, "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)
