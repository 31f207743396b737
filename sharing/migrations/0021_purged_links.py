"""What a purged record rested on outlives it: what is derived from it stays as strict as that."""

from django.db import migrations

from hub.database.policies import function

# As before, but versions that rest on others are emptied, not deleted: their links stay.
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
    delete from bulletins_version where record_id = pk and linked = '{}';
    update bulletins_version set content = '{}', note = '' where record_id = pk;
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
    dependencies = [("sharing", "0020_digests")]

    operations = [function("hub_purge(pk bigint, told text) returns void", PURGE, to="hub_app")]
