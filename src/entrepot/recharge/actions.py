"""Every write of the room, one function per business verb; money moves through the desk alone."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from entrepot.base import scope
from entrepot.base.actors import staff_of
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.catalog.pictures import normalised
from entrepot.events.operations import record
from entrepot.ledger.queries import wallet
from entrepot.parties.models import Distributor
from entrepot.parties.queries import upload_pictures
from entrepot.recharge.models import TopUp, TopUpState
from entrepot.recharge.queries import namesakes, top_ups
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Credit, SetCreditLimit

AMOUNT_AT_MOST_FEN = 100_000_000_00
_VOUCHER_SIDE = 1600
_LOCK = 0x70B0B
# A form that was sent twice: nobody sends the same money twice within a minute without a number that tells them apart.
_TWICE = timedelta(minutes=1)


def request_top_up(
    distributor_id: int,
    *,
    amount_fen: int,
    actor: str,
    payer: str = "",
    bank_reference: str = "",
    voucher: bytes | None = None,
    remark: str = "",
    follows_id: int | None = None,
    address: str = "",
) -> TopUp:
    """Note a distributor's word that he has paid (货款充值申请); nothing is credited before the platform approves.

    With `follows_id` it is a request that was turned down, handed in once more; a voucher that is not given is taken
    over from it. The same form sent again within a minute is answered by the request it made. Refuses an amount that is
    not above 0 or above 100 million yuan, a voucher that is no picture, a bank reference that another request names, and
    to follow a request that was not turned down or is followed already. Raises TopUp.DoesNotExist for somebody else's.
    """
    _check_amount(amount_fen)
    picture = normalised(voucher, field="voucher", side_at_most=_VOUCHER_SIDE) if voucher else None
    person = staff_of(actor)
    wanted: dict[str, Any] = {
        "distributor_id": distributor_id,
        "amount_fen": amount_fen,
        "payer": payer.strip()[:80],
        "bank_reference": bank_reference.strip()[:80],
        "remark": remark.strip()[:200],
        "requested_by_id": None if person is None else person.user_id,
    }
    with scope.distributor(distributor_id):
        known = _sent_just_now(wanted, follows_id=follows_id, picture=picture)
        if known is not None:
            return known
        former = None if follows_id is None else _turned_down(follows_id)
        if former is not None and picture is None and former.voucher:
            picture = bytes(former.voucher)
        top_up = TopUp.objects.create(
            follows=former, voucher=picture, voucher_type="image/webp" if picture else "", **wanted
        )
        after: dict[str, object] = {"amount_fen": amount_fen}
        if former is not None:
            after["follows"] = former.pk
        _log(top_up, "topup.requested", actor=actor, after=after, address=address)
    return top_up


def _sent_just_now(wanted: dict[str, Any], *, follows_id: int | None, picture: bytes | None) -> TopUp | None:
    """Return the request the same form made a moment ago; refuse a bank reference that another request names."""
    distributor_id = wanted["distributor_id"]
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s::int)", [_LOCK, distributor_id % 2**31])
    same = TopUp.objects.filter(
        state=TopUpState.PENDING, created_at__gt=Now() - _TWICE, follows_id=follows_id, **wanted
    )
    for row in same.order_by("-id")[:5]:
        is_taken_over = picture is None and follows_id is not None
        if is_taken_over or bytes(row.voucher or b"") == (picture or b""):
            return row
    if other := namesakes(wanted["bank_reference"]).filter(distributor_id=distributor_id).first():
        raise Mistake(
            "bank_reference", _("Request %(number)d already names this bank reference.") % {"number": other.pk}
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A request under a mall's number: `is_replay` when it was there, `differing` the fields that say otherwise."""

    top_up: TopUp
    is_replay: bool
    differing: tuple[str, ...] = ()


