"""Two indexes less for each goods and SKU: nothing asks for numbers that begin as `like` says.

Django makes them beside every unique text. Searches look for pairs of letters, or compare in upper case, which such an
index does not serve; under the collation C the unique index itself would.
"""

from typing import ClassVar

from django.db import migrations

_INDEXES = {
    "catalog_goods_goods_no_622524b5_like": "catalog_goods (goods_no varchar_pattern_ops)",
    "catalog_sku_code_55ded985_like": "catalog_sku (code varchar_pattern_ops)",
}


class Migration(migrations.Migration):
    """Drops them."""

    dependencies: ClassVar = [("catalog", "0008_fewer_goods_indexes")]
    operations: ClassVar = [
        migrations.RunSQL(f"drop index if exists {name}", f"create index if not exists {name} on {what}")
        for name, what in _INDEXES.items()
    ]
