"""Claims: demand, offer, counter, ruling, and what silence means; what is settled moves money once."""

from typing import Any

from django.db.models.functions import Now

from entrepot.aftersale.actions.money import pay_claim
from entrepot.aftersale.actions.steps import (
    Refused,
    add_step,
    cell_of,
    changing,
    expect,
    from_now,
    on_request,
    refuse_for,
    tell_claim,
)
from entrepot.aftersale.models import Claim, Request
from entrepot.aftersale.queries import limits, lines_of, result_of
from entrepot.aftersale.rules import By, Result, on_silence, refused, share_out
from entrepot.base.clock import database_now
from entrepot.base.money import BPS
from entrepot.base.refusals import Refusal
from entrepot.trade.terms import Fault


def open_claim(request: Request, *, by: By) -> None:
    """Begin the claim of a request over the pieces no money was settled for; the demand is all of it unless less was
    asked. To be called inside a deed."""
    at_most_fen = sum(line.agreed_price_fen * line.claim_qty for line in lines_of(request.pk))
    demand_fen = at_most_fen if request.demand_fen is None else min(request.demand_fen, at_most_fen)
    claim = Claim.objects.create(
        request=request,
        distributor_id=request.distributor_id,
        state="demanded",
        at_most_fen=at_most_fen,
        demand_fen=demand_fen,
        supplier_bps=cell_of(request).supplier_bps,
        due_at=from_now(hours=limits().claim_hours),
    )
    request.due_at = None
    add_step(request, "demanded", by=by, amount_fen=demand_fen, is_for_shipper=False)
    tell_claim(claim, request=request, by=by)


@on_request
def offer(
    request: Request,
    *,
    by: By,
    amount_fen: int,
    supplier_bps: int | None = None,
    note: str = "",
    version: int | None = None,
) -> Result:
    """The platform offers an amount (fen) for the whole claim; silent until the deadline, the distributor has agreed."""
    claim = _open(request, version=version)
    if by.kind != "platform":
        raise _not_yours(request)
    _check(request, claim=claim, amount_fen=amount_fen, supplier_bps=supplier_bps)
    share = claim.supplier_bps if supplier_bps is None else supplier_bps
    to = {"state": "offered", "offer_fen": amount_fen, "supplier_bps": share}
    return _went_on(request, claim=claim, to=to, what="offered", amount_fen=amount_fen, by=by, note=note)


@on_request
def counter(request: Request, *, by: By, amount_fen: int, note: str = "", version: int | None = None) -> Result:
    """The distributor answers an offer with another demand (fen); said before, it is answered again."""
    said = _claim_of(request)
    has_said_so = (
        said is not None and (said.state, said.demand_fen) == ("demanded", amount_fen) and said.offer_fen is not None
    )
    if by.kind == "distributor" and said is not None and has_said_so and version in (None, said.version - 1):
        return result_of(request, is_replay=True)
    claim = _open(request, version=version)
    if by.kind != "distributor" or claim.state != "offered":
        raise _not_yours(request)
    _check(request, claim=claim, amount_fen=amount_fen, supplier_bps=None)
    to = {"state": "demanded", "demand_fen": amount_fen}
    return _went_on(request, claim=claim, to=to, what="countered", amount_fen=amount_fen, by=by, note=note)


@on_request
def accept(request: Request, *, by: By, version: int | None = None) -> Result:
    """Agree to what the other side has named last: the distributor to the offer, the platform to the demand.

    Agreed on before, it is answered again.
    """
    settled = _claim_of(request)
    if settled is not None and settled.settled_by == "agreed" and version in (None, settled.version - 1):
        return result_of(request, is_replay=True)
    claim = _open(request, version=version)
    turn = {"offered": "distributor", "demanded": "platform"}[claim.state]
    if by.kind != turn:
        raise _not_yours(request)
    amount_fen = claim.offer_fen if claim.state == "offered" else claim.demand_fen
    return _settle(request, claim=claim, amount_fen=amount_fen or 0, settled_by="agreed", by=by, note="")


@on_request
def rule(
    request: Request, *, by: By, amount_fen: int, supplier_bps: int, reason: str, version: int | None = None
) -> Result:
    """The platform rules: an amount (fen), and what share of it the supplier bears; the rest is the platform's own."""
    claim = _open(request, version=version)
    if by.kind != "platform":
        raise _not_yours(request)
    if not reason.strip():
        raise refuse_for(request, "reason_missing", pointer="/reason")
    _check(request, claim=claim, amount_fen=amount_fen, supplier_bps=supplier_bps)
    claim.supplier_bps = supplier_bps
    return _settle(request, claim=claim, amount_fen=amount_fen, settled_by="ruled", by=by, note=reason)


