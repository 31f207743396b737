"""Whom the ledger names to an owner: by the release each row rests on. And what a member or a party cannot undo alone."""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

from hub.database.policies import NOTHING, function

ledger = import_module("sharing.migrations.0009_ledger")

# The release that it was given by, where the owner may see whom that reaches: to the agency, to all, to an open roster.
# A row rests on a roster that is its lead's only where nothing else reached the agency, and then it is not there.
# What was given on no release of the owner's (0, or an emergency's number below it) is told all the same.
OPENLY = """
    select coalesce(
        (select s.id from sharing_release s left join sharing_community c on c.id = s.community_id
          where s.id = u.release_id and (c.id is null or c.roster_visible or c.lead_id = hub_agency())),
        case when u.release_id <= 0 then 0 end) as id
"""
GIVEN = f"""
    select {ledger.SAID}, r.tlp = 'TLP:RED' as red, r.poster_id, nullif(o.id, 0) as release_id
    from sharing_ledger l
    {ledger.ENTRIES}
    join bulletins_record r on r.id = u.record_id and l.records @> array[r.id]
    left join bulletins_version v on v.record_id = r.id and v.number = u.version
    cross join lateral ({OPENLY}) o
    where r.owner_id = hub_agency() and l.agency_id <> r.owner_id and o.id is not null
"""

# As before, for the owner of the record alone; with `openly`, only what rests on those releases or on none.
HAD = """language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
    if not exists (select 1 from bulletins_record r where r.id = of_record and r.owner_id = hub_agency()) then
        return;
    end if;
    return query
    select l.agency_id::int, e.version, min(l.at), max(l.at), array_agg(distinct l.channel::text)
      from sharing_ledger l cross join lateral unnest(l.records, l.versions, l.basis) e(record, version, basis)
     where l.records @> array[of_record] and e.record = of_record and l.agency_id <> hub_agency()
       and l.at <= before
       and (openly is null or e.basis <= 0 or e.basis = any(openly))
     group by 1, 2;
end $$"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0013_emergencies")]

    operations = [
        migrations.RunSQL(
            f"create or replace view sharing_ledger_given as {GIVEN}",
            f"create or replace view sharing_ledger_given as {ledger.GIVEN}",
        ),
        migrations.RunSQL(
            "drop function hub_had(bigint, timestamptz, int[], timestamptz[], timestamptz[])", NOTHING
        ),
        function(
            "hub_had(of_record bigint, before timestamptz, openly bigint[])"
            " returns table (agency int, version int, first_at timestamptz, last_at timestamptz, channels text[])",
            HAD,
        ),
        # Who has left or was taken out is in again only by the lead's word, in a row of its own.
        function(
            "sharing_membership_over() returns trigger",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and old.left_at is not null then
                    raise exception 'a membership that has ended does not begin again'
                        using errcode = 'check_violation', constraint = 'membership_stays_over';
                end if;
                return new; end $$""",
            to="",
        ),
        # One side does not accept what it entered, but for a change, which may be one that only takes away from what
        # it gives; nor does it take back the other side's suspension.
        function(
            "sharing_agreement_two_sides() returns trigger",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and (
                    old.accepted_at is null and new.accepted_at is not null and new.replaces_id is null
                        and new.proposed_by_id = hub_agency()
                    or not new.suspended_by @> array_remove(old.suspended_by, hub_agency())) then
                    raise exception 'the other side of an agreement decides this'
                        using errcode = 'check_violation', constraint = 'agreement_of_two_sides';
                end if;
                return new; end $$""",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger over before update on sharing_membership"
                " for each row execute function sharing_membership_over()",
                "create trigger two_sides before update on sharing_agreement"
                " for each row execute function sharing_agreement_two_sides()",
            ],
            [
                "drop trigger over on sharing_membership",
                "drop trigger two_sides on sharing_agreement",
            ],
        ),
    ]
