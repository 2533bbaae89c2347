"""Holds: who keeps what aside, how his holds end, the limits of it, and the button that gives it back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from entrepot.base import scope
from entrepot.base.money import yuan
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.cells import Cell, Link, Nothing, Row, number, plain_list
from entrepot.doors.kit.figures import share, stamp, thousands
from entrepot.doors.kit.forms import BpsField, Entries, LongSelect
from entrepot.doors.kit.lists import FilterForm, page_of_rows
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import PartyRequest, page
from entrepot.doors.kit.patterns import like
from entrepot.doors.kit.sheets import Column, export_xlsx
from entrepot.doors.platform.attempts import attempt
from entrepot.doors.platform.conditions import Conditions
from entrepot.doors.platform.distributor_page import distributor_or_404
from entrepot.doors.platform.order_acts import busy
from entrepot.doors.platform.stock_holds_rows import DAYS, Hold, Holder, held_skus, holders, holds
from entrepot.parties.models import Distributor
from entrepot.stock import quotas
from entrepot.trade import desk
from entrepot.trade.terms import Cancel

_TABS: dict[str, Any] = {"": _("By distributor"), "skus": _("By SKU"), "orders": _("Orders on hold")}
_COLUMNS = (
    Column(title=_("Order no."), value=lambda row: str(row.id)),
    Column(title=_("Distributor"), value=lambda row: row.distributor, width=24),
    Column(title=_("Mall's order no."), value=lambda row: row.out_order_no, width=24),
    Column(title=_("Goods"), value=lambda row: row.goods, width=36),
    Column(title=_("Pieces"), value=lambda row: row.pieces, kind="int"),
    Column(title=_("Amount"), value=lambda row: row.total_fen, kind="fen"),
    Column(title=_("Placed"), value=lambda row: row.created_at, kind="moment", width=20),
    Column(title=_("Held until"), value=lambda row: row.held_until, kind="moment", width=20),
)


class HoldSearch(FilterForm):
    """Orders on hold by distributor or by SKU."""

    distributor = forms.TypedChoiceField(label=_("Distributor"), coerce=int, empty_value=None, widget=LongSelect)
    sku = forms.CharField(label=_("SKU code"), max_length=40)

    def full_clean(self) -> None:
        """Give the select its distributors before anything is judged."""
        rows = Distributor.objects.order_by("number").values_list("pk", "name")
        self.fields["distributor"].choices = Entries([("", _("All")), *rows])  # type: ignore[attr-defined]
        super().full_clean()

    def conditions(self) -> Conditions:
        """Return what the orders must meet."""
        found = Conditions()
        if distributor_id := self.value("distributor"):
            found.add("o.distributor_id = %(distributor_id)s", distributor_id=distributor_id)
        if sku := self.value("sku"):
            found.add(
                "exists (select from orders_line l where l.order_id = o.id and l.sku_code ilike %(sku)s)",
                sku=like(sku) + "%",
            )
        return found


@page("platform", "stock.view")
@require_GET
def hold_report(request: PartyRequest) -> HttpResponseBase:
    """Show who holds what and how holds ended, by distributor, by SKU, or order by order."""
    tab = request.GET.get("tab", "")
    common: dict[str, Any] = {
        "title": _("Holds"),
        "lead": gettext(
            "Stock and money kept aside for orders that are not paid yet, and how holds of %(n)d days ended."
        )
        % {"n": DAYS},
        "tabs": [(value, word, None) for value, word in _TABS.items()],
        "buttons": [Link(label=_("Limits for all"), url=reverse("platform:hold-limits"))],
        "nothing": Nothing(title=_("Nothing is on hold"), icon="archive-box", narrowed=_("No order on hold matches")),
    }
    if tab == "orders":
        return _orders(request, common=common)
    heads: tuple[tuple[Any, bool], ...]
    if tab == "skus":
        heads = ((_("SKU"), False), (_("Pieces on hold"), True), (_("Holds ended"), True), (_("Lapsed"), True))
        return plain_list(request, heads=heads, rows=[_sku_row(row) for row in held_skus()], **common)
    heads = (
        *(
            (_("Distributor"), False),
            (_("Holds"), True),
            (_("Pieces"), True),
            (_("Amount"), True),
            (_("Oldest"), False),
        ),
        *((_("Holds ended"), True), (_("Lapsed"), True), (_("A hold lasts"), True)),
    )
    shown = page_of_rows(
        lambda place, backwards, limit: holders(place, backwards=backwards, limit=limit),
        key=lambda row: [row.holds, row.id],
        query=request.GET,
    )
    rows = [_holder_row(row, can_edit=request.party.can("stock.edit")) for row in shown]
    return plain_list(request, heads=heads, rows=rows, page=shown, **common)


def _ratio(lapsed: int, ended: int) -> Cell:
    is_bad = ended >= 20 and lapsed * 2 > ended
    return number(thousands(lapsed), small=share(lapsed, ended) if ended else "", tone="bad" if is_bad else "")


def _holder_row(row: Holder, *, can_edit: bool) -> Row:
    lasts = min(row.hold_ttl_s, row.lapse_s) if row.lapse_s else row.hold_ttl_s
    is_shorter = lasts < row.hold_ttl_s
    minutes = gettext("%(n)d min") % {"n": lasts // 60}
    usual = gettext("instead of %(n)d min: %(lapsed)d of %(ended)d lapsed")
    shown = usual % {"n": row.hold_ttl_s // 60, "lapsed": row.lapsed, "ended": row.ended}
    links = [
        Link(label=pgettext_lazy("holds", "Orders"), url=f"{reverse('platform:holds')}?tab=orders&distributor={row.id}")
    ]
    if can_edit:
        links.append(Link(label=_("Limits"), url=reverse("platform:distributor-holds", args=[row.id])))
    return Row(
        cells=[
            Cell(text=row.name, small=row.number, url=reverse("platform:distributor", args=[row.id])),
            number(thousands(row.holds)),
            number(thousands(row.pieces)),
            number(f"¥{yuan(row.held_fen)}"),
            Cell(text=stamp(row.oldest) if row.oldest else "—"),
            number(thousands(row.ended)),
            _ratio(row.lapsed, row.ended),
            number(minutes, small=shown if is_shorter else (_("limits of his own") if row.has_quota else "")),
        ],
        links=links,
    )


def _sku_row(row: Any) -> Row:
    return Row(
        cells=[
            Cell(text=row.goods_name, small=row.code, url=reverse("platform:sku-stock", args=[row.sku_id])),
            number(thousands(row.pieces or 0)),
            number(thousands(row.ended)),
            _ratio(row.lapsed, row.ended),
        ],
        links=[
            Link(label=pgettext_lazy("holds", "Orders"), url=f"{reverse('platform:holds')}?tab=orders&sku={row.code}")
        ],
    )


def _orders(request: PartyRequest, *, common: dict[str, Any]) -> HttpResponseBase:
    form = HoldSearch(request.GET)
    conditions = form.conditions()
    if request.GET.get("export") == "xlsx":
        return export_xlsx(iter(holds(conditions, limit=50_000)), name=gettext("holds"), columns=_COLUMNS)

    def fetch(values: list[Any] | None, is_backwards: bool, limit: int) -> list[Hold]:
        if values is None:
            return holds(conditions, limit=limit, upwards=not is_backwards)
        clause = "o.id < %(cursor)s" if is_backwards else "o.id > %(cursor)s"
        return holds(conditions.plus(clause, cursor=int(values[0])), limit=limit, upwards=not is_backwards)

    shown = page_of_rows(fetch, key=lambda row: [row.id], query=request.GET)
    heads = (
        *((_("Order"), False), (_("Distributor"), False), (_("Goods"), False), (_("Pieces"), True)),
        *((_("Amount"), True), (_("Placed"), False), (_("Held until"), False)),
    )
    can_release = request.party.can("orders.cancel")
    return plain_list(
        request,
        heads=heads,
        rows=[_hold_row(row, can_release=can_release) for row in shown],
        form=form,
        page=shown,
        has_export=True,
        is_narrowed=bool(form.used),
        **common,
    )


def _hold_row(row: Hold, *, can_release: bool) -> Row:
    age = int((row.now - row.created_at).total_seconds()) // 60
    return Row(
        cells=[
            Cell(text=str(row.id), small=row.out_order_no, url=reverse("platform:order", args=[row.id])),
            Cell(text=row.distributor, small=row.phone_masked or ""),
            Cell(text=row.goods),
            number(thousands(row.pieces)),
            number(f"¥{yuan(row.total_fen)}"),
            Cell(text=stamp(row.created_at), small=gettext("%(n)d min old") % {"n": age}),
            Cell(text=stamp(row.held_until)),
        ],
        links=[Link(label=_("Release"), url=reverse("platform:hold-release", args=[row.id]))] if can_release else [],
    )


class ReleaseForm(forms.Form):
    """Why a hold is taken back."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


