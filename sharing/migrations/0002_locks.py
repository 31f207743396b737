"""Who may have what, held in the database: grants drive faces' audiences, each table is locked, a view gives its own."""

from importlib import import_module

from django.db import migrations

from hub.database.policies import NOTHING, function, locked, view

COLUMNS = import_module("bulletins.migrations.0002_locks").COLUMNS

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"
OWNER = "owner_id = hub_agency()"
AGENCY = "agency_id = hub_agency()"
ITSELF = "-person_id = any(hub_mine())"
# What is for a desk is for all of its agency; what is for a person, for that person alone.
FOR_ME = f"{AGENCY} and (person_id is null or {ITSELF})"
IN_PERSON = f"{AGENCY} and {ITSELF}"
# As every child of a record: hub_app sees a record only where its own agency owns it.
MY_RECORD = "exists (select 1 from bulletins_record r where r.id = record_id)"

# My own live grants, those of emergencies apart: these are asked for by a record's page alone. For somebody named at
# TLP:RED the grant is theirs alone.
LIVE = """g.group_id = hub_agency() and g.emergency_id is null
    and (g.person_id is null or -g.person_id = any(hub_mine()))
    and (g.until is null or g.until > hub_now())"""
OPENED = """g.emergency_id is not null and g.group_id = hub_agency() and -g.person_id = any(hub_mine())
    and g.until > hub_now()"""

