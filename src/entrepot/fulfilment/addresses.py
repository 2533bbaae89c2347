"""An order sent elsewhere before it was sent: judged by the desk, kept sealed, on record with masks."""

from django.db import connection

from entrepot.base import scope
from entrepot.events.operations import record
from entrepot.orders.consignees import (
    PlainConsignee,
    masked_name,
    masked_phone,
    open_consignee,
    phone_hash,
    place_line,
    seal_consignee,
)
from entrepot.trade import desk
from entrepot.trade.addresses import ChangeAddress
from entrepot.trade.books import SealedConsignee
from entrepot.trade.terms import Answer, nothing

# The order is locked before its address is read, so that two who change it at once see each other's.
_LOCK = "select id from orders_order where id = %s and distributor_id = %s for update"
_ADDRESS = "select sealed from orders_consignee where order_id = %s"
_SKUS = "select sku_code from orders_line where order_id = %s order by line_no"


def sealed(plain: PlainConsignee) -> SealedConsignee:
    """Return a consignee as it is stored."""
    return SealedConsignee(
        sealed=seal_consignee(plain),
        name_masked=masked_name(plain.name),
        phone_masked=masked_phone(plain.phone),
        phone_hash=phone_hash(plain.phone),
        province=plain.province,
        city=plain.city,
        district=plain.district,
        street=plain.street,
        division_code=plain.division_code,
    )


def change_address(
    order_id: int, *, plain: PlainConsignee, distributor_id: int, actor: str, address: str = ""
) -> Answer:
    """Send a distributor's order elsewhere; the same address again is answered again and changes nothing.

    Its shippers see the new address at once, and in the order's life that it was changed. The log holds both with the
    name, the phone and the street hidden.
    """
    with scope.desk():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [order_id, distributor_id])
            if cursor.fetchone() is None:
                return nothing()
            cursor.execute(_ADDRESS, [order_id])
            before = open_consignee(bytes(cursor.fetchone()[0]))
            cursor.execute(_SKUS, [order_id])
            skus = [row[0] for row in cursor.fetchall()]
        ask = ChangeAddress(order_id, sealed(plain), skus, actor, distributor_id)
        if before == plain:
            return Answer(is_replay=True)
        (answer,) = desk.run_within([ask])
        if answer.is_accepted:
            record(
                actor=actor,
                verb="order.address",
                object_kind="order",
                object_id=order_id,
                label="" if answer.order is None else answer.order.out_order_no,
                before={"consignee": masked(before)},
                after={"consignee": masked(plain)},
                address=address,
            )
    return answer


def masked(plain: PlainConsignee) -> str:
    """Return an address that tells nobody who lives there."""
    return f"{masked_name(plain.name)} {masked_phone(plain.phone)} {place_line(plain.province, plain.city, plain.district)}"
