"""Row-level security of what shippers take on, and what a supplier may read of an order, kept in his part of it."""

from django.db import migrations

from entrepot.base.guards import desk_writes_alone, row_security


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_acceptance")]
    operations = [
        row_security("orders_acceptanceterms", supplier="supplier_id = {party}"),
        row_security("orders_acceptance", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        row_security("orders_formerline", supplier="supplier_id = {party}", distributor="distributor_id = {party}"),
        desk_writes_alone("orders_acceptance", "orders_formerline"),
        migrations.RunSQL(
            "set local role entrepot_desk;"
            " update orders_supplyorder s set remark = o.remark,"
            " received_at = case when s.state in ('received', 'completed') then o.received_at end,"
            " completed_at = case when s.state = 'completed' then o.completed_at end"
            " from orders_order o where o.id = s.order_id"
            " and (o.remark <> '' or s.state in ('received', 'completed'));"
            " reset role;",
            migrations.RunSQL.noop,
        ),
    ]
