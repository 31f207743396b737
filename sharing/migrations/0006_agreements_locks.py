"""Who may write agreements: their parties, drafts alone, never what was accepted. And what a recipient is told of them."""

from django.db import migrations

from hub.database.policies import function, locked

PARTY = "(first_id = hub_agency() or second_id = hub_agency())"
OWN_DRAFT = """exists (select 1 from sharing_agreement a
    where a.id = agreement_id and a.proposed_by_id = hub_agency() and a.accepted_at is null and a.declined_at is null
      and giver_id in (a.first_id, a.second_id))"""
WRITTEN = """name, whole_governments, valid_from, valid_to, accepted_at, declined_at, declined_by_id, decline_reason,
    suspended_at, suspended_by, suspend_reason, replaced_at, revision"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_agreements_fill")]

    operations = [
        migrations.RunSQL(
            [
                "grant insert on sharing_agreement to hub_app",
                f"grant update ({WRITTEN}) on sharing_agreement to hub_app",
                "grant update (settled_at, warned) on sharing_agreement to hub_engine",
                f"create policy sharing_agreement_add on sharing_agreement for insert to hub_app"
                f" with check ({PARTY} and proposed_by_id = hub_agency() and accepted_at is null)",
                f"create policy sharing_agreement_change on sharing_agreement for update to hub_app"
                f" using ({PARTY}) with check ({PARTY})",
                "grant insert, update, delete on sharing_direction to hub_app",
                f"create policy sharing_direction_add on sharing_direction for insert to hub_app with check ({OWN_DRAFT})",
                f"create policy sharing_direction_change on sharing_direction for update to hub_app"
                f" using ({OWN_DRAFT}) with check ({OWN_DRAFT})",
                f"create policy sharing_direction_remove on sharing_direction for delete to hub_app using ({OWN_DRAFT})",
            ],
            [
                *(
                    f"drop policy if exists sharing_{table}_{name} on sharing_{table}"
                    for table in ("agreement", "direction")
                    for name in ("add", "change", "remove")
                ),
                "revoke insert, update, delete on sharing_agreement, sharing_direction from hub_app",
                "revoke update on sharing_agreement from hub_engine",
            ],
        ),
        # What two sides accepted is changed by another that replaces it, whoever writes and however.
        function(
            "sharing_agreement_stays() returns trigger",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and old.accepted_at is not null
                   and (old.name, old.whole_governments, old.valid_from, old.valid_to, old.accepted_at)
                       is distinct from (new.name, new.whole_governments, new.valid_from, new.valid_to, new.accepted_at)
                then raise exception 'an accepted agreement is changed by another that replaces it'
                     using errcode = 'check_violation', constraint = 'agreement_accepted_stays';
                end if;
                return new; end $$""",
            to="",
        ),
        migrations.RunSQL(
            "create trigger stays before update on sharing_agreement"
            " for each row execute function sharing_agreement_stays()",
            "drop trigger if exists stays on sharing_agreement",
        ),
        # On what terms the caller's agency holds records: an agency covered through its parent or its government
        # is no party and reads no agreement, yet is bound by what it received under it.
        function(
            "hub_terms(records bigint[]) returns table(direction bigint, agreement varchar, giver varchar, caveat varchar,"
            " legal_basis varchar, permitted_use varchar, keep_days int, withheld varchar[])",
            """language sql stable security definer set search_path = public, pg_temp as $$
                select d.id, a.code, p.code, d.caveat, d.legal_basis, d.permitted_use, d.keep_days, d.withheld
                from sharing_direction d join sharing_agreement a on a.id = d.agreement_id
                join hub_agency p on p.group_id = d.giver_id
                where d.id in (select unnest(g.directions) from sharing_grant g
                               where g.record_id = any(records) and g.group_id = hub_agency()) $$""",
        ),
        locked("sharing_unsettled", read="false", engine="insert, update, delete"),
    ]
