"""Row-level security of bounds, versions and imports; what suppliers had before they had bounds stays theirs."""

from django.db import migrations

from entrepot.base.guards import row_security

_SHOWN = (
    "(cardinality(visible_tiers) = 0 and cardinality(visible_distributors) = 0)"
    " or {tier} = any(visible_tiers) or {party} = any(visible_distributors)"
)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_bounds_versions_imports")]
    operations = [
        migrations.RunSQL(
            "select set_config('role', 'entrepot_platform', true);"
            " insert into catalog_supplierbounds (supplier_id, has_all_categories, has_all_brands, category_ids,"
            " brand_ids, edit_mode) select id, true, true, '{}', '{}', '' from parties_supplier;"
            " update catalog_goods g set is_supplier_active = false from parties_supplier s"
            " where s.id = g.supplier_id and s.state <> 'active';"
            " insert into catalog_catalogsetting (id, is_open) values (1, false);"
            " select set_config('role', 'none', true);",
            migrations.RunSQL.noop,
        ),
        row_security("catalog_supplierbounds", supplier="supplier_id = {party}"),
        row_security("catalog_goodsversion", supplier="supplier_id = {party}"),
        row_security("catalog_goodsimport", supplier="supplier_id = {party}"),
        # What the platform alone decides, the role of the other offices cannot write.
        migrations.RunSQL(
            "do $$ begin if exists (select from pg_roles where rolname = 'entrepot_app') then revoke insert, update,"
            " delete, truncate on catalog_supplierbounds, catalog_catalogsetting, catalog_attribute from entrepot_app;"
            " end if; end $$;",
            migrations.RunSQL.noop,
        ),
        # Goods of a suspended supplier leave every shelf.
        migrations.RunSQL(
            "drop policy scope on catalog_goods",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "create policy scope on catalog_goods using ("
            "((select current_setting('entrepot.kind', true)) = 'supplier' and supplier_id ="
            " (select nullif(current_setting('entrepot.party_id', true), '')::bigint))"
            " or ((select current_setting('entrepot.kind', true)) = 'distributor' and state = 'on_sale'"
            " and is_supplier_active and ("
            + _SHOWN.format(
                party="(select nullif(current_setting('entrepot.party_id', true), '')::bigint)",
                tier="(select nullif(current_setting('entrepot.tier_id', true), '')::bigint)",
            )
            + ")))",
            migrations.RunSQL.noop,
        ),
    ]
