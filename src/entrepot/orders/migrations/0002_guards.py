"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("parties", "0002_guards")]
    operations = [
        row_security("orders_order", distributor="distributor_id = {party}"),
        row_security(
            "orders_supplyorder",
            supplier="supplier_id = {party} and state not in"
            " ('held', 'awaiting_funds', 'cancelled', 'expired', 'rejected')",
            distributor="distributor_id = {party}",
        ),
        row_security(
            "orders_line",
            supplier="supplier_id = {party} and exists (select from orders_supplyorder s"
            " where s.order_id = orders_line.order_id and s.supplier_id = orders_line.supplier_id)",
            distributor="distributor_id = {party}",
        ),
        row_security(
            "orders_consignee",
            supplier="exists (select from orders_supplyorder s where s.order_id = orders_consignee.order_id)",
            distributor="distributor_id = {party}",
        ),
        row_security("orders_shipment", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        row_security(
            "orders_shipmentline",
            supplier="exists (select from orders_shipment s where s.id = shipment_id)",
            distributor="exists (select from orders_shipment s where s.id = shipment_id)",
        ),
        row_security("orders_refund", distributor="distributor_id = {party}"),
        row_security("orders_refundline", distributor="exists (select from orders_refund r where r.id = refund_id)"),
        row_security("orders_orderbatch", distributor="distributor_id = {party}"),
        migrations.RunSQL(
            "create sequence orders_order_number start 10000001; grant usage on sequence orders_order_number to public;",
            "drop sequence orders_order_number;",
        ),
        desk_writes_alone(
            *("orders_order", "orders_line", "orders_supplyorder", "orders_consignee", "orders_shipment"),
            *("orders_shipmentline", "orders_refund", "orders_refundline"),
        ),
    ]
