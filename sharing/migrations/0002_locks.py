"""Who may have what, held in the database: grants drive faces' audiences, views give each viewer their own."""

from django.db import migrations

from hub.database.policies import NOTHING, function, locked, view

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"
MINE = "owner_id = hub_agency()"
AGENCY = "agency_id = hub_agency()"
MY_COMMUNITY = "in (select hub_communities())"
MY_RECORD = "exists (select 1 from bulletins_record r where r.id = record_id)"

# My own live grants. For somebody named at TLP:RED the grant is theirs alone.
LIVE = """g.group_id = hub_agency()
    and (g.person_id is null or -g.person_id = any(hub_mine()))
    and (g.until is null or g.until > hub_now())"""

FACE = """f.owner_id, f.version, f.withheld, f.kind, f.uid, f.ref, f.issued_at, f.shown, f.linked, f.words, f.title,
    f.methods, f.drugs, f.mode, f.month, f.region, f.country, f.port, f.latitude, f.longitude, f.hazard, f.urgency,
    f.mass_kg, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat, f.reliability, f.credibility"""

# First lock the faces in order, then aggregate: without the lock a release that overlaps a recall brings the recalled
# agency back for good. NO KEY: a receipt's foreign key must not make a recall wait for a reader.
KEEP_AUDIENCES = """
    perform 1 from bulletins_face where id = any(ids) order by id for no key update;
    update bulletins_face f set audience = a.members, lapses_at = a.first_end
      from (select i.id,
                   coalesce(array_agg(coalesce(-g.person_id::int, g.group_id) order by g.group_id, g.person_id)
                            filter (where g.id is not null), '{}') as members,
                   min(g.until) as first_end
              from unnest(ids) i(id) left join sharing_grant g on g.face_id = i.id group by i.id) a
     where f.id = a.id and (f.audience, f.lapses_at) is distinct from (a.members, a.first_end);
    return null;
"""


def keeper(name: str, ids: str):  # type: ignore[no-untyped-def]
    """A statement-level trigger function that keeps the audiences of the faces in `ids`."""
    return function(
        f"{name}() returns trigger",
        f"{DEFINER} $$ declare ids bigint[]; begin ids := ({ids}); if ids is null then return null; end if;"
        f"{KEEP_AUDIENCES} end $$",
        to="",
    )


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_sharing"), ("bulletins", "0002_locks")]

    operations = [
        function(
            "hub_communities() returns setof bigint",
            """language sql stable security definer set search_path = public, pg_temp as $$
                select m.community_id from sharing_membership m join sharing_community c on c.id = m.community_id
                where m.agency_id = hub_agency() and m.confirmed_at <= hub_now() and m.left_at is null
                  and (c.closes_at is null or c.closes_at > hub_now()) $$""",
        ),
        function(
            "hub_still(face bigint) returns boolean",
            f"""language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
                return exists (select 1 from sharing_grant g where g.face_id = face and {LIVE}); end $$""",
        ),
        locked(
            "sharing_community", read=f"id {MY_COMMUNITY} or lead_id = hub_agency() or hub_can('steward')"
        ),
        # A hidden roster is its lead's alone; one's own membership is always one's own.
        locked(
            "sharing_membership",
            read=f"{AGENCY} or hub_can('steward') or exists (select 1 from sharing_community c"
            " where c.id = community_id and (c.lead_id = hub_agency() or c.roster_visible))",
        ),
        locked(
            "sharing_agreement",
            read="first_id = hub_agency() or second_id = hub_agency() or hub_can('steward')",
        ),
        locked(
            "sharing_direction",
            read="exists (select 1 from sharing_agreement a where a.id = agreement_id)",
        ),
        locked("sharing_release", read=MINE, write=f"{MINE} and {MY_RECORD}", engine="update (applied_at)"),
        locked("sharing_consent", read="originator_id = hub_agency()", write="originator_id = hub_agency()"),
        locked("sharing_grant", read="group_id = hub_agency()", engine="insert, update, delete"),
        locked("sharing_entry", read=AGENCY, engine="insert, update (n, numbered_at)"),
        locked("sharing_withdrawal", read=AGENCY, engine="insert"),
        locked("sharing_ledger", read=AGENCY, insert=AGENCY),
        locked("sharing_endpoint", read=AGENCY, write=AGENCY),
        locked("sharing_delivery", read=AGENCY, engine="insert, update"),
        locked(
            "sharing_alert",
            read="exists (select 1 from sharing_delivery d where d.alert_id = sharing_alert.id)",
            engine="insert",
        ),
        # A receipt is for what the agency holds.
        locked(
            "sharing_receipt",
            read=AGENCY,
            write=f"{AGENCY} and exists (select 1 from sharing_grant g where g.record_id = sharing_receipt.record_id)",
        ),
        locked("sharing_briefing", read=MINE, write=MINE),
        *(
            locked(
                f"sharing_briefing_{part}",
                read="exists (select 1 from sharing_briefing b where b.id = briefing_id)",
                write="exists (select 1 from sharing_briefing b where b.id = briefing_id)",
            )
            for part in ("agencies", "communities")
        ),
        keeper("sharing_grant_added", "select array_agg(distinct face_id) from fresh"),
        keeper("sharing_grant_removed", "select array_agg(distinct face_id) from gone"),
        keeper(
            "sharing_grant_changed",
            """select array_agg(distinct face) from (
                   select unnest(array[o.face_id, n.face_id]) as face from gone o join fresh n on n.id = o.id
                   where (o.face_id, o.group_id, o.person_id, o.until)
                         is distinct from (n.face_id, n.group_id, n.person_id, n.until)) moved""",
        ),
        migrations.RunSQL(
            [
                "create trigger added after insert on sharing_grant referencing new table as fresh"
                " for each statement execute function sharing_grant_added()",
                "create trigger removed after delete on sharing_grant referencing old table as gone"
                " for each statement execute function sharing_grant_removed()",
                "create trigger changed after update on sharing_grant referencing old table as gone new table as fresh"
                " for each statement execute function sharing_grant_changed()",
            ],
            NOTHING,
        ),
        # Not a security_barrier (measured: 381 ms), and the grant's record, never the face's: the covering index.
        view(
            "sharing_inbox",
            f"""select g.id, g.record_id, g.face_id, g.visible_since, {FACE}
                from sharing_grant g join bulletins_face f on f.id = g.face_id where {LIVE}""",
        ),
        view(
            "sharing_given",
            """select g.id, g.record_id, g.group_id as agency_id, g.person_id, f.version, to_jsonb(f.withheld) as withheld,
                      g.visible_since, g.until
               from sharing_grant g join bulletins_face f on f.id = g.face_id
               where f.owner_id = hub_agency() and g.group_id <> f.owner_id
                 and (g.until is null or g.until > hub_now())""",
        ),
        view(
            "sharing_answered",
            """select r.record_id || '-' || r.version || '-' || r.agency_id as id, r.record_id, r.version, r.agency_id,
                      min(r.read_at) as read_at, min(r.acknowledged_at) as acknowledged_at
               from sharing_receipt r join bulletins_record b on b.id = r.record_id
               where b.owner_id = hub_agency() and r.agency_id <> b.owner_id
               group by r.record_id, r.version, r.agency_id""",
        ),
    ]
