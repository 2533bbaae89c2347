"""What somebody may do with a request of after-sale now, as forms, and doing it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from entrepot.aftersale import actions
from entrepot.aftersale.models import Claim, Request
from entrepot.aftersale.queries import address_choices, claim_of, lines_of
from entrepot.aftersale.rules import By, Result
from entrepot.doors.kit.addresses import client_ip
from entrepot.doors.kit.aftersale_forms import (
    AmountForm,
    ApproveForm,
    DeedForm,
    InspectForm,
    NoteForm,
    OfferForm,
    ReasonForm,
    RuleForm,
    TrackingForm,
)
from entrepot.doors.kit.aftersale_words import cell_of, why_refused
from entrepot.doors.kit.operations import actor
from entrepot.doors.kit.party import Party, PartyRequest


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One thing that can be done now: its name in the address, its words, its form and what it asks for."""

    name: str
    title: Any
    make: Callable[[QueryDict | None], Any]
    act: Callable[[Any, By], Result]
    is_main: bool = False
    confirm: Any = ""


def by_of(request: PartyRequest) -> By:
    """Return the user as after-sale knows who acts."""
    party = request.party
    return By(kind=party.kind, party_id=party.id, actor=actor(party), address=client_ip(request) or "")


def deeds(row: Request, *, party: Party) -> list[Deed]:
    """Return what a user may do with a request in its present state; the main deed first."""
    found: list[Deed] = []
    if party.kind == "supplier":
        return _shippers(row) if party.can("aftersales.edit") else []
    claim = claim_of(row.pk) if row.state == "claim" else None
    can_handle = party.can("aftersales.edit")
    if claim is not None and party.kind == "platform" and party.can("aftersales.rule"):
        found += _ruling(row, claim=claim)
    elif claim is not None and claim.state == "offered" and party.kind == "distributor" and can_handle:
        found += _answering(row, claim=claim)
    if can_handle:
        found += _shippers(row) if party.kind == "platform" else []
        found += _handling(row)
    return found


def perform(request: PartyRequest, row: Request, *, deed: Deed) -> Any:
    """Do a deed with what was handed in; return None when it is done, or the form that says why not."""
    form = deed.make(request.POST)
    if not form.is_valid():
        return form
    if form.cleaned_data["version"] != row.version:
        form.add_error(None, str(_("Somebody has changed this since you opened it. Look again before you save.")))
        return form
    result = deed.act(form, by_of(request))
    if result.is_accepted:
        return None
    form.add_error(None, why_refused(result))
    return form


def _form(kind: Callable[..., Any], row: Request, *, name: str, **more: Any) -> Callable[[QueryDict | None], Any]:
    initial = {"version": row.version} | more.pop("initial", {})
    return lambda data: kind(data, initial=initial, auto_id=f"id_{name}_%s", **more)


def _handling(row: Request) -> list[Deed]:
    """Return what distributor and platform do alike."""
    found: list[Deed] = []
    if row.state == "requested":
        offered = address_choices(row.supplier_id) if cell_of(row).expects_goods else []
        found.append(
            Deed(
                name="approve",
                title=_("Agree"),
                make=_form(ApproveForm, row, name="approve", addresses=offered),
                act=lambda form, by: actions.approve(
                    row.pk, by=by, note=form.cleaned_data["note"], address_id=form.cleaned_data.get("address_id")
                ),
                is_main=True,
            )
        )
        found.append(
            Deed(
                name="refuse",
                title=_("Turn down"),
                make=_form(ReasonForm, row, name="refuse"),
                act=lambda form, by: actions.refuse(row.pk, by=by, reason=form.cleaned_data["reason"]),
            )
        )
    if row.state in ("waiting_return", "returning"):
        parcel = {"carrier": row.return_carrier or "sf", "tracking_no": row.return_tracking_no}
        found.append(
            Deed(
                name="tracking",
                title=_("Goods were sent back"),
                make=_form(TrackingForm, row, name="tracking", initial=parcel),
                act=lambda form, by: actions.return_sent(
                    row.pk, by=by, carrier=form.cleaned_data["carrier"], tracking_no=form.cleaned_data["tracking_no"]
                ),
                is_main=row.state == "waiting_return",
            )
        )
        found.append(
            Deed(
                name="missing",
                title=_("Nothing came back"),
                make=_form(NoteForm, row, name="missing"),
                act=lambda form, by: actions.nothing_came_back(row.pk, by=by, note=form.cleaned_data["note"]),
                confirm=_("End the wait for these goods?"),
            )
        )
    if row.state in ("requested", "waiting_return", "claim", "resending") and not row.refunded_fen:
        found.append(
            Deed(
                name="withdraw",
                title=_("Take back"),
                make=_form(NoteForm, row, name="withdraw"),
                act=lambda form, by: actions.withdraw(row.pk, by=by, reason=form.cleaned_data["note"]),
                confirm=_("Take this request back?"),
            )
        )
    return found


