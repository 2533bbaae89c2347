"""The price an order takes a line at: the tier's rate or that of the goods, and old prices while they are honoured."""

from entrepot.pricing.rules import Price, price_for, rate_of_goods
from entrepot.trade.books import Books, DistributorRow, SkuRow
from entrepot.trade.terms import AskLine


def price_of(line: AskLine, *, sku: SkuRow, party: DistributorRow, books: Books) -> Price:
    """Return supplier price, supply price and fee of one piece of a wanted line.

    The fee's rate is the one agreed for these goods with the distributor, else with his tier, else the tier's own. An
    old price holds only for a mall that says it expects it, until its grace is over.
    """
    rate_bps, old_rate_bps = party.fee_rate_bps, party.old_rate_bps
    if sku.has_own_rates:
        own_bps = rate_of_goods(books.fee_rates, goods_id=sku.goods_id, tier_id=party.tier_id, distributor_id=party.id)
        if own_bps is not None:
            rate_bps, old_rate_bps = own_bps, None
    now = Price(sku.supplier_price_fen, sku.supply_price_fen or 0, rate_bps)
    old = None
    if sku.old_supply_price_fen is not None and sku.old_supplier_price_fen is not None:
        old = Price(sku.old_supplier_price_fen, sku.old_supply_price_fen, rate_bps)
    return price_for(now, expected_fen=line.expected_price_fen, old=old, old_rate_bps=old_rate_bps)
