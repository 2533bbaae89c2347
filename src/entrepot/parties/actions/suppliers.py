"""Suppliers: admission and state."""

from django.db import connection
from django.utils.translation import gettext as _

from entrepot.base import scope
from entrepot.base.actors import SYSTEM
from entrepot.base.mistakes import Mistake
from entrepot.events.operations import changes, record
from entrepot.parties import rules
from entrepot.parties.actions.users import NewUser, create_head
from entrepot.parties.models import PartyState, Supplier, SupplierKind, SupplierSource

OWN_GOODS = "平台自营"


def ensure_platform_supplier(name: str = OWN_GOODS) -> Supplier:
    """Return the platform as the supplier of its own goods (自营), made when it is missing."""
    with scope.platform():
        found = Supplier.objects.filter(is_platform=True).first()
        if found is None:
            found = Supplier.objects.create(
                number=rules.party_number("supplier", serial=10_000),
                name=name,
                is_platform=True,
                state=PartyState.ACTIVE,
            )
            record(
                actor=SYSTEM,
                verb="supplier.created",
                object_kind="supplier",
                object_id=found.pk,
                label=f"{found.number} {found.name}",
                after={"number": found.number, "name": name, "is_platform": True},
            )
    return found


def create_supplier(
    name: str,
    *,
    username: str,
    actor: str,
    contact: str = "",
    kind: str = "",
    source: str = SupplierSource.OFFICE,
    is_active: bool = True,
    address: str = "",
) -> tuple[Supplier, NewUser]:
    """Admit a supplier (供应商) with its first user, whose one-time password is returned.

    `kind` says what it is (SupplierKind, empty: not said), `source` how it reaches the platform. The login link is the
    supplier's back office, `/supplier/`. Refuses an empty name, a taken user name, and a kind or source there is not.
    """
    if not name.strip():
        raise Mistake("name", _("Enter a name."))
    _check_labels(kind, source=source)
    with scope.platform():
        supplier = Supplier.objects.create(
            number=_next_number(),
            name=name.strip(),
            contact=contact.strip(),
            kind=kind,
            source=source,
            state=PartyState.ACTIVE if is_active else PartyState.PENDING,
        )
        user = create_head("supplier", party=supplier, username=username, actor=actor, address=address)
        record(
            actor=actor,
            verb="supplier.created",
            object_kind="supplier",
            object_id=supplier.pk,
            label=f"{supplier.number} {supplier.name}",
            after={
                "number": supplier.number,
                "state": supplier.state,
                "name": supplier.name,
                "supplier_kind": kind,
                "supplier_source": source,
            },
            address=address,
        )
    return supplier, user


def change_supplier(
    supplier_id: int,
    *,
    actor: str,
    name: str | None = None,
    contact: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    reason: str = "",
    address: str = "",
) -> Supplier:
    """Change name, contact, kind or source of a supplier. Refuses as `create_supplier` does. Raises Supplier.DoesNotExist."""
    if name is not None and not name.strip():
        raise Mistake("name", _("Enter a name."))
    _check_labels(kind, source=source)
    with scope.platform():
        supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
        before = _shown(supplier)
        supplier.name = supplier.name if name is None else name.strip()
        supplier.contact = supplier.contact if contact is None else contact.strip()
        supplier.kind = supplier.kind if kind is None else kind
        supplier.source = supplier.source if source is None else source
        old, new = changes(before, _shown(supplier))
        if not new:
            return supplier
        supplier.save(update_fields=["name", "contact", "kind", "source"])
        record(
            actor=actor,
            verb="supplier.changed",
            object_kind="supplier",
            object_id=supplier.pk,
            label=f"{supplier.number} {supplier.name}",
            before=old,
            after=new,
            reason=reason,
            address=address,
        )
    return supplier


def activate_supplier(supplier_id: int, *, actor: str, reason: str = "", address: str = "") -> Supplier:
    """Let a supplier's goods be sold; active already, nothing happens. Raises Supplier.DoesNotExist."""
    return _set_state(supplier_id, state=PartyState.ACTIVE, actor=actor, reason=reason, address=address)


def suspend_supplier(supplier_id: int, *, actor: str, reason: str, address: str = "") -> Supplier:
    """Stop the sale of a supplier's goods at once; open orders are still shipped by it.

    Refuses an empty reason, and the platform's own goods. Raises Supplier.DoesNotExist.
    """
    if not reason.strip():
        raise Mistake("reason", _("Say why."))
    return _set_state(supplier_id, state=PartyState.SUSPENDED, actor=actor, reason=reason, address=address)


def _set_state(supplier_id: int, *, state: str, actor: str, reason: str, address: str) -> Supplier:
    with scope.platform():
        supplier = Supplier.objects.select_for_update(no_key=True).get(pk=supplier_id)
        before = supplier.state
        if before == state:
            return supplier
        if supplier.is_platform:
            raise Mistake("", _("The platform's own goods are unlisted one by one."))
        supplier.state = state
        supplier.save(update_fields=["state"])
        record(
            actor=actor,
            verb="supplier.activated" if state == PartyState.ACTIVE else "supplier.suspended",
            object_kind="supplier",
            object_id=supplier.pk,
            label=f"{supplier.number} {supplier.name}",
            before={"state": before},
            after={"state": state},
            reason=reason,
            address=address,
        )
    return supplier


def _shown(supplier: Supplier) -> dict[str, str]:
    return {
        "name": supplier.name,
        "contact": supplier.contact,
        "supplier_kind": supplier.kind,
        "supplier_source": supplier.source,
    }


def _check_labels(kind: str | None, *, source: str | None) -> None:
    if kind and kind not in SupplierKind.values:
        raise Mistake("kind", _("Choose one of the values offered."))
    if source is not None and source not in SupplierSource.values:
        raise Mistake("source", _("Choose one of the values offered."))


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('parties_supplier_serial')")
        return rules.party_number("supplier", serial=cursor.fetchone()[0])
