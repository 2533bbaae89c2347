"""Sandboxes are kept apart: the platform sees none of their rows, and no row of one world names a row of the other."""

from django.db import migrations

from entrepot.base.guards import live_alone, one_world, row_security
from entrepot.base.worlds import SANDBOX_FROM

# Which rows of each table are the live world's, by an id in the row itself wherever there is one.
LIVE = {
    "parties_tier": "id < {first}",
    "parties_distributor": "id < {first}",
    "parties_supplier": "id < {first}",
    "parties_upload": "distributor_id < {first}",
    "parties_apikey": "distributor_id < {first}",
    "catalog_goods": "id < {first}",
    "catalog_sku": "id < {first}",
    "catalog_goodsversion": "goods_id < {first}",
    "catalog_goodsimport": "supplier_id < {first}",
    "catalog_supplierbounds": "supplier_id < {first}",
    "freight_template": "supplier_id < {first}",
    "freight_zone": "exists (select from freight_template t where t.id = template_id)",
    "freight_goodstemplate": "goods_id < {first}",
    "freight_charge": "order_id < {first}",
    "pricing_pricechange": "greatest(sku_id, tier_id, supplier_id, 0) < {first}",
    "stock_warehouse": "supplier_id < {first}",
    "stock_level": "id < {first}",
    "stock_move": "level_id < {first}",
    "stock_allotment": "sku_id < {first}",
    "stock_holdquota": "coalesce(distributor_id, 0) < {first}",
    "stock_holdrecord": "distributor_id < {first}",
    "stock_shelfswitch": "coalesce(goods_id, 0) < {first}",
    "stock_soldout": "goods_id < {first}",
    "ledger_account": "id < {first}",
    "ledger_transfer": "debit_id < {first}",
    "orders_order": "id < {first}",
    "orders_line": "order_id < {first}",
    "orders_supplyorder": "order_id < {first}",
    "orders_acceptanceterms": "supplier_id < {first}",
    "orders_acceptance": "order_id < {first}",
    "orders_formerline": "order_id < {first}",
    "orders_consignee": "order_id < {first}",
    "orders_shipment": "order_id < {first}",
    "orders_shipmentline": "exists (select from orders_shipment s where s.id = shipment_id)",
    "orders_refund": "order_id < {first}",
    "orders_refundline": "exists (select from orders_refund r where r.id = refund_id)",
    "orders_returned": "order_id < {first}",
    "orders_orderbatch": "distributor_id < {first}",
    "aftersale_request": "order_id < {first}",
    "aftersale_requestline": "exists (select from aftersale_request r where r.id = request_id)",
    "aftersale_evidence": "exists (select from aftersale_request r where r.id = request_id)",
    "aftersale_step": "exists (select from aftersale_request r where r.id = request_id)",
    "aftersale_claim": "distributor_id < {first}",
    "aftersale_returnaddress": "supplier_id < {first}",
    "recharge_topup": "distributor_id < {first}",
    "recharge_daytotal": "distributor_id < {first}",
    "recharge_foresight": "distributor_id < {first}",
    "recharge_statement": "distributor_id < {first}",
    "settlement_terms": "coalesce(supplier_id, 0) < {first}",
    "settlement_bill": "supplier_id < {first}",
    "settlement_billline": "supplier_id < {first}",
    "settlement_run": "supplier_id < {first}",
    "events_event": "greatest(distributor_id, object_id) < {first}",
    "events_operation": "party_id < {first} and object_id !~ '^1[0-9]{{15}}$'",
    "callbacks_endpoint": "distributor_id < {first}",
    "callbacks_message": "distributor_id < {first}",
    "callbacks_attempt": "distributor_id < {first}",
    "sandbox_sandbox": "distributor_id < {first}",
    "sandbox_turn": "distributor_id < {first}",
}
_KIND = "(select current_setting('entrepot.kind', true))"
_PARTY = "(select nullif(current_setting('entrepot.party_id', true), '')::bigint)"
_TIER = "(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)"
_SHELF = (
    f"alter policy scope on catalog_goods using (({_KIND} = 'supplier' and supplier_id = {_PARTY})"
    f" or ({_KIND} = 'distributor' and state = 'on_sale' and is_supplier_active and"
    " ((cardinality(visible_tiers) = 0 and cardinality(visible_distributors) = 0)"
    f" or {_TIER} = any(visible_tiers) or {_PARTY} = any(visible_distributors))"
)
_ONLY_TEST_KEYS = (
    f"alter table parties_apikey add constraint apikey_of_its_world check ((distributor_id >= {SANDBOX_FROM})"
    " = (key like 'ek\\_test\\_%')) not valid;"
    f" alter table parties_distributor add constraint sandbox_by_its_id check ((id >= {SANDBOX_FROM}) = is_sandbox)"
    f" not valid; alter table parties_user add constraint nobody_works_for_a_sandbox check"
    f" (coalesce(distributor_id, supplier_id, 0) < {SANDBOX_FROM}) not valid;"
)


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0001_initial"),
        ("parties", "0008_uploads_and_key_ends"),
        ("catalog", "0005_goods_by_change"),
        ("freight", "0004_charge_guards"),
        ("pricing", "0002_guards"),
        ("stock", "0005_quotas_and_switches"),
        ("ledger", "0005_referrers"),
        ("orders", "0008_order_by_day"),
        ("fulfilment", "0002_guards"),
        ("aftersale", "0002_guards"),
        ("recharge", "0003_foresight"),
        ("settlement", "0003_accountants"),
        ("events", "0003_event_by_xid"),
        ("callbacks", "0002_guards"),
    ]
    operations = [
        row_security("sandbox_sandbox", distributor="distributor_id = {party}"),
        row_security("sandbox_turn", distributor="distributor_id = {party}"),
        *(live_alone(table, condition=condition) for table, condition in LIVE.items()),
        # A distributor meets the goods of his own world alone.
        migrations.RunSQL(
            f"{_SHELF} and (id >= {SANDBOX_FROM}) = ({_PARTY} >= {SANDBOX_FROM})))",
            f"{_SHELF}))",
        ),
        one_world("parties_distributor", ("id", "tier_id")),
        one_world("catalog_goods", ("id", "supplier_id")),
        one_world("catalog_sku", ("id", "goods_id")),
        one_world("stock_warehouse", ("id", "supplier_id")),
        one_world("stock_level", ("id", "sku_id"), ("id", "warehouse_id")),
        one_world("stock_move", ("level_id", "coalesce(order_id, level_id)")),
        one_world("stock_allotment", ("sku_id", "coalesce(distributor_id, tier_id)")),
        one_world("orders_order", ("id", "distributor_id")),
        one_world("orders_line", ("order_id", "sku_id"), ("order_id", "supplier_id"), ("order_id", "distributor_id")),
        one_world("orders_supplyorder", ("order_id", "supplier_id")),
        one_world("ledger_account", ("id", "coalesce(distributor_id, supplier_id, 0)")),
        one_world("ledger_transfer", ("debit_id", "credit_id"), ("debit_id", "coalesce(order_id, debit_id)")),
        migrations.RunSQL(
            _ONLY_TEST_KEYS,
            "alter table parties_apikey drop constraint apikey_of_its_world;"
            " alter table parties_distributor drop constraint sandbox_by_its_id;"
            " alter table parties_user drop constraint nobody_works_for_a_sandbox;",
        ),
    ]