@page("platform", "orders.cancel", in_scope=False)
@require_http_methods(["GET", "POST"])
def hold_release(request: PartyRequest, order_id: int) -> HttpResponse:
    """Cancel an order on hold with a reason: its stock and money are free again at once."""
    with scope.platform(read_only=True):
        found = holds(Conditions().plus("o.id = %(id)s", id=order_id), limit=1)
    back = f"{reverse('platform:holds')}?tab=orders"
    if not found:
        raise Http404
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            (answer,) = desk.run([Cancel(order_id, actor(request.party), reason=form.cleaned_data["reason"])])
        except desk.Busy:
            form.add_error(None, busy())
        else:
            if answer.is_accepted:
                messages.success(request, gettext("Order %(number)s is released.") % {"number": order_id})
                return HttpResponseRedirect(back)
            form.add_error(None, reason_of(answer))
    with scope.platform(read_only=True):
        context = {"title": gettext("Release order %(number)s") % {"number": order_id}, "form": form, "back": back}
        return render(request, "platform/form.html", context, status=422 if form.errors else 200)


class QuotaForm(forms.Form):
    """Limits of holds; what is empty sets no limit. `does` off lifts them all."""

    does = forms.BooleanField(label=_("Limit what may be on hold"), required=False, initial=True)
    pieces_of_sku = forms.IntegerField(label=_("Pieces of one SKU"), min_value=1, max_value=10**8, required=False)
    holds = forms.IntegerField(label=_("Orders on hold"), min_value=1, max_value=10**6, required=False)
    funds_bps = BpsField(label=_("Share of balance and credit (%)"), min_bps=1, max_bps=10_000, required=False)
    buyer_pieces_of_sku = forms.IntegerField(
        label=_("Pieces of one SKU for one buyer"), min_value=1, max_value=10**8, required=False
    )
    buyer_holds = forms.IntegerField(
        label=_("Orders on hold for one buyer"),
        min_value=1,
        max_value=10**6,
        required=False,
        help_text=_("A buyer is known by his phone number, which is compared without being readable."),
    )
    is_adaptive = forms.BooleanField(
        label=_("Holds that mostly lapse grow shorter"),
        required=False,
        help_text=_("From 30 % lapsed of at least 20 in 7 days a hold lasts less long, at 90 % the shortest time."),
    )
    floor_minutes = forms.IntegerField(label=_("Shortest time (minutes)"), min_value=1, max_value=60, initial=2)
    ceiling_minutes = forms.IntegerField(label=_("Longest time (minutes)"), min_value=1, max_value=60, initial=60)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def limits(self) -> quotas.Limits | None:
        """Return the limits, None when there shall be none."""
        cleaned = dict(self.cleaned_data)
        cleaned.pop("reason")
        if not cleaned.pop("does"):
            return None
        floor_s, ceiling_s = cleaned.pop("floor_minutes") * 60, cleaned.pop("ceiling_minutes") * 60
        return quotas.Limits(floor_s=floor_s, ceiling_s=ceiling_s, **cleaned)