# First lock the faces in order, then aggregate: without the lock a release that overlaps a recall brings the recalled
# agency back for good. NO KEY: a receipt's foreign key must not make a recall wait for a reader. Without emergencies:
# who reads a face by one is in no audience, and its end is nobody else's.
KEEP_AUDIENCES = """
    perform 1 from bulletins_face where id = any(ids) order by id for no key update;
    update bulletins_face f set audience = a.members, lapses_at = a.first_end
      from (select i.id,
                   coalesce(array_agg(coalesce(-g.person_id::int, g.group_id) order by g.group_id, g.person_id)
                            filter (where g.id is not null), '{}') as members,
                   min(g.until) as first_end
              from unnest(ids) i(id) left join sharing_grant g on g.face_id = i.id and g.emergency_id is null
             group by i.id) a
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


AUDIENCES = [
    function(
        "hub_still(face bigint) returns boolean",
        f"""language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
                return exists (select 1 from sharing_grant g where g.face_id = face and {LIVE}); end $$""",
    ),
    function(
        "hub_opened() returns setof bigint",
        f"""language sql stable security definer set search_path = public, pg_temp as
            $$ select g.face_id from sharing_grant g where {OPENED} $$""",
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
        f"""select g.id, g.record_id, g.face_id, g.visible_since, {", ".join(f"f.{name}" for name in COLUMNS)}
                from sharing_grant g join bulletins_face f on f.id = g.face_id where {LIVE}""",
    ),
]

# Who may make, lead, join and leave a community.
MY_COMMUNITY = "in (select hub_communities())"
LEAD_OR_STEWARD = "lead_id = hub_agency() or hub_can('steward')"
LED_BY_ME = "exists (select 1 from sharing_community c where c.code = sharing_joining.code and c.lead_id = hub_agency())"
# An agency's row is its own, and its lead's where there is such a community. Each begins it from its own side.
JOINING = f"({AGENCY} or {LED_BY_ME})"
BEGUN = f"({AGENCY} and invited_at is null) or ({LED_BY_ME} and invited_at is not null and asked_at is null)"
# Steward: the community's lead is its first member, nobody else is put in from above.
LEADS = """exists (select 1 from sharing_community c where c.id = community_id and (
    c.lead_id = hub_agency() or hub_can('steward') and c.lead_id = agency_id))"""

COMMUNITIES = [
    function(
        "hub_communities() returns setof bigint",
        """language sql stable security definer set search_path = public, pg_temp as $$
                select m.community_id from sharing_membership m join sharing_community c on c.id = m.community_id
                where m.agency_id = hub_agency() and m.confirmed_at <= hub_now() and m.left_at is null
                  and (c.closes_at is null or c.closes_at > hub_now()) $$""",
    ),
    locked(
        "sharing_community",
        read=f"id {MY_COMMUNITY} or lead_id = hub_agency() or hub_can('steward')",
        insert="hub_can('steward') or lead_id = hub_agency() and kind = 'operation'",
        change=LEAD_OR_STEWARD,
        columns="description, roster_visible, closes_at",
    ),
    # A hidden roster is its lead's alone; one's own membership is always one's own. Left, and nothing else: not joined
    # earlier, not with more history.
    locked(
        "sharing_membership",
        read=f"{AGENCY} or hub_can('steward') or exists (select 1 from sharing_community c"
        " where c.id = community_id and (c.lead_id = hub_agency() or c.roster_visible))",
        insert=LEADS,
        change=f"{AGENCY} or {LEADS}",
        columns="left_at",
    ),
    locked(
        "sharing_joining",
        read=f"{JOINING} or hub_can('steward')",
        insert=BEGUN,
        change=JOINING,
        columns="asked_at, asked_by_id, with_history, reason, lapses_at, declined_at, closed_at, outcome",
    ),
]

# Agreements are written by their parties, drafts alone, never what was accepted.
PARTY = "(first_id = hub_agency() or second_id = hub_agency())"
OWN_DRAFT = """exists (select 1 from sharing_agreement a
    where a.id = agreement_id and a.proposed_by_id = hub_agency() and a.accepted_at is null and a.declined_at is null
      and giver_id in (a.first_id, a.second_id))"""

AGREEMENTS = [
    locked(
        "sharing_agreement",
        read="first_id = hub_agency() or second_id = hub_agency() or hub_can('steward')",
        insert=f"{PARTY} and proposed_by_id = hub_agency() and accepted_at is null",
        change=PARTY,
        columns="name, whole_governments, valid_from, valid_to, accepted_at, declined_at, declined_by_id, decline_reason,"
        " suspended_at, suspended_by, suspend_reason, replaced_at, revision",
        engine="update (settled_at, warned)",
    ),
    locked(
        "sharing_direction",
        read="exists (select 1 from sharing_agreement a where a.id = agreement_id)",
        write=OWN_DRAFT,
    ),
    locked("sharing_unsettled", read="false", engine="insert, update, delete"),
]

GIVING = [
    # Inspectors ask, the engine decides. Its reader and the record's owner read the row too.
    locked(
        "sharing_emergency",
        read=f"hub_can('trail_all') or {ITSELF} or {MY_RECORD}",
        insert="hub_can('trail_all') and state = 'asked' and record_id is null",
        engine="update",
    ),
    locked("sharing_release", read=OWNER, write=f"{OWNER} and {MY_RECORD}", engine="update (applied_at)"),
    locked("sharing_consent", read="originator_id = hub_agency()", write="originator_id = hub_agency()"),
    locked("sharing_grant", read="group_id = hub_agency()", engine="insert, update, delete"),
    locked("sharing_entry", read=AGENCY, engine="insert, update (n, numbered_at, stood)"),
    locked("sharing_standing", read=AGENCY, engine="insert, update"),
    locked("sharing_withdrawal", read=AGENCY, engine="insert"),
    # The engine's too: sending is done for all recipients at once, their ledgers' rows are written with it.
    locked("sharing_ledger", read=AGENCY, insert=AGENCY, engine="insert"),
    # A receipt is for what the agency holds.
    locked(
        "sharing_receipt",
        read=AGENCY,
        write=f"{AGENCY} and exists (select 1 from sharing_grant g where g.record_id = sharing_receipt.record_id)",
    ),
    # The engine alone writes: who is asked follows from what a record rests on, which the asker may not know.
    locked("sharing_verdict", read=f"{AGENCY} or {OWNER}", engine="insert, update"),
    locked(
        "sharing_onwardrequest",
        read=f"asker_id = hub_agency() or {OWNER} or exists (select 1 from sharing_verdict v"
        " where v.request_id = sharing_onwardrequest.id and v.agency_id = hub_agency())",
        engine="insert, update",
    ),
    locked("sharing_leftover", read=MY_RECORD, insert=MY_RECORD, engine="delete"),
    locked("sharing_briefing", read=OWNER, write=OWNER),
    *(
        locked(
            f"sharing_briefing_{part}",
            read="exists (select 1 from sharing_briefing b where b.id = briefing_id)",
            write="exists (select 1 from sharing_briefing b where b.id = briefing_id)",
        )
        for part in ("agencies", "communities")
    ),
]

TAKING_BACK = [
    locked(
        "sharing_recall",
        read=f"{OWNER} or exists (select 1 from sharing_withdrawal w where w.recall_id = sharing_recall.id)",
        insert=f"{OWNER} and {MY_RECORD}",
    ),
    locked(
        "sharing_recallanswer",
        read=f"({FOR_ME}) or {OWNER}",
        insert=f"{FOR_ME} and exists (select 1 from sharing_withdrawal w where w.recall_id = sharing_recallanswer.recall_id"
        " and w.owner_id = sharing_recallanswer.owner_id"
        " and w.person_id is not distinct from sharing_recallanswer.person_id)",
    ),
    # Proposed for what the agency holds; settled by the owner, who changes no word of it.
    locked(
        "sharing_correction",
        read=f"({FOR_ME}) or {OWNER}",
        insert=f"{FOR_ME} and owner_id <> hub_agency() and state = 'open' and answer = '' and in_version is null"
        " and exists (select 1 from sharing_inbox i where i.record_id = sharing_correction.record_id"
        " and i.owner_id = sharing_correction.owner_id and i.version = sharing_correction.version)",
        change=OWNER,
        columns="state, settled_at, answer, in_version",
    ),
]

# As the subscription it belongs to: the row's own policy asks for its parent, which is under one itself.
OF_SUBSCRIPTION = "exists (select 1 from sharing_subscription s where s.id = subscription_id)"

TELLING = [
    locked(
        "sharing_subscription",
        read=FOR_ME,
        write=f"{FOR_ME} and (endpoint_id is null or exists ("
        "select 1 from sharing_endpoint e where e.id = endpoint_id))",
        engine="update (since_at, since_n, next_at, asks_anew)",
    ),
    locked("sharing_removedsubscription", read=FOR_ME, insert=FOR_ME),
    locked("sharing_quiethours", read=FOR_ME, write=FOR_ME),
    # The engine keeps how an endpoint answers, and seals secrets anew under the operators' new key.
    locked(
        "sharing_endpoint",
        read=AGENCY,
        write=AGENCY,
        engine="update (failures, failing_since, resting_until, answered_at, behind, sealed_secret, sealed_old_secret)",
    ),
    locked("sharing_delivery", read=FOR_ME, engine="insert, update"),
    locked(
        "sharing_alert",
        read="exists (select 1 from sharing_delivery d where d.alert_id = sharing_alert.id)",
        engine="insert",
    ),
    locked(
        "sharing_noticeread",
        read=AGENCY,
        write=f"{AGENCY} and exists (select 1 from sharing_delivery d where d.id = delivery_id)",
    ),
    locked("sharing_looked", read="false", engine="insert, update"),
    locked("sharing_reminded", read="false", engine="insert"),
    # Whoever looks in person, and nobody else: not their agency, not its administrator.
    locked("sharing_visit", read=ITSELF, write=ITSELF),
]

LEAVING_AND_COMING = [
    locked("sharing_fed", read=AGENCY, insert=AGENCY),
    locked("sharing_placed", read=AGENCY, write=AGENCY, engine="insert, update"),
    locked("sharing_feedlink", read=OF_SUBSCRIPTION, write=OF_SUBSCRIPTION),
    locked("sharing_feedentry", read=OF_SUBSCRIPTION, write=OF_SUBSCRIPTION, engine="update"),
    # A purge and the sweep end the files of others.
    locked("sharing_exportjob", read=IN_PERSON, write=IN_PERSON, engine="update, delete"),
    locked("sharing_participation", read=AGENCY, write=AGENCY),
    locked("sharing_original", read=AGENCY, write=f"{AGENCY} and (record_id is null or {MY_RECORD})"),
    locked("sharing_envelope", read=IN_PERSON, insert=IN_PERSON, engine="delete"),
    locked("sharing_upload", read=IN_PERSON, write=IN_PERSON, engine="update, delete"),
    locked("sharing_peer", read=AGENCY, write=AGENCY, engine="update"),
    locked("sharing_arrival", read=AGENCY, write=f"{AGENCY} and {MY_RECORD}", engine="update"),
    # Who would speak asks, whose voice it would be confirms, either ends it.
    locked(
        "sharing_voice",
        read="hub_agency() in (speaker_id, principal_id)",
        insert="speaker_id = hub_agency() and confirmed_at is null",
        change="principal_id = hub_agency()",
        columns="confirmed_at",
        remove="hub_agency() in (speaker_id, principal_id)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_sharing"), ("bulletins", "0002_locks")]

    operations = [
        *AUDIENCES,
        *COMMUNITIES,
        *AGREEMENTS,
        *GIVING,
        *TAKING_BACK,
        *TELLING,
        *LEAVING_AND_COMING,
    ]
