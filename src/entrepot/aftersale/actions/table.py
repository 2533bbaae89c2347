"""The decision table, the times, and the return addresses: what is set up beforehand."""

from dataclasses import asdict
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from entrepot.aftersale.models import Deadline, ReturnAddress, Rule
from entrepot.aftersale.queries import changed_keys, limits, table
from entrepot.aftersale.rules import DEFAULT, By, Cell, Key, Limits, cell_faults
from entrepot.base import scope
from entrepot.base.mistakes import Mistake
from entrepot.events import operations

_VALUES = ("is_offered", "returns", "condition", "bill", "stock", "freight")


def save_cell(cell: Cell, *, by: By, reason: str) -> bool:
    """Change a row of the decision table, or add one for a single reason; requests already made keep theirs.

    Returns whether anything changed. Refuses a row that makes no sense, and an empty reason.
    """
    faults = cell_faults(cell)
    if faults:
        raise Mistake("", fault_words()[faults[0]])
    _need(reason)
    with scope.desk():
        known = table()
        before = known.get(cell.key) or known[(*cell.key[:3], "")]
        if before == cell:
            return False
        if DEFAULT.get(cell.key) == cell:
            Rule.objects.filter(**_where(cell.key)).delete()
        else:
            values = {name: getattr(cell, name) for name in _VALUES}
            Rule.objects.update_or_create(**_where(cell.key), defaults=values | {"changed_at": Now()})
        old, new = _changes(before, cell)
        _log("aftersale.rule", of=cell.key, by=by, before=old, after=new, reason=reason)
    return True


def reset_cell(key: Key, *, by: By, reason: str) -> bool:
    """Bring a row back to what was delivered; a row that was added goes. Returns whether anything changed."""
    _need(reason)
    with scope.desk():
        if key not in changed_keys():
            return False
        before = table()[key]
        Rule.objects.filter(**_where(key)).delete()
        default = DEFAULT.get(key)
        old, new = _changes(before, default) if default else (_shown(before), {"removed": True})
        _log("aftersale.rule_reset", of=key, by=by, before=old, after=new, reason=reason)
    return True


def reset_table(*, by: By, reason: str) -> int:
    """Bring the whole table back to what was delivered; returns how many rows changed, each logged."""
    return sum(reset_cell(key, by=by, reason=reason) for key in sorted(changed_keys()))


def save_limits(new: Limits, *, by: By, reason: str) -> bool:
    """Change the times of after-sale; what is running keeps its deadline. Returns whether anything changed."""
    _need(reason)
    for field, value, at_most in (
        ("rights_days", new.rights_days, 365),
        ("claim_hours", new.claim_hours, 24 * 60),
        ("return_days", new.return_days, 90),
    ):
        if not 1 <= value <= at_most:
            raise Mistake(field, _("Between 1 and %(limit)d.") % {"limit": at_most})
    with scope.desk():
        old = limits()
        if old == new:
            return False
        Deadline.objects.update_or_create(id=1, defaults=asdict(new))
        before, after = operations.changes(asdict(old), asdict(new))
        _log("aftersale.limits", of=("deadline", "", "", ""), by=by, before=before, after=after, reason=reason)
    return True


def save_address(
    supplier_id: int,
    *,
    by: By,
    contact: str,
    phone: str,
    region: str,
    street: str,
    note: str = "",
    is_first: bool = False,
    address_id: int | None = None,
) -> ReturnAddress:
    """Add or replace a return address of a shipper; the first he has is his first. Raises ReturnAddress.DoesNotExist.

    A changed address is a new row: requests on their way keep the words they were given.
    """
    values = {"contact": contact, "phone": phone, "region": region, "street": street}
    for field, value in values.items():
        if not value.strip():
            raise Mistake(field, _("Fill this in."))
    with scope.desk():
        own = ReturnAddress.objects.select_for_update().filter(supplier_id=supplier_id, is_live=True)
        live = list(own)
        old = own.get(pk=address_id) if address_id is not None else None
        becomes_first = is_first or not live or bool(old and old.is_first)
        if becomes_first:
            ReturnAddress.objects.filter(supplier_id=supplier_id, is_first=True).update(is_first=False)
        if old is not None:
            ReturnAddress.objects.filter(pk=old.pk).update(is_live=False, is_first=False)
        row = ReturnAddress.objects.create(
            supplier_id=supplier_id,
            is_first=becomes_first,
            note=note.strip()[:120],
            **{field: value.strip()[: _LENGTHS[field]] for field, value in values.items()},
        )
        operations.record(
            actor=by.actor,
            verb="return_address.created" if old is None else "return_address.changed",
            object_kind="return_address",
            object_id=row.pk,
            label=row.region,
            before=None if old is None else {"id": old.pk, "region": old.region, "is_first": old.is_first},
            after={"id": row.pk, "region": row.region, "is_first": row.is_first},
            address=by.address,
        )
    return row


def retire_address(supplier_id: int, *, address_id: int, by: By) -> None:
    """Take a return address out of use; the next becomes the first. Raises ReturnAddress.DoesNotExist."""
    with scope.desk():
        own = ReturnAddress.objects.select_for_update().filter(supplier_id=supplier_id, is_live=True)
        row = own.get(pk=address_id)
        was_first = row.is_first
        ReturnAddress.objects.filter(pk=row.pk).update(is_live=False, is_first=False)
        if was_first and (heir := own.order_by("id").first()) is not None:
            ReturnAddress.objects.filter(pk=heir.pk).update(is_first=True)
        operations.record(
            actor=by.actor,
            verb="return_address.removed",
            object_kind="return_address",
            object_id=row.pk,
            label=row.region,
            before={"is_live": True},
            after={"is_live": False},
            address=by.address,
        )


_LENGTHS = {"contact": 40, "phone": 24, "region": 80, "street": 160}


def fault_words() -> dict[str, str]:
    """Return what is wrong with a row of the table, by the code of the rule."""
    return {
        "unknown_value": _("Choose one of the values offered."),
        "own_goods_have_no_bill": _("Own goods have no supplier's bill."),
        "goods_instead_of_money": _("An exchange or a second parcel gives goods and no money."),
        "nothing_would_come_back": _("The money waits for goods, but no goods are expected back."),
        "nothing_was_sent": _("Before shipping nothing was sent, so only a refund can be asked for."),
        "nothing_to_claim": _("Before shipping the draw returns or it does not; there is nothing to negotiate."),
        "unsent_is_not_owed": _("Pieces that were never sent are never on a supplier's bill."),
    }


def _need(reason: str) -> None:
    if not reason.strip():
        raise Mistake("reason", _("Say why."))


def _where(key: Key) -> dict[str, Any]:
    return dict(zip(("stage", "shipper", "kind", "reason"), key, strict=True))


def _shown(cell: Cell) -> dict[str, Any]:
    return {name: getattr(cell, name) for name in _VALUES}


def _changes(before: Cell, after: Cell) -> tuple[dict[str, Any], dict[str, Any]]:
    return operations.changes(_shown(before), _shown(after))


def _log(verb: str, *, of: Key, by: By, before: dict[str, Any], after: dict[str, Any], reason: str) -> None:
    operations.record(
        actor=by.actor,
        verb=verb,
        object_kind="aftersale_rule",
        object_id=":".join(part for part in of if part)[:40],
        label=":".join(of),
        before=before,
        after=after,
        reason=reason.strip(),
        address=by.address,
    )