def request_numbered(
    distributor_id: int,
    *,
    out_recharge_no: str,
    amount_fen: int,
    actor: str,
    payer: str = "",
    bank_reference: str = "",
    upload_id: int | None = None,
    remark: str = "",
) -> Numbered:
    """Note a distributor's word that he has paid under his own number, once for ever; a remark is no part of it.

    Refuses as `request_top_up` does, and (`voucher`) an upload that is not his.
    """
    wanted = {
        "amount_fen": amount_fen,
        "payer": payer.strip()[:80],
        "bank_reference": bank_reference.strip()[:80],
        "voucher_upload_id": upload_id,
    }
    with scope.distributor(distributor_id):
        known = _of_number(out_recharge_no, distributor_id=distributor_id)
        if known is None:
            _check_amount(amount_fen)
            picture = _sent_ahead(upload_id, distributor_id=distributor_id)
            try:
                with transaction.atomic():
                    top_up = TopUp.objects.create(
                        distributor_id=distributor_id,
                        out_recharge_no=out_recharge_no,
                        voucher=picture,
                        voucher_type="image/webp" if picture else "",
                        remark=remark.strip()[:200],
                        **wanted,
                    )
            except IntegrityError as error:
                if not isinstance(error.__cause__, UniqueViolation):
                    raise
                known = _of_number(out_recharge_no, distributor_id=distributor_id)
            else:
                _log(top_up, "topup.requested", actor=actor, after={"amount_fen": amount_fen})
                return Numbered(top_up=top_up, is_replay=False)
    if known is None:
        raise AssertionError("a number was taken and is not there")
    differing = tuple(name for name, value in wanted.items() if getattr(known, name) != value)
    return Numbered(top_up=known, is_replay=True, differing=differing)


def withdraw_top_up(distributor_id: int, *, top_up_id: int, actor: str, address: str = "") -> TopUp:
    """Take back a request that waits. Refuses one already judged. Raises TopUp.DoesNotExist for somebody else's."""
    with scope.distributor(distributor_id):
        top_up = _waiting(top_up_id)
        top_up.state = TopUpState.WITHDRAWN
        top_up.save(update_fields=["state"])
        before: dict[str, object] = {"state": TopUpState.PENDING}
        _log(top_up, "topup.withdrawn", actor=actor, before=before, after={"state": top_up.state}, address=address)
    return top_up


def approve_top_up(top_up_id: int, *, actor: str, note: str = "", address: str = "") -> TopUp:
    """Credit a request and mark it approved, in one transaction; orders that wait for funds go on.

    Refuses a request that does not wait any more. Raises TopUp.DoesNotExist.
    """
    with scope.platform():
        top_up = _waiting(top_up_id)
        credit = Credit(
            distributor_id=top_up.distributor_id,
            amount_fen=top_up.amount_fen,
            cause=f"topup:{top_up.pk}",
            actor=actor,
            kind="top_up",
            remark=top_up.bank_reference,
        )
        _accepted(desk.run_within([credit])[0])
        _judge(top_up, state=TopUpState.APPROVED, note=note, actor=actor)
        _log(
            top_up,
            "topup.approved",
            actor=actor,
            before={"state": TopUpState.PENDING},
            after={"state": top_up.state, "amount_fen": top_up.amount_fen},
            reason=note,
            address=address,
        )
    return top_up


def reject_top_up(top_up_id: int, *, reason: str, actor: str, address: str = "") -> TopUp:
    """Turn a request down; the distributor reads the reason. Refuses an empty one, and a request already judged."""
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform():
        top_up = _waiting(top_up_id)
        _judge(top_up, state=TopUpState.REJECTED, note=reason, actor=actor)
        _log(
            top_up,
            "topup.rejected",
            actor=actor,
            before={"state": TopUpState.PENDING},
            after={"state": top_up.state},
            reason=reason,
            address=address,
        )
    return top_up


def credit_directly(
    distributor_id: int, *, amount_fen: int, reason: str, actor: str, once: str = "", address: str = ""
) -> Answer:
    """Credit a balance by hand (直接充值), the money having come in; orders that wait for funds go on.

    `once` is a token of the form it was typed into: the same token has one effect. Refuses an empty reason, and an
    amount that is not above 0. The answer's facts are `balance` (fen) and `released` (orders).
    """
    _check_amount(amount_fen)
    return _credit(distributor_id, amount_fen, "top_up", reason=reason, actor=actor, once=once, address=address)


def adjust_balance(
    distributor_id: int, *, amount_fen: int, reason: str, actor: str, once: str = "", address: str = ""
) -> Answer:
    """Correct a balance (调账) by an amount that may be below 0, against the adjustment account.

    Refuses an empty reason, 0, and taking more than is available.
    """
    _check_amount(abs(amount_fen))
    return _credit(distributor_id, amount_fen, "adjustment", reason=reason, actor=actor, once=once, address=address)


