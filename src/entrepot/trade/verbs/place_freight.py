"""The freight of an order: what its shippers' templates ask for sending it to the buyer's region."""

from collections.abc import Mapping

from entrepot.base.refusals import Refusal
from entrepot.freight.regions import name_of, path_of
from entrepot.freight.rules import Item, Quote, quote
from entrepot.trade.books import Books, LineRow, SealedConsignee
from entrepot.trade.terms import Fault, Place

NO_FREIGHT = Quote()


def freight_of(ask: Place, *, lines: Mapping[int, LineRow], books: Books) -> tuple[Quote, list[Fault]]:
    """Return the freight of an order that is placed, and a refusal for each line that is not sent to the buyer's region."""
    return freight_to(ask.consignee, lines=lines, books=books)


def freight_to(buyer: SealedConsignee, *, lines: Mapping[int, LineRow], books: Books) -> tuple[Quote, list[Fault]]:
    """Return the freight of an order's lines to a place and a refusal for each line that is not sent there.

    Without a template on any of its goods the order is sent free, and nothing is reckoned.
    """
    skus = {number: books.skus[line.sku_code] for number, line in lines.items()}
    if all(sku.template_id is None for sku in skus.values()):
        return NO_FREIGHT, []
    path = path_of(
        buyer.province,
        city=buyer.city,
        district=buyer.district,
        street=buyer.street,
        division_code=buyer.division_code,
    )
    items = [
        Item(line.supplier_id, skus[number].template_id, line.qty, skus[number].weight_g * line.qty, line.amount_fen)
        for number, line in lines.items()
    ]
    found = quote(items, templates=books.templates, path=path)
    region = name_of(path[-1]) if path else f"{buyer.province}{buyer.city}{buyer.district}"
    codes = [line.sku_code for line in lines.values()]
    faults = [
        Fault(f"/lines/{place}/sku", Refusal.REGION_NOT_SERVED, {"sku": codes[place], "region": region})
        for place in found.unserved
    ]
    return found, faults
