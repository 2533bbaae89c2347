"""What sending some SKUs to a place would cost a distributor, before there is an order."""

from collections.abc import Sequence

from entrepot.freight.queries import sendings, template_rows
from entrepot.freight.rules import Item, Quote, quote
from entrepot.reports.shelf import Terms, live_skus


def quote_for(terms: Terms, *, lines: Sequence[tuple[str, int]], path: Sequence[str]) -> tuple[Quote, list[int]]:
    """Return the freight of pieces of SKUs to a place, and the places of lines that are not on his shelf.

    To be called inside the distributor's scope; it is reckoned from the agreed prices of now as an order would be.
    Nothing is quoted while a line is not on the shelf.
    """
    codes = [code for code, _ in lines]
    prices = {sku.sku: sku.agreed_price_fen for sku in live_skus(terms, codes=list(dict.fromkeys(codes)))}
    missing = [place for place, code in enumerate(codes) if prices[code] is None]
    if missing:
        return Quote(), missing
    sent = sendings(prices)
    items = [
        Item(
            sent[code].shipper,
            sent[code].template_id,
            qty,
            sent[code].weight_g * qty,
            (prices[code] or 0) * qty,
        )
        for code, qty in lines
    ]
    template_ids = {item.template_id for item in items if item.template_id is not None}
    return quote(items, templates=template_rows(template_ids), path=path), []
