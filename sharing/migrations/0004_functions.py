"""What only a function may do or tell; what a member, a party or an owner cannot undo; each agency's first subscription."""

from django.db import migrations

from hub.database.policies import NOTHING, function

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"

# What an agency is told before anybody has said anything: all that is given to it, by every way, at once.
EVERYTHING = """
    insert into sharing_subscription (uid, agency_id, title, kinds, methods, drugs, classes, modes, regions, ports, near_km,
                                      countries, origins, destinations, owners, urgencies, tlps, hazard, words, channels,
                                      frequency, times, weekday, day, created_at, changed_at)
    select gen_random_uuid(), {agency}, 'Everything given to us', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', 0,
           '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', false, '', '{{inbox,mail,webhook,taxii}}',
           'at_once', '{{}}', 0, 1, statement_timestamp(), statement_timestamp()
"""

# On what terms the caller's agency holds records: an agency covered through its parent or its government is no party
# and reads no agreement, yet is bound by what it received under it.
TERMS = """language sql stable security definer set search_path = public, pg_temp as $$
                select d.id, a.code, p.code, d.caveat, d.legal_basis, d.permitted_use, d.keep_days, d.withheld
                from sharing_direction d join sharing_agreement a on a.id = d.agreement_id
                join hub_agency p on p.group_id = d.giver_id
                where d.id in (select unnest(g.directions) from sharing_grant g
                               where g.record_id = any(records) and g.group_id = hub_agency()) $$"""

# For the owner of the record alone: what the ledger says each agency was given of each version. With `openly`, only
# what rests on those releases or on none: what the owner may know of who sits in which community ends there.
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

# Versions never change and nobody may delete one, but for this. Who asks must be the owner's agency. What stays: the
# record's names, links to it and from it (what is derived keeps its sources' marking; versions that rest on others are
# emptied, not deleted), releases, receipts, alerts, withdrawals, entries and the ledger, none with a word of its content.
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

# The name of a record's life in machine feeds: what was recalled there never comes back under the same.
LIFE = """language sql immutable as $$
    select case when life = 0 then uid
                else overlay(overlay(md5(uid::text || '/' || life) placing '4' from 13) placing '8' from 17)::uuid end $$"""

# Whoever shows the secret is nobody yet: what it opens is found by its digest, and by nothing else.
FOUND = """language sql stable security definer set search_path = public, pg_temp as $$
    select l.id, s.id, s.agency_id, s.person_id, l.made_by_id
      from sharing_feedlink l join sharing_subscription s on s.id = l.subscription_id
     where l.digest = sought and l.revoked_at is null and l.expires_at > hub_now()
$$"""


def guard(table: str, trigger: str, function_name: str, body: str, *, when: str = "update"):  # type: ignore[no-untyped-def]
    """A trigger before each row of `table` is changed that may refuse it; `body` is the function's, after its name."""
    return [
        function(f"{function_name}() returns trigger", body, to=""),
        migrations.RunSQL(
            f"create trigger {trigger} before {when} on {table} for each row execute function {function_name}()",
            NOTHING,
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0003_views")]

    operations = [
        function(
            "hub_terms(records bigint[]) returns table(direction bigint, agreement varchar, giver varchar, caveat varchar,"
            " legal_basis varchar, permitted_use varchar, keep_days int, withheld varchar[])",
            TERMS,
        ),
        function(
            "hub_had(of_record bigint, before timestamptz, openly bigint[])"
            " returns table (agency int, version int, first_at timestamptz, last_at timestamptz, channels text[])",
            HAD,
        ),
        function("hub_life(uid uuid, life int) returns uuid", LIFE),
        function("hub_purge(pk bigint, told text) returns void", PURGE, to="hub_app"),
        function(
            "hub_feed_link(sought varchar)"
            " returns table(link bigint, subscription bigint, agency int, person bigint, made_by bigint)",
            FOUND,
            to="hub_app",
        ),
        # What two sides accepted is changed by another that replaces it, whoever writes and however.
        *guard(
            "sharing_agreement",
            "stays",
            "sharing_agreement_stays",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and old.accepted_at is not null
                   and (old.name, old.whole_governments, old.valid_from, old.valid_to, old.accepted_at)
                       is distinct from (new.name, new.whole_governments, new.valid_from, new.valid_to, new.accepted_at)
                then raise exception 'an accepted agreement is changed by another that replaces it'
                     using errcode = 'check_violation', constraint = 'agreement_accepted_stays';
                end if;
                return new; end $$""",
        ),
        # One side does not accept what it entered, but for a change, which may be one that only takes away from what
        # it gives; nor does it take back the other side's suspension.
        *guard(
            "sharing_agreement",
            "two_sides",
            "sharing_agreement_two_sides",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and (
                    old.accepted_at is null and new.accepted_at is not null and new.replaces_id is null
                        and new.proposed_by_id = hub_agency()
                    or not new.suspended_by @> array_remove(old.suspended_by, hub_agency())) then
                    raise exception 'the other side of an agreement decides this'
                        using errcode = 'check_violation', constraint = 'agreement_of_two_sides';
                end if;
                return new; end $$""",
        ),
        # Who has left or was taken out is in again only by the lead's word, in a row of its own.
        *guard(
            "sharing_membership",
            "over",
            "sharing_membership_over",
            """language plpgsql set search_path = public, pg_temp as $$ begin
                if current_user = 'hub_app' and old.left_at is not null then
                    raise exception 'a membership that has ended does not begin again'
                        using errcode = 'check_violation', constraint = 'membership_stays_over';
                end if;
                return new; end $$""",
        ),
        # Like the trail: whoever had what is not made otherwise afterwards, by its owner neither.
        *guard(
            "sharing_ledger",
            "stands",
            "sharing_ledger_stands",
            """language plpgsql as $$ begin
                raise exception 'the ledger is append-only' using errcode = 'insufficient_privilege';
            end $$""",
            when="update or delete",
        ),
        function(
            "sharing_agency_subscribed() returns trigger",
            f"{DEFINER} $$ begin {EVERYTHING.format(agency='new.group_id')}; return null; end $$",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger never_emptied before truncate on sharing_ledger"
                " for each statement execute function sharing_ledger_stands()",
                "create trigger subscribed after insert on hub_agency"
                " for each row execute function sharing_agency_subscribed()",
            ],
            "drop trigger subscribed on hub_agency",
        ),
    ]
