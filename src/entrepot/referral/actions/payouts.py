"""Paying referrers what they are owed, and owing again what came back from the bank."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import staff_of
from entrepot.base.mistakes import Mistake
from entrepot.base.money import yuan
from entrepot.catalog.pictures import normalised
from entrepot.events.operations import record
from entrepot.parties.models import PartyState, Referrer
from entrepot.referral.models import Entry, EntryKind, Payout
from entrepot.trade import desk
from entrepot.trade.referrals import PayReferrer, ReturnPayout

_PROOF_SIDE = 1600


def pay_out(
    referrer_id: int,
    *,
    amount_fen: int,
    month: date,
    paid_on: date,
    actor: str,
    once: str,
    bank_reference: str = "",
    proof: bytes | None = None,
    remark: str = "",
    address: str = "",
) -> Payout:
    """Record that a referrer was paid (推荐结算) on the statement of a month, with the bank's proof.

    `once` is a token of the form: the same token pays once and returns the same payout. Refuses neither proof nor bank
    reference, a proof that is no picture, a referrer who is not active, and more than he is owed. Raises
    Referrer.DoesNotExist.
    """
    if amount_fen <= 0:
        raise Mistake("amount_fen", _("The amount is above 0."))
    if not bank_reference.strip() and not proof:
        raise Mistake("bank_reference", _("Give the bank's reference or a picture of its slip."))
    picture = normalised(proof, field="proof", side_at_most=_PROOF_SIDE) if proof else None
    person = staff_of(actor)
    with scope.platform(), transaction.atomic():
        # One payout of a referrer at a time: his second one finds what the first has left.
        referrer = Referrer.objects.select_for_update(no_key=True).get(pk=referrer_id)
        known = Payout.objects.filter(once=once).first()
        if known is not None:
            return known
        if referrer.state != PartyState.ACTIVE:
            raise Mistake("", _("A referrer who is not active is not paid."))
        payout = Payout.objects.create(
            referrer=referrer,
            amount_fen=amount_fen,
            month=month.replace(day=1),
            paid_on=paid_on,
            bank_reference=bank_reference.strip()[:80],
            remark=remark.strip()[:200],
            proof=picture,
            proof_type="image/webp" if picture else "",
            once=once,
            paid_by_id=None if person is None else person.user_id,
        )
        left_fen = _post(payout, actor=actor)
        record(
            actor=actor,
            verb="referral.paid",
            object_kind="referrer",
            object_id=referrer_id,
            label=f"{referrer.number} {referrer.name}",
            before={"balance_fen": left_fen + amount_fen},
            after={"balance_fen": left_fen, "month": f"{payout.month:%Y-%m}", "bank_reference": bank_reference},
            reason=remark,
            address=address,
        )
    return payout


def return_payout(payout_id: int, *, reason: str, actor: str, address: str = "") -> Payout:
    """Put right a payout that failed at the bank or was returned by it (打款退回): the money is owed again.

    The payout stays on record; a line of the statement beside it says why. Refuses an empty reason, and a payout that
    has come back already. Raises Payout.DoesNotExist.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    with scope.platform(), transaction.atomic():
        payout = Payout.objects.defer("proof").get(pk=payout_id)
        referrer = Referrer.objects.select_for_update(no_key=True).get(pk=payout.referrer_id)
        if Entry.objects.filter(payout=payout, kind=EntryKind.RETURN).exists():
            raise Mistake("", _("This payout has come back already."))
        cause = f"referral:payout:{payout.pk}:returned"
        ask = ReturnPayout(referrer.pk, payout.amount_fen, cause, actor, remark=reason.strip()[:200])
        (answer,) = desk.run_within([ask])
        if not answer.is_accepted:
            raise Mistake("", _("The desk refuses this amount."))
        with scope.desk():
            Entry.objects.create(
                referrer=referrer,
                kind=EntryKind.RETURN,
                amount_fen=payout.amount_fen,
                cause=cause,
                payout=payout,
                note=reason.strip()[:200],
            )
        owed_fen: int = answer.facts["balance"]
        record(
            actor=actor,
            verb="referral.payout_returned",
            object_kind="referrer",
            object_id=referrer.pk,
            label=f"{referrer.number} {referrer.name}",
            before={"balance_fen": owed_fen - payout.amount_fen, "payout": "paid"},
            after={"balance_fen": owed_fen, "payout": "returned", "bank_reference": payout.bank_reference},
            reason=reason,
            address=address,
        )
    return payout


def _post(payout: Payout, *, actor: str) -> int:
    """Let the desk move the money and write the line of his statement; return what is still owed, in fen."""
    cause = f"referral:payout:{payout.pk}"
    ask = PayReferrer(payout.referrer_id, payout.amount_fen, cause, actor, remark=payout.bank_reference)
    (answer,) = desk.run_within([ask])
    if not answer.is_accepted:
        owed_fen = answer.faults[0].facts.get("available", 0)
        raise Mistake("amount_fen", _("No more than ¥%(owed)s is owed.") % {"owed": yuan(owed_fen)})
    with scope.desk():
        Entry.objects.create(
            referrer_id=payout.referrer_id,
            kind=EntryKind.PAYOUT,
            amount_fen=-payout.amount_fen,
            cause=cause,
            payout=payout,
        )
    left_fen: int = answer.facts["balance"]
    return left_fen