def _shippers(row: Request) -> list[Deed]:
    """Return what the shipper does: say what came back, and send once more."""
    if row.state in ("waiting_return", "returning"):
        return [
            Deed(
                name="inspect",
                title=_("Goods are back"),
                make=_form(InspectForm, row, name="inspect", lines=lines_of(row.pk)),
                act=lambda form, by: actions.inspect(
                    row.pk, by=by, counted=form.counted(), note=form.cleaned_data["note"]
                ),
                is_main=True,
            )
        ]
    if row.state == "resending":
        return [
            Deed(
                name="resend",
                title=_("Send once more"),
                make=_form(TrackingForm, row, name="resend"),
                act=lambda form, by: actions.resend(
                    row.pk, by=by, carrier=form.cleaned_data["carrier"], tracking_no=form.cleaned_data["tracking_no"]
                ),
                is_main=True,
            )
        ]
    return []


def _answering(row: Request, *, claim: Claim) -> list[Deed]:
    return [
        Deed(
            name="accept",
            title=_("Accept the offer"),
            make=_form(DeedForm, row, name="accept"),
            act=lambda form, by: actions.accept(row.pk, by=by, version=claim.version),
            is_main=True,
        ),
        Deed(
            name="counter",
            title=_("Ask for another amount"),
            make=_form(AmountForm, row, name="counter", initial={"amount_fen": claim.demand_fen}),
            act=lambda form, by: actions.counter(
                row.pk,
                by=by,
                amount_fen=form.cleaned_data["amount_fen"],
                note=form.cleaned_data["note"],
                version=claim.version,
            ),
        ),
    ]


def _ruling(row: Request, *, claim: Claim) -> list[Deed]:
    start = {"amount_fen": claim.demand_fen, "supplier_bps": claim.supplier_bps}
    found = []
    if claim.state == "demanded":
        found.append(
            Deed(
                name="accept",
                title=_("Grant the claim"),
                make=_form(DeedForm, row, name="accept"),
                act=lambda form, by: actions.accept(row.pk, by=by, version=claim.version),
                is_main=True,
                confirm=_("Grant the whole claim? The money returns at once."),
            )
        )
    found.append(
        Deed(
            name="offer",
            title=_("Make an offer"),
            make=_form(OfferForm, row, name="offer", initial=start),
            act=lambda form, by: actions.offer(
                row.pk,
                by=by,
                amount_fen=form.cleaned_data["amount_fen"],
                supplier_bps=form.cleaned_data["supplier_bps"],
                note=form.cleaned_data["note"],
                version=claim.version,
            ),
        )
    )
    found.append(
        Deed(
            name="rule",
            title=_("Rule"),
            make=_form(RuleForm, row, name="rule", initial=start),
            act=lambda form, by: actions.rule(
                row.pk,
                by=by,
                amount_fen=form.cleaned_data["amount_fen"],
                supplier_bps=form.cleaned_data["supplier_bps"],
                reason=form.cleaned_data["reason"],
                version=claim.version,
            ),
            confirm=_("Rule so? Money and the supplier's bill move at once, and that is final."),
        )
    )
    return found