def set_credit_limit(distributor_id: int, *, limit_fen: int, reason: str, actor: str, address: str = "") -> Answer:
    """Change how far below 0 a balance may go (授信额度). Refuses less than he already uses, and an empty reason."""
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    if not 0 <= limit_fen <= AMOUNT_AT_MOST_FEN:
        raise Mistake("limit_fen", _("The limit lies between 0 and 100 million yuan."))
    with scope.platform():
        distributor = Distributor.objects.get(pk=distributor_id)
        ask = SetCreditLimit(distributor_id=distributor_id, limit_fen=limit_fen, actor=actor, reason=reason)
        before_fen = wallet(distributor_id).credit_limit_fen
        answer = _accepted(desk.run_within([ask])[0], field="limit_fen")
        if not answer.is_replay:
            record(
                actor=actor,
                verb="money.limit",
                object_kind="distributor",
                object_id=distributor_id,
                label=f"{distributor.number} {distributor.name}",
                before={"credit_limit_fen": before_fen},
                after={"credit_limit_fen": limit_fen},
                reason=reason,
                address=address,
            )
    return answer


def _credit(
    distributor_id: int, amount_fen: int, kind: str, *, reason: str, actor: str, once: str, address: str
) -> Answer:
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform():
        distributor = Distributor.objects.get(pk=distributor_id)
        cause = f"direct:{once or uuid.uuid4().hex}"[:80]
        ask = Credit(distributor_id, amount_fen, cause, actor, kind=kind, remark=reason.strip()[:200])
        answer = _accepted(desk.run_within([ask])[0])
        if not answer.is_replay:
            record(
                actor=actor,
                verb="money.credited" if kind == "top_up" else "money.adjusted",
                object_kind="distributor",
                object_id=distributor_id,
                label=f"{distributor.number} {distributor.name}",
                before={"balance_fen": answer.facts["balance"] - amount_fen},
                after={"amount_fen": amount_fen, "balance_fen": answer.facts["balance"], "cause": cause},
                reason=reason,
                address=address,
            )
    return answer


def _accepted(answer: Answer, *, field: str = "amount_fen") -> Answer:
    """Return the desk's answer, or turn its refusal into a mistake for people."""
    if answer.is_accepted:
        return answer
    facts = answer.faults[0].facts
    if "available" in facts and "needed" in facts:
        shown = {"needed": yuan(facts["needed"]), "available": yuan(facts["available"])}
        raise Mistake(field, _("%(needed)s is needed and %(available)s is there.") % shown)
    raise Mistake(field, _("The desk refuses this amount."))


def _check_amount(amount_fen: int) -> None:
    if not 0 < amount_fen <= AMOUNT_AT_MOST_FEN:
        raise Mistake("amount_fen", _("The amount is above 0 and at most 100 million yuan."))


def _of_number(out_recharge_no: str, *, distributor_id: int) -> TopUp | None:
    return top_ups(distributor_id=distributor_id).filter(out_recharge_no=out_recharge_no).first()


def _sent_ahead(upload_id: int | None, *, distributor_id: int) -> bytes | None:
    if upload_id is None:
        return None
    picture = upload_pictures([upload_id], distributor_id=distributor_id).get(upload_id)
    if picture is None:
        raise Mistake("voucher", _("There is no such upload."))
    return picture


def _waiting(top_up_id: int) -> TopUp:
    top_up = TopUp.objects.select_for_update(no_key=True, of=("self",)).defer("voucher").get(pk=top_up_id)
    if top_up.state != TopUpState.PENDING:
        raise Mistake("", _("This request has been judged already."))
    return top_up


def _turned_down(top_up_id: int) -> TopUp:
    top_up = TopUp.objects.select_for_update(no_key=True, of=("self",)).get(pk=top_up_id)
    if top_up.state != TopUpState.REJECTED:
        raise Mistake("", _("Only a request that was turned down can be handed in once more."))
    if TopUp.objects.filter(follows=top_up).exists():
        raise Mistake("", _("This request was handed in once more already."))
    return top_up


def _judge(top_up: TopUp, *, state: str, note: str, actor: str) -> None:
    person = staff_of(actor)
    top_up.state = state
    TopUp.objects.filter(pk=top_up.pk).update(
        state=state,
        review_note=note.strip()[:200],
        reviewed_by_id=None if person is None else person.user_id,
        reviewed_at=Now(),
    )


def _log(
    top_up: TopUp,
    verb: str,
    *,
    actor: str,
    after: dict[str, object],
    before: dict[str, object] | None = None,
    reason: str = "",
    address: str = "",
) -> None:
    record(
        actor=actor,
        verb=verb,
        object_kind="topup",
        object_id=top_up.pk,
        label=f"{top_up.distributor.number} {yuan(top_up.amount_fen)}",
        before=before,
        after=after,
        reason=reason,
        address=address,
    )
