"""What a referrer earns: the platform's own income of a line, his share of it, and rates that never exceed it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from entrepot.base.money import BPS

SIDES = ("supplier", "distributor")


@dataclass(frozen=True, slots=True)
class Rates:
    """The two rates of a grade, in hundredths of a percent of the platform's own income."""

    supplier_bps: int
    distributor_bps: int


@dataclass(frozen=True, slots=True)
class Right:
    """Whose share one side of a line is: the attachment and the rate that held when the order was placed."""

    side: str
    attachment_id: int
    referrer_id: int
    rate_bps: int


@dataclass(frozen=True, slots=True)
class EarnedLine:
    """A line whose money is shared out; prices in fen for one piece, what after-sale gave back in fen altogether."""

    order_id: int
    line_no: int
    supplier_id: int
    is_own: bool
    kept: int
    margin_fen: int
    fee_fen: int
    agreed_price_fen: int
    returned_fen: int = 0
    returned_supplier_fen: int = 0
    rights: tuple[Right, ...] = ()


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked of one side of a line so far, both in fen."""

    base_fen: int = 0
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """One booking that is due: of one shipper's part of an order and one side, by line base and amount (fen).

    All amounts are above 0 for an accrual, below 0 for a reversal.
    """

    order_id: int
    side: str
    supplier_id: int
    right: Right
    lines: dict[int, Booked]
    is_first: bool

    @property
    def amount_fen(self) -> int:
        """Return what it adds to the referrer's account or, below 0, takes."""
        return sum(line.amount_fen for line in self.lines.values())


def own_income_fen(line: EarnedLine) -> int:
    """Return what the platform itself keeps of a line: margin and fee of the pieces kept, less what it gave back.

    Freight is none of it. The supplier's part of what was given back is his own loss. Own goods have no purchase price
    on the line: what lies between the line's two prices counts, and it lessens in proportion to what was given back.
    A loss counts as nothing: nobody owes for it.
    """
    income_fen = (line.margin_fen + line.fee_fen) * line.kept
    if not line.is_own:
        return max(0, income_fen - (line.returned_fen - line.returned_supplier_fen))
    paid_fen = line.agreed_price_fen * line.kept
    return max(0, income_fen * (paid_fen - line.returned_fen) // paid_fen) if paid_fen else 0


def share_fen(base_fen: int, *, rate_bps: int) -> int:
    """Return a share in whole fen, rounded down: rounded up, two sides could take more than there is."""
    return base_fen * rate_bps // BPS


def excess(grades: Iterable[tuple[str, Rates]]) -> tuple[str, str] | None:
    """Return two grades, one for each side, that could take more than the whole income together; None when none can.

    The referrer of the supplier may have one grade and the referrer of the distributor another.
    """
    known = list(grades)
    if not known:
        return None
    dearest_supplier = max(known, key=lambda grade: grade[1].supplier_bps)
    dearest_distributor = max(known, key=lambda grade: grade[1].distributor_bps)
    if dearest_supplier[1].supplier_bps + dearest_distributor[1].distributor_bps <= BPS:
        return None
    return dearest_supplier[0], dearest_distributor[0]


def due(lines: Sequence[EarnedLine], *, booked: Mapping[tuple[int, int, str], Booked]) -> list[Due]:
    """Return what has to be booked so that every line stands at its share of what the platform still earns by it.

    `booked` is what stands by order, line and side. What stands right already gives nothing, so that asking twice books
    once. A line may have to go up and its neighbour down: these are two bookings.
    """
    supplier_of = {(line.order_id, line.line_no): line.supplier_id for line in lines}
    known = {
        (order_id, side, supplier_of[order_id, line_no])
        for order_id, line_no, side in booked
        if (order_id, line_no) in supplier_of
    }
    parts: dict[tuple[int, str, int, bool], dict[int, Booked]] = defaultdict(dict)
    rights: dict[tuple[int, str, int], Right] = {}
    for line in lines:
        for right in line.rights:
            before = booked.get((line.order_id, line.line_no, right.side), Booked())
            base_fen = own_income_fen(line)
            stands_fen = share_fen(base_fen, rate_bps=right.rate_bps)
            change = Booked(base_fen - before.base_fen, stands_fen - before.amount_fen)
            if change.amount_fen:
                part = (line.order_id, right.side, line.supplier_id)
                parts[*part, change.amount_fen > 0][line.line_no] = change
                rights[part] = right
    return [
        Due(
            order_id,
            side,
            supplier_id,
            right=rights[order_id, side, supplier_id],
            lines=changes,
            is_first=(order_id, side, supplier_id) not in known,
        )
        for (order_id, side, supplier_id, _is_up), changes in sorted(parts.items(), key=lambda part: part[0])
    ]


def cause_of(booking: Due, *, after_id: int) -> str:
    """Return what a booking is for: the shipper's part and the side, and of a later one also the transfer that moved it."""
    cause = f"referral:{booking.order_id}:{booking.side}:{booking.supplier_id}"
    return cause if booking.is_first else f"{cause}:{after_id}"


def promotion(base_fen: int, *, current_id: int, thresholds: Mapping[int, int | None]) -> int | None:
    """Return the grade that somebody has reached by the income he brought (fen), None when he stays.

    `thresholds` gives by grade from what on it is reached; a grade without one is given by hand alone, and who has such
    a grade stays in it. Nobody is moved down.
    """
    held_from = thresholds.get(current_id)
    if held_from is None:
        return None
    reached = [(start, grade_id) for grade_id, start in thresholds.items() if start is not None and start <= base_fen]
    best = max(reached, default=(held_from, current_id))
    return best[1] if best[0] > held_from else None
