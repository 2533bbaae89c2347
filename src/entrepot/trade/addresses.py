"""The ask to send an order elsewhere, before anything of it was sent."""

from dataclasses import dataclass

from entrepot.trade.books import SealedConsignee


@dataclass(slots=True)
class ChangeAddress:
    """Send an order to another consignee; `skus` are the codes of its lines, so that freight can be judged anew."""

    order_id: int
    consignee: SealedConsignee
    skus: list[str]
    actor: str
    distributor_id: int | None = None
