"""Batch shipping from a spreadsheet: reading it, judging it beforehand, and doing it step by step."""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from entrepot.base import scope
from entrepot.doors.kit.answers import reason_of
from entrepot.doors.kit.carriers import carrier_code
from entrepot.doors.kit.sheets import ImportColumn, ImportRow, RefusedRow, read_sheet
from entrepot.doors.supplier.order_reads import SupplyOrderRow, supply_orders
from entrepot.trade import desk
from entrepot.trade.terms import Answer, Ship

# An upload becomes a plan, a file of its own in the data folder that holds order and tracking numbers and no personal
# data. It survives a restart, and a step that is done twice is answered by the desk as done before.
AT_ONCE = 100
_KEPT_S = 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")


_WHOLE = re.compile(r"(\d{1,18})(?:\.0+)?", re.ASCII)  # spreadsheets like to write 4 as 4.0


def _number(text: str) -> int:
    found = _WHOLE.fullmatch(text.lstrip("#").strip())
    if found is None:
        raise ValueError(_("not an order number"))
    return int(found[1])


def _pieces(text: str) -> int:
    found = _WHOLE.fullmatch(text)
    if found is None or not 0 < int(found[1]) < 1_000_000:
        raise ValueError(_("not a number of pieces"))
    return int(found[1])


def _carrier(text: str) -> str:
    found = carrier_code(text)
    if found is None:
        raise ValueError(_("unknown carrier “%(name)s”") % {"name": text[:20]})
    return found


def _tracking(text: str) -> str:
    number = "".join(text.split()).upper()
    if not re.fullmatch(r"[A-Z0-9-]{4,64}", number):
        raise ValueError(_("letters, digits and hyphens only"))
    return number


HEADINGS = {
    "order": gettext_lazy("Order number"),
    "sku": gettext_lazy("SKU"),
    "pieces": gettext_lazy("Pieces"),
    "carrier": gettext_lazy("Carrier"),
    "tracking": gettext_lazy("Tracking number"),
}
COLUMNS = (
    ImportColumn(name="order", headings=(HEADINGS["order"], "Order number", "订单号", "订单编号"), read=_number),
    ImportColumn(name="sku", headings=(HEADINGS["sku"], "SKU", "规格编码"), is_required=False),
    ImportColumn(name="pieces", headings=(HEADINGS["pieces"], "Pieces", "件数"), is_required=False, read=_pieces),
    ImportColumn(name="carrier", headings=(HEADINGS["carrier"], "Carrier", "快递公司", "物流公司"), read=_carrier),
    ImportColumn(
        name="tracking", headings=(HEADINGS["tracking"], "Tracking number", "运单号", "快递单号"), read=_tracking
    ),
)


@dataclass(kw_only=True)
class Parcel:
    """One parcel of a plan: what the desk is asked, and the rows of the sheet it came from."""

    order_id: int
    carrier: str
    tracking_no: str
    pieces: dict[int, int] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    outcome: str = ""
    reason: str = ""


@dataclass(kw_only=True)
class Plan:
    """What an upload is going to do, and how far it has come. Outcomes: shipped, before or refused."""

    token: str
    parcels: list[Parcel]
    refused: list[RefusedRow]
    done: int = 0
    is_started: bool = False

    @property
    def is_finished(self) -> bool:
        """Return whether every parcel has been asked for."""
        return self.is_started and self.done == len(self.parcels)

    @property
    def shipped(self) -> int:
        """Return how many parcels the desk has taken, now or before."""
        return sum(parcel.outcome in ("shipped", "before") for parcel in self.parcels)

    def all_refused(self) -> list[RefusedRow]:
        """Return every refused row of the sheet, with its reason."""
        late = [
            RefusedRow(number=number, cells=cells, reason=parcel.reason)
            for parcel in self.parcels
            if parcel.outcome == "refused"
            for number, cells in zip(parcel.rows, parcel.cells, strict=True)
        ]
        return sorted([*self.refused, *late], key=lambda row: row.number)


def draw_up(upload: IO[bytes], *, supplier_id: int, actor: str) -> Plan:
    """Read an upload, judge every parcel by the desk's own rules without doing it, and keep the plan.

    Raises UnreadableSheet when the file as a whole cannot be used. Runs outside any transaction.
    """
    sheet = read_sheet(upload, columns=COLUMNS)
    refused = [
        RefusedRow(number=row.number, cells=_own_cells(row, sheet.headings), reason=row.reason) for row in sheet.refused
    ]
    with scope.supplier(supplier_id, read_only=True):
        orders = {row.order_id: row for row in supply_orders(sorted({row.values["order"] for row in sheet.rows}))}
    parcels: dict[tuple[int, str], Parcel] = {}
    for row in sheet.rows:
        reason = _add(row, orders=orders, parcels=parcels)
        if reason:
            refused.append(RefusedRow(number=row.number, cells=_row_cells(row), reason=reason))
    plan = Plan(token=secrets.token_hex(16), parcels=list(parcels.values()), refused=refused)
    _judge(plan, supplier_id=supplier_id, actor=actor)
    _sweep(supplier_id)
    _keep(plan, supplier_id=supplier_id)
    return plan


def _row_cells(row: ImportRow) -> list[str]:
    """Return the cells of the plan's own columns, so that addresses in other columns are not kept."""
    return [str(row.values.get(name) or "") for name in HEADINGS]


