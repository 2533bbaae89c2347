"""Row-level security, histories that only grow, and one referrer for a party at a time."""

from django.db import migrations

from entrepot.base.guards import append_only, desk_writes_alone, row_security

_HIS_GRADES = "select s.grade_id from referral_gradestay s where s.referrer_id = {party}"
_KEPT = """
create function referral_attachment_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (old.until is not null and old.until <= now()) or new.until is null or new.until < now()
       or row(new.id, new.referrer_id, new.supplier_id, new.distributor_id, new.party_number, new.party_name, new.since,
              new.created_at)
          is distinct from row(old.id, old.referrer_id, old.supplier_id, old.distributor_id, old.party_number,
              old.party_name, old.since, old.created_at) then
        raise exception 'an attachment is ended and never changed' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger attachment_kept before update or delete on referral_attachment
    for each row execute function referral_attachment_kept();
"""
# Ranges of one number stand for equality, which an index of this kind does not know by itself.
_ONE_AT_A_TIME = """
alter table referral_attachment add constraint supplier_has_one_referrer exclude using gist (
    int8range(supplier_id, supplier_id, '[]') with &&, tstzrange(since, until) with &&) where (supplier_id is not null);
alter table referral_attachment add constraint distributor_has_one_referrer exclude using gist (
    int8range(distributor_id, distributor_id, '[]') with &&, tstzrange(since, until) with &&)
    where (distributor_id is not null);
"""


class Migration(migrations.Migration):
    dependencies = [("referral", "0001_initial"), ("ledger", "0005_referrers")]
    operations = [
        row_security("referral_grade", referrer=f"id in ({_HIS_GRADES})"),
        row_security("referral_graderate", referrer=f"grade_id in ({_HIS_GRADES})"),
        row_security("referral_gradestay", referrer="referrer_id = {party}"),
        row_security("referral_attachment", referrer="referrer_id = {party}"),
        row_security("referral_entry", referrer="referrer_id = {party}"),
        row_security("referral_entryline"),
        row_security("referral_payout", referrer="referrer_id = {party}"),
        row_security("referral_followed"),
        append_only("referral_graderate"),
        append_only("referral_gradestay"),
        append_only("referral_entry"),
        append_only("referral_entryline"),
        append_only("referral_payout"),
        desk_writes_alone("referral_entry", "referral_entryline", "referral_followed"),
        migrations.RunSQL(
            _KEPT,
            "drop trigger attachment_kept on referral_attachment; drop function referral_attachment_kept();",
        ),
        migrations.RunSQL(
            _ONE_AT_A_TIME,
            "alter table referral_attachment drop constraint supplier_has_one_referrer;"
            " alter table referral_attachment drop constraint distributor_has_one_referrer;",
        ),
    ]
