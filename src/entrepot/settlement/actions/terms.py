"""The terms by which a supplier is billed."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.clock import database_now
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import changes, record
from entrepot.parties.models import Supplier
from entrepot.settlement.models import Cycle, Terms
from entrepot.settlement.rules import DAYS_AT_MOST

_FIELDS = ("cycle", "rights_days", "answer_days", "is_silence_consent", "is_sent_at_once")


@dataclass(frozen=True, kw_only=True)
class NewTerms:
    """What terms say; `answer_days` counts only where silence is consent."""

    cycle: str
    rights_days: int
    answer_days: int
    is_silence_consent: bool
    is_sent_at_once: bool


def change_terms(supplier_id: int | None, *, terms: NewTerms, actor: str, address: str = "") -> Terms:
    """Set the terms of one supplier, or with None those of everybody who has none of his own; bills made stay as they are.

    Refuses a cycle that does not exist, a rights window above 180 days, and an answer time outside of 1 to 180 days.
    """
    if terms.cycle not in Cycle.values:
        raise Mistake("cycle", _("There is no such cycle."))
    if not 0 <= terms.rights_days <= DAYS_AT_MOST:
        raise Mistake("rights_days", _("Between 0 and %(most)d days.") % {"most": DAYS_AT_MOST})
    if not 1 <= terms.answer_days <= DAYS_AT_MOST:
        raise Mistake("answer_days", _("Between 1 and %(most)d days.") % {"most": DAYS_AT_MOST})
    values = {name: getattr(terms, name) for name in _FIELDS}
    with scope.platform():
        label = "" if supplier_id is None else _label(supplier_id)
        rows = Terms.objects.select_for_update(no_key=True)
        row = (
            rows.filter(supplier__isnull=True) if supplier_id is None else rows.filter(supplier_id=supplier_id)
        ).first()
        held = row or Terms.objects.get(supplier__isnull=True)
        before = {name: getattr(held, name) for name in _FIELDS}
        if row is None:
            row = Terms(supplier_id=supplier_id)
        for name, value in values.items():
            setattr(row, name, value)
        row.changed_at = database_now()
        row.save()
        was, becomes = changes(before, values)
        record(
            actor=actor,
            verb="bill.terms",
            object_kind="terms",
            object_id=supplier_id or 0,
            label=label,
            before=was,
            after=becomes,
            address=address,
        )
    return row


def forget_terms(supplier_id: int, *, actor: str, address: str = "") -> None:
    """Let the terms for everybody hold for a supplier again; nothing happens when they do already."""
    with scope.platform():
        own = Terms.objects.filter(supplier_id=supplier_id).first()
        if own is not None:
            usual = Terms.objects.get(supplier__isnull=True)
            before = {"terms": "own"} | {name: getattr(own, name) for name in _FIELDS}
            after = {"terms": "usual"} | {name: getattr(usual, name) for name in _FIELDS}
            own.delete()
            record(
                actor=actor,
                verb="bill.terms_usual",
                object_kind="terms",
                object_id=supplier_id,
                label=_label(supplier_id),
                before=before,
                after=after,
                address=address,
            )


def _label(supplier_id: int) -> str:
    supplier = Supplier.objects.get(pk=supplier_id)
    return f"{supplier.number} {supplier.name}"