def _own_cells(row: RefusedRow, headings: Sequence[str]) -> list[str]:
    cells = []
    for column in COLUMNS:
        known = {str(heading).casefold() for heading in column.headings}
        place = next((place for place, heading in enumerate(headings) if heading.casefold() in known), None)
        cells.append(row.cells[place] if place is not None and place < len(row.cells) else "")
    return cells


def _add(row: ImportRow, *, orders: dict[int, SupplyOrderRow], parcels: dict[tuple[int, str], Parcel]) -> str:
    """Put a row into its parcel and return what is wrong with it, empty when nothing is."""
    values = row.values
    order = orders.get(values["order"])
    if order is None:
        return _("There is no such order of yours.")
    key = (order.order_id, values["tracking"])
    parcel = parcels.get(key)
    if parcel is not None and parcel.carrier != values["carrier"]:
        return _("This tracking number is there with another carrier.")
    open_lines = [line for line in order.lines if line.sendable_qty]
    if not open_lines and not values["sku"] and order.open_pieces:
        return _("No line of this order has been accepted yet.")
    if values["sku"]:
        open_lines = [line for line in order.lines if line.sku_code.casefold() == values["sku"].casefold()]
        if not open_lines:
            return _("The order has no such line.")
    elif values["pieces"] and len(open_lines) > 1:
        return _("The order has several lines: name the SKU of these pieces.")
    if parcel is None:
        parcel = Parcel(order_id=order.order_id, carrier=values["carrier"], tracking_no=values["tracking"])
        parcels[key] = parcel
    for line in open_lines:
        qty = values["pieces"] or line.open_qty
        parcel.pieces[line.line_no] = parcel.pieces.get(line.line_no, 0) + qty
    parcel.rows.append(row.number)
    parcel.cells.append(_row_cells(row))
    return ""


def _judge(plan: Plan, *, supplier_id: int, actor: str) -> None:
    """Move the parcels that the desk would refuse to the refused rows."""
    good: list[Parcel] = []
    for some in _chunks(plan.parcels):
        answers = desk.preview([_ask(parcel, supplier_id=supplier_id, actor=actor) for parcel in some])
        for parcel, answer in zip(some, answers, strict=True):
            if answer.is_accepted:
                parcel.outcome = "before" if answer.is_replay else ""
                good.append(parcel)
            else:
                reason = reason_of(answer)
                plan.refused += [
                    RefusedRow(number=number, cells=cells, reason=reason)
                    for number, cells in zip(parcel.rows, parcel.cells, strict=True)
                ]
    plan.parcels = good
    plan.refused.sort(key=lambda row: row.number)


def _chunks(parcels: list[Parcel]) -> Iterator[list[Parcel]]:
    for start in range(0, len(parcels), AT_ONCE):
        yield parcels[start : start + AT_ONCE]


def _ask(parcel: Parcel, *, supplier_id: int, actor: str) -> Ship:
    return Ship(parcel.order_id, supplier_id, parcel.carrier, parcel.tracking_no, actor, dict(parcel.pieces))


def go_on(token: str, *, supplier_id: int, actor: str) -> Plan | None:
    """Send the next parcels of a plan and return it; None when there is no such plan. Outside any transaction."""
    if plan_of(token, supplier_id=supplier_id) is None:
        return None
    with _locked(token, supplier_id=supplier_id) as path:
        plan = _read(path)
        if plan is None:
            return None
        plan.is_started = True
        some = plan.parcels[plan.done : plan.done + AT_ONCE]
        if some:
            answers = desk.run([_ask(parcel, supplier_id=supplier_id, actor=actor) for parcel in some])
            for parcel, answer in zip(some, answers, strict=True):
                _note(parcel, answer)
            plan.done += len(some)
        _keep(plan, supplier_id=supplier_id)
        return plan


def _note(parcel: Parcel, answer: Answer) -> None:
    if answer.is_accepted:
        parcel.outcome = "before" if answer.is_replay else "shipped"
    else:
        parcel.outcome, parcel.reason = "refused", reason_of(answer)


def plan_of(token: str, *, supplier_id: int) -> Plan | None:
    """Return a plan of this supplier by its token, None when there is none (any more)."""
    return _read(_path(token, supplier_id=supplier_id)) if _TOKEN.fullmatch(token) else None


def _folder(supplier_id: int) -> Path:
    return Path(settings.DATA_DIR) / "imports" / f"supplier-{supplier_id}"


def _path(token: str, *, supplier_id: int) -> Path:
    return _folder(supplier_id) / f"{token}.json"


def _read(path: Path) -> Plan | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    parcels = [
        Parcel(**parcel | {"pieces": {int(line): qty for line, qty in parcel["pieces"].items()}})
        for parcel in found.pop("parcels")
    ]
    return Plan(parcels=parcels, refused=[RefusedRow(**row) for row in found.pop("refused")], **found)


def _keep(plan: Plan, *, supplier_id: int) -> None:
    folder = _folder(supplier_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{plan.token}.{os.getpid()}.new"
    draft.write_text(json.dumps(asdict(plan), ensure_ascii=False), encoding="utf-8")
    draft.replace(_path(plan.token, supplier_id=supplier_id))


@contextmanager
def _locked(token: str, *, supplier_id: int) -> Iterator[Path]:
    """Hold a plan for one step, so that two clicks do not run the same parcels side by side."""
    path = _path(token, supplier_id=supplier_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (path.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def _sweep(supplier_id: int) -> None:
    """Forget the plans of yesterday."""
    for path in _folder(supplier_id).glob("*.json"):
        if time.time() - path.stat().st_mtime > _KEPT_S:
            path.unlink(missing_ok=True)
