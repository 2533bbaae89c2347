"""Whether pieces of SKUs could be sold to a place now, each judged by itself, before anybody places an order."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.base.refusals import Refusal
from entrepot.freight.queries import sendings, template_rows
from entrepot.freight.rules import Item, quote
from entrepot.parties.models import Distributor, PartyState
from entrepot.reports.shelf import Terms, live_skus


@dataclass(frozen=True, slots=True)
class Availability:
    """What an order of this line alone would meet: reasons against it by the codes of refusals, empty when it would pass.

    Prices and freight are fen; `freight_fen` is None where the goods are not sent, or not shown.
    """

    sku: str
    qty: int
    stock: int
    min_quantity: int | None
    agreed_price_fen: int | None
    freight_fen: int | None
    reasons: tuple[Refusal, ...]


def availability(terms: Terms, *, lines: Sequence[tuple[str, int]], path: Sequence[str]) -> list[Availability]:
    """Return for each SKU and quantity whether a distributor could order it to a place now, in the order asked.

    `path` names the place from wide to narrow. To be called inside the distributor's scope.
    """
    codes = list(dict.fromkeys(code for code, _ in lines))
    live = {sku.sku: sku for sku in live_skus(terms, codes=codes)}
    sent = sendings(codes)
    templates = template_rows({one.template_id for one in sent.values() if one.template_id is not None})
    is_active = Distributor.objects.filter(pk=terms.distributor_id, state=PartyState.ACTIVE).exists()
    found = []
    for code, qty in lines:
        sku = live[code]
        reasons = [] if is_active else [Refusal.DISTRIBUTOR_SUSPENDED]
        if sku.agreed_price_fen is None or sku.min_quantity is None:
            reasons.append(Refusal.PRODUCT_DELISTED)
            found.append(Availability(code, qty, 0, None, None, None, tuple(reasons)))
            continue
        how = sent[code]
        item = Item(how.shipper, how.template_id, qty, how.weight_g * qty, sku.agreed_price_fen * qty)
        freight = quote([item], templates=templates, path=path)
        if qty < sku.min_quantity:
            reasons.append(Refusal.BELOW_MIN_QUANTITY)
        if freight.unserved:
            reasons.append(Refusal.REGION_NOT_SERVED)
        if qty > sku.stock:
            reasons.append(Refusal.INSUFFICIENT_STOCK)
        found.append(
            Availability(
                *(code, qty, sku.stock, sku.min_quantity, sku.agreed_price_fen),
                freight_fen=None if freight.unserved else freight.freight_fen,
                reasons=tuple(reasons),
            )
        )
    return found