@page("platform", "stock.edit")
@require_http_methods(["GET", "POST"])
def hold_limits(request: PartyRequest) -> HttpResponse:
    """Set the limits for all distributors who have none of their own."""
    return _limits(
        request, distributor_id=None, title=gettext("Limits of holds for all"), back=reverse("platform:holds")
    )


@page("platform", "stock.edit")
@require_http_methods(["GET", "POST"])
def distributor_holds(request: PartyRequest, distributor_id: int) -> HttpResponse:
    """Set a distributor's own limits, which take the place of those for all."""
    row = distributor_or_404(distributor_id)
    title = gettext("Limits of holds of %(name)s") % {"name": row.name}
    return _limits(request, distributor_id=distributor_id, title=title, back=reverse("platform:holds"))


def _limits(request: PartyRequest, *, distributor_id: int | None, title: str, back: str) -> HttpResponse:
    known = quotas.quota_of(distributor_id)
    initial: dict[str, Any] = {"does": known is not None}
    if known is not None:
        names = ("pieces_of_sku", "holds", "funds_bps", "buyer_pieces_of_sku", "buyer_holds", "is_adaptive")
        initial |= {name: getattr(known, name) for name in names}
        initial |= {"floor_minutes": known.floor_s // 60, "ceiling_minutes": known.ceiling_s // 60}
    form = QuotaForm(request.POST or None, initial=initial)

    def act(cleaned: dict[str, Any]) -> bool:
        quotas.set_quota(
            distributor_id,
            limits=form.limits(),
            actor=actor(request.party),
            reason=cleaned["reason"],
            address=client_ip(request) or "",
        )
        return True

    if request.method == "POST" and attempt(form, act):
        messages.success(request, gettext("The limits are saved; they hold for orders from now on."))
        return HttpResponseRedirect(back)
    context = {"title": title, "form": form, "back": back}
    return render(request, "platform/form.html", context, status=422 if form.is_bound else 200)
