"""Row-level security and append-only guards."""

from django.db import migrations

from entrepot.base.guards import append_only, row_security

OF_REQUEST = "exists (select from aftersale_request r where r.id = request_id)"


class Migration(migrations.Migration):
    dependencies = [("aftersale", "0001_initial"), ("parties", "0002_guards")]
    operations = [
        row_security("aftersale_rule"),
        row_security("aftersale_deadline"),
        row_security("aftersale_returnaddress", supplier="supplier_id = {party}"),
        row_security(
            "aftersale_request",
            supplier="supplier_id = {party} and state <> 'requested'",
            distributor="distributor_id = {party}",
        ),
        row_security("aftersale_requestline", supplier=OF_REQUEST, distributor=OF_REQUEST),
        row_security("aftersale_evidence", supplier=OF_REQUEST, distributor=OF_REQUEST),
        row_security("aftersale_step", supplier=f"is_for_shipper and {OF_REQUEST}", distributor=OF_REQUEST),
        row_security("aftersale_claim", distributor="distributor_id = {party}"),
        append_only("aftersale_step"),
    ]
