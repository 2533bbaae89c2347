"""Fee, agreed price, line amount and the pool of commission: pure rules over whole fen."""

from collections.abc import Mapping
from dataclasses import dataclass

from entrepot.base.money import share_half_up

RATE_AT_MOST_BPS = 10_000
NOTICE_AT_MOST_MINUTES = 43_200
GRACE_AT_MOST_MINUTES = 1_440


def service_fee(supply_price_fen: int, *, fee_rate_bps: int) -> int:
    """Return the service fee (服务费) of one piece in fen: supply price × tier rate, rounded half-up per piece."""
    return share_half_up(supply_price_fen, rate_bps=fee_rate_bps)


def agreed_price(supply_price_fen: int, *, fee_rate_bps: int) -> int:
    """Return the agreed price (协议价) of one piece in fen: supply price plus service fee."""
    return supply_price_fen + service_fee(supply_price_fen, fee_rate_bps=fee_rate_bps)


def commission_pool(sale_price_fen: int, *, agreed_price_fen: int, qty: int, total_rate_bps: int) -> int:
    """Return the commission pool in fen of a supplied line: its margin over the agreed price × the total rate.

    The brackets matter: (100 − (10 + 10 × 5 %)) × 2 is 179, not 181. The pool never falls below 0.
    """
    margin_fen = (sale_price_fen - agreed_price_fen) * qty
    return max(0, share_half_up(margin_fen, rate_bps=total_rate_bps))


@dataclass(frozen=True, slots=True)
class Price:
    """What one piece costs: supplier price, supply price and fee in fen, and the rate the fee was reckoned with."""

    supplier_price_fen: int
    supply_price_fen: int
    fee_rate_bps: int

    @property
    def fee_fen(self) -> int:
        """Return the service fee of one piece."""
        return service_fee(self.supply_price_fen, fee_rate_bps=self.fee_rate_bps)

    @property
    def agreed_price_fen(self) -> int:
        """Return the agreed price of one piece."""
        return self.supply_price_fen + self.fee_fen


def rate_of_goods(
    rates: Mapping[tuple[int, int | None, int | None], int], *, goods_id: int, tier_id: int, distributor_id: int
) -> int | None:
    """Return the fee rate some goods have of their own for a distributor, None when his tier's rate holds.

    What was agreed with the distributor himself goes before what holds for his tier; `rates` are by goods, tier and
    distributor, of which one is None.
    """
    his = rates.get((goods_id, None, distributor_id))
    return rates.get((goods_id, tier_id, None)) if his is None else his


def price_for(
    now: Price, *, expected_fen: int | None, old: Price | None = None, old_rate_bps: int | None = None
) -> Price:
    """Return the price an order is taken at: that of now, or an old one that is still honoured and is expected.

    `old` are the prices before an announced change, `old_rate_bps` the tier's rate before one; None when the grace is
    over or there was none. Without an expected agreed price, or with another, it is always the price of now.
    """
    if expected_fen is None or expected_fen == now.agreed_price_fen:
        return now
    rates = [now.fee_rate_bps] if old_rate_bps is None else [now.fee_rate_bps, old_rate_bps]
    for prices in (now,) if old is None else (now, old):
        for rate_bps in rates:
            honoured = Price(prices.supplier_price_fen, prices.supply_price_fen, rate_bps)
            if honoured.agreed_price_fen == expected_fen:
                return honoured
    return now


def warnings(
    *,
    supplier_price_fen: int,
    supply_price_fen: int,
    highest_agreed_fen: int,
    suggested_price_fen: int | None = None,
    price_ceiling_fen: int | None = None,
    before_fen: int | None = None,
) -> list[str]:
    """Return what is strange about the prices of a SKU, as codes; they are told to who sets them and refuse nothing.

    `loss`: the platform sells below what it pays. `no_room`: the dearest agreed price reaches the suggested one, so a
    mall earns nothing. `above_ceiling`: it passes the highest sale price. `leap`: it moves by 30 % or more.
    """
    found = []
    if supply_price_fen < supplier_price_fen:
        found.append("loss")
    if suggested_price_fen is not None and highest_agreed_fen >= suggested_price_fen:
        found.append("no_room")
    if price_ceiling_fen is not None and highest_agreed_fen > price_ceiling_fen:
        found.append("above_ceiling")
    if before_fen and abs(supply_price_fen - before_fen) * 10 >= before_fen * 3:
        found.append("leap")
    return found
