"""Purging: the one function that may destroy what a record said, for its own agency alone; and files to be gone."""

import django.db.models.deletion
from django.db import migrations, models

from hub.database.policies import function, locked

MY_RECORD = "exists (select 1 from bulletins_record r where r.id = record_id)"

# Versions never change and nobody may delete one, but for this. Who asks must be the owner's agency. What stays: the
# record's names, links to it (what is derived keeps its sources' marking), releases, receipts, alerts, withdrawals, entries and the ledger, none with a word of its content.
PURGE = """language plpgsql security definer set search_path = public, pg_temp as $$
declare name text;
begin
    select r.ref into name from bulletins_record r
     where r.id = pk and r.owner_id = hub_agency() and r.purged_at is null;
    if name is null then
        raise exception 'no such record of this agency' using errcode = 'insufficient_privilege';
    end if;
    delete from sharing_grant where record_id = pk;
    delete from bulletins_face where record_id = pk;
    delete from bulletins_version where record_id = pk;
    delete from bulletins_substance where record_id = pk;
    delete from bulletins_identifier where record_id = pk;
    delete from bulletins_photograph where record_id = pk;
    delete from bulletins_linkedseizure where bulletin_id = pk;
    delete from bulletins_bulletin where record_ptr_id = pk;
    delete from bulletins_seizurereport where record_ptr_id = pk;
    update sharing_alert set hazard = false, facts = '{}' where record_id = pk;
    delete from sharing_noticeread n using sharing_delivery d, sharing_alert a
     where n.delivery_id = d.id and d.alert_id = a.id and a.record_id is null and a.ref = name;
    delete from sharing_delivery d using sharing_alert a
     where d.alert_id = a.id and a.record_id is null and a.ref = name;
    delete from sharing_alert where record_id is null and ref = name;
    update sharing_withdrawal set reason = '' where ref = name and reason not in ('', told);
    update sharing_recall set reason = '' where record_id = pk and reason not in ('', told);
    delete from sharing_correction where record_id = pk;
    update sharing_release set recall_reason = '' where record_id = pk and recall_reason not in ('', told);
    update sharing_release set wording = '{}' where record_id = pk;
end $$"""


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0007_enter_what_names_subjects"),
        ("sharing", "0011_wording"),
    ]

    operations = [
        migrations.CreateModel(
            name="Leftover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("photograph", models.UUIDField()),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
                    ),
                ),
            ],
        ),
        locked("sharing_leftover", read=MY_RECORD, insert=MY_RECORD, engine="delete"),
        function("hub_purge(pk bigint, told text) returns void", PURGE, to="hub_app"),
    ]