@on_request
def lapse(request: Request, *, by: By) -> Result:
    """Settle a claim whose time is over by the database's clock at what the other side has named last."""
    claim = _open(request, version=None)
    if claim.due_at is None or claim.due_at > database_now():
        raise refuse_for(request, "not_due")
    amount_fen = on_silence(
        claim.state,
        demand_fen=claim.demand_fen,
        offer_fen=claim.offer_fen,
        is_silence_consent=limits().is_silence_consent,
    )
    if amount_fen is None:
        # It waits for the platform's ruling, and the clock has nothing more to say.
        Claim.objects.filter(pk=claim.pk).update(due_at=None)
        add_step(request, "overdue", by=by, is_for_shipper=False)
        return result_of(request)
    return _settle(request, claim=claim, amount_fen=amount_fen, settled_by="silence", by=by, note="")


def _claim_of(request: Request) -> Claim | None:
    return Claim.objects.select_for_update(no_key=True, of=("self",)).filter(pk=request.pk).first()


def _open(request: Request, *, version: int | None) -> Claim:
    expect(request, "claim")
    claim = Claim.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)
    if claim.state not in ("demanded", "offered") or (version is not None and version != claim.version):
        fault = Fault("", Refusal.STATE_CONFLICT, {"state": request.state, "why": "claim_went_on"})
        raise Refused(refused(fault, request_id=request.pk, state=request.state))
    return claim


def _not_yours(request: Request) -> Refused:
    fault = Fault("", Refusal.STATE_CONFLICT, {"state": request.state, "why": "not_your_turn"})
    return Refused(refused(fault, request_id=request.pk, state=request.state))


def _check(request: Request, *, claim: Claim, amount_fen: int, supplier_bps: int | None) -> None:
    if not 0 <= amount_fen <= claim.at_most_fen:
        raise refuse_for(request, "more_than_paid", pointer="/amount", at_most=claim.at_most_fen, amount=amount_fen)
    if supplier_bps is not None and not 0 <= supplier_bps <= BPS:
        raise refuse_for(request, "share", pointer="/supplier_bps")
    if supplier_bps and request.shipper == "own":
        raise refuse_for(request, "own_goods_have_no_bill", pointer="/supplier_bps")


def _went_on(
    request: Request, *, claim: Claim, to: dict[str, Any], what: str, amount_fen: int, by: By, note: str
) -> Result:
    before = {name: getattr(claim, name) for name in to}
    for name, value in to.items():
        setattr(claim, name, value)
    claim.version += 1
    claim.due_at = from_now(hours=limits().claim_hours)
    claim.save()
    figures = ({f"claim_{name}": value for name, value in before.items()}, {f"claim_{n}": v for n, v in to.items()})
    with changing(request, by=by, verb=f"claim.{what}", reason=note.strip(), figures=figures):
        add_step(request, what, by=by, amount_fen=amount_fen, note=note, is_for_shipper=False)
    tell_claim(claim, request=request, by=by)
    return result_of(request)


def _settle(request: Request, *, claim: Claim, amount_fen: int, settled_by: str, by: By, note: str) -> Result:
    """Settle a claim: money, stock and bill in this transaction, split by line to the fen, once."""
    supplier_fen = 0
    with changing(request, by=by, verb=f"claim.{settled_by}", reason=note.strip()):
        request.state, request.due_at = "done", None
        lines = [line for line in lines_of(request.pk) if line.claim_qty]
        shares = share_out(amount_fen, weights=[line.agreed_price_fen * line.claim_qty for line in lines])
        if amount_fen:
            amounts = {line.line_no: (line.claim_qty, share) for line, share in zip(lines, shares, strict=True)}
            answer = pay_claim(request, amounts=amounts, supplier_bps=claim.supplier_bps, by=by)
            supplier_fen = answer.facts.get("supplier", 0)
        add_step(request, settled_by, by=by, amount_fen=amount_fen, note=note, is_for_shipper=False)
        if supplier_fen:
            add_step(request, "borne", by=by, amount_fen=supplier_fen)
        add_step(request, "done", by=by)
    claim.state, claim.due_at = "settled", None
    claim.settled_by, claim.settled_fen, claim.settled_supplier_fen = settled_by, amount_fen, supplier_fen
    claim.version += 1
    claim.save()
    Claim.objects.filter(pk=claim.pk).update(settled_at=Now())
    tell_claim(claim, request=request, by=by)
    return result_of(request)
