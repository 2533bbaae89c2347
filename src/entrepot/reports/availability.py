"""Whether pieces of SKUs could be sold to a place now, each judged by itself, before anybody places an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.base.refusals import Refusal
from entrepot.freight.queries import sendings, template_rows
from entrepot.freight.regions import name_of
from entrepot.freight.rules import Item, quote
from entrepot.parties.models import Distributor, PartyState
from entrepot.reports.shelf import Terms, live_skus
from entrepot.trade.terms import Fault


@dataclass(frozen=True, slots=True)
class Availability:
    """What an order of this line alone would meet: reasons against it with their numbers, empty when it would pass.

    Prices and freight are fen; `freight_fen` is None where the goods are not sent, or not shown.
    """

    sku: str
    qty: int
    stock: int
    min_quantity: int | None
    agreed_price_fen: int | None
    freight_fen: int | None
    reasons: tuple[Fault, ...]


def availability(
    terms: Terms, *, lines: Sequence[tuple[str, int]], path: Sequence[str], place: str = ""
) -> list[Availability]:
    """Return for each SKU and quantity whether a distributor could order it to a place now, in the order asked.

    `path` names the place from wide to narrow, `place` as it was written, should no region be known. To be called inside the distributor's scope.
    """
    codes = list(dict.fromkeys(code for code, _ in lines))
    live = {sku.sku: sku for sku in live_skus(terms, codes=codes)}
    sent = sendings(codes)
    templates = template_rows({one.template_id for one in sent.values() if one.template_id is not None})
    is_active = Distributor.objects.filter(pk=terms.distributor_id, state=PartyState.ACTIVE).exists()
    found = []
    for code, qty in lines:
        sku = live[code]
        reasons = [] if is_active else [Fault("", Refusal.DISTRIBUTOR_SUSPENDED)]
        if sku.agreed_price_fen is None or sku.min_quantity is None:
            reasons.append(not_offered(code))
            found.append(Availability(code, qty, 0, None, None, None, tuple(reasons)))
            continue
        how = sent[code]
        item = Item(how.shipper, how.template_id, qty, how.weight_g * qty, sku.agreed_price_fen * qty)
        freight = quote([item], templates=templates, path=path)
        if qty < sku.min_quantity:
            reasons.append(too_few(code, qty=qty, min_quantity=sku.min_quantity))
        if freight.unserved:
            region = name_of(path[-1]) if path else place
            reasons.append(Fault("", Refusal.REGION_NOT_SERVED, {"sku": code, "region": region}))
        if qty > sku.stock:
            reasons.append(out_of_stock(code, wanted=qty, available=sku.stock))
        found.append(
            Availability(
                *(code, qty, sku.stock, sku.min_quantity, sku.agreed_price_fen),
                freight_fen=None if freight.unserved else freight.freight_fen,
                reasons=tuple(reasons),
            )
        )
    return found


def not_offered(code: str) -> Fault:
    """Return the reason of what is not on the shelf: what is not there, off it, or kept for others is told alike."""
    return Fault("", Refusal.PRODUCT_DELISTED, {"sku": code, "why": "not_offered_now"})


def too_few(code: str, *, qty: int, min_quantity: int) -> Fault:
    """Return the reason of fewer pieces than an order must have."""
    return Fault("", Refusal.BELOW_MIN_QUANTITY, {"sku": code, "min_quantity": min_quantity, "qty": qty})


def out_of_stock(code: str, *, wanted: int, available: int) -> Fault:
    """Return the reason of more pieces than the distributor may take."""
    return Fault("", Refusal.INSUFFICIENT_STOCK, {"sku": code, "available": available, "wanted": wanted})
