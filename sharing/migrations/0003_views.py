"""What each side is shown of what the other does: the inbox, what was given and answered, recalls, the ledger."""

from importlib import import_module

from django.db import migrations

from hub.database.policies import view

locks = import_module("sharing.migrations.0002_locks")

FOR_ME = "{0}.agency_id = hub_agency() and ({0}.person_id is null or -{0}.person_id = any(hub_mine()))"
ARRIVED = "{0}.channel = 'inbox' and {0}.state = 'sent'"
UNENDED = "(g.until is null or g.until > hub_now())"

# A record's newest alert to the viewer, while they may see the record or are told of its recall; but for a recall of one
# version alone: whoever holds another keeps the record's own line. With what matched: of the desk's subscriptions and
# of the reader's own, which are told side by side.
INBOX = f"""
    select d.id, d.uid, a.kind as alert, a.record_id, a.record_kind as kind, a.ref,
           coalesce(g.version, w.version, a.version) as version, a.owner_id, coalesce(g.hazard, a.hazard) as hazard,
           a.at, case when a.kind = 'recalled' then w.at end as recalled_at, w.only_version,
           r.read_at, r.acknowledged_at,
           array(select distinct m.id from sharing_delivery b cross join unnest(b.matched) m(id)
                  where b.alert_id = a.id and {FOR_ME.format("b")} and {ARRIVED.format("b")} order by 1) as matched
      from sharing_delivery d
      join sharing_alert a on a.id = d.alert_id
      left join sharing_inbox g on g.record_id = a.record_id and a.kind <> 'recalled'
      left join lateral (
          select w.at, w.version, w.only_version from sharing_withdrawal w
           where {FOR_ME.format("w")} and w.ref = a.ref and w.kind = 'recalled' and a.kind = 'recalled' and w.at = a.at
           limit 1) w on true
      left join sharing_receipt r on r.record_id = g.record_id and r.version = g.version
       and -r.person_id = any(hub_mine())
     where {FOR_ME.format("d")} and {ARRIVED.format("d")} and (g.id is not null or w.at is not null)
       and not exists (
          select 1 from sharing_alert b join sharing_delivery n on n.alert_id = b.id
           where b.record_id = a.record_id and n.id > d.id and (b.kind <> 'recalled' or a.kind = 'recalled')
             and {FOR_ME.format("n")} and {ARRIVED.format("n")})
"""

# What the viewer is asked to acknowledge. Who was given it after the time had passed is not asked. At TLP:RED each
# person named answers for themselves; otherwise the first of the agency answers for it.
ASKED = f"""
    select g.id, g.record_id, f.ref, f.kind, f.version, f.owner_id, g.acknowledge_by,
           (select min(r.acknowledged_at) from sharing_receipt r
             where r.record_id = g.record_id and r.version = f.version and r.agency_id = g.group_id
               and (g.person_id is null or r.person_id = g.person_id)) as acknowledged_at
      from sharing_grant g join bulletins_face f on f.id = g.face_id
     where {locks.LIVE}
       and g.acknowledge_by > g.visible_since and f.owner_id <> hub_agency()
"""

# For the owner: whom a recall was told to, when it reached them, when they last answered. Not which person.
TOLD = """
    select w.id, w.recall_id, w.agency_id, w.person_id is not null as in_person, w.version, w.at as told_at,
           s.sent_at, s.channels, e.answered_at, w.basis
      from sharing_withdrawal w
      join sharing_recall r on r.id = w.recall_id
      left join lateral (
          select min(d.sent_at) as sent_at, array_agg(distinct d.channel::text) as channels
            from sharing_alert a join sharing_delivery d on d.alert_id = a.id
           where a.record_id = r.record_id and a.kind = 'recalled' and a.at = w.at and d.agency_id = w.agency_id
             and d.person_id is not distinct from w.person_id and d.state = 'sent') s on true
      left join lateral (
          select max(n.at) as answered_at from sharing_recallanswer n
           where n.recall_id = w.recall_id and n.agency_id = w.agency_id
             and n.person_id is not distinct from w.person_id) e on true
     where w.kind = 'recalled' and w.owner_id = hub_agency()
"""

# The ledger, entry by entry: the arrays of a row are parallel.
ENTRIES = """cross join lateral unnest(l.records, l.versions, l.withheld, l.basis, l.agreements)
        with ordinality as u(record_id, version, withheld, release_id, agreement_id, place)"""

# What was withheld and held something: what the disclosure itself told, and no more.
WITHHELD = """array(select g from unnest(string_to_array(u.withheld, ',')) g
               where coalesce(v.content -> g, '{}') not in ('{}', '[]', '""', 'null'))"""

SAID = f"""l.id || '-' || u.place as id, l.id as ledger_id, u.place, l.at, l.agency_id, l.channel, r.id as record_id,
    r.uid, r.ref, r.kind, r.owner_id, u.version, {WITHHELD} as withheld, nullif(u.agreement_id, 0) as agreement_id"""

# The release that it was given by, where the owner may see whom that reaches: to the agency, to all, to an open roster.
# A row rests on a roster that is its lead's only where nothing else reached the agency, and then it is not there.
# What was given on no release of the owner's (0, or an emergency's number below it) is told all the same.
OPENLY = """
    select coalesce(
        (select s.id from sharing_release s left join sharing_community c on c.id = s.community_id
          where s.id = u.release_id and (c.id is null or c.roster_visible or c.lead_id = hub_agency())),
        case when u.release_id <= 0 then 0 end) as id
"""

# `l.records @>` says again what the join says: it is what the index on `records` answers for one record.
GIVEN = f"""
    select {SAID}, r.tlp = 'TLP:RED' as red, r.poster_id, nullif(o.id, 0) as release_id
    from sharing_ledger l
    {ENTRIES}
    join bulletins_record r on r.id = u.record_id and l.records @> array[r.id]
    left join bulletins_version v on v.record_id = r.id and v.number = u.version
    cross join lateral ({OPENLY}) o
    where r.owner_id = hub_agency() and l.agency_id <> r.owner_id and o.id is not null
"""

# The marking as the agency has it, or had it when it was taken back: what it became since is not theirs to know.
MARKED = """coalesce(h.tlp, w.tlp, '') as tlp, coalesce(h.controls, '{}') as controls, coalesce(h.rel_to, '{}') as rel_to,
    coalesce(h.cui_categories, '{}') as cui_categories, coalesce(h.caveat, '') as caveat,
    coalesce(h.reliability, '') as reliability, coalesce(h.credibility, '') as credibility"""

TAKEN = f"""
    select {SAID}, l.person_id, l.person, {MARKED}, coalesce(h.tlp, w.tlp, r.tlp) = 'TLP:RED' as red
    from sharing_ledger l
    {ENTRIES}
    join bulletins_record r on r.id = u.record_id and l.records @> array[r.id]
    left join bulletins_version v on v.record_id = r.id and v.number = u.version
    left join lateral (select f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat, f.reliability, f.credibility
                         from sharing_grant g join bulletins_face f on f.id = g.face_id
                        where g.record_id = r.id and g.group_id = hub_agency()
                          and (g.until is null or g.until > hub_now()) limit 1) h on true
    left join lateral (select t.tlp from sharing_withdrawal t where t.agency_id = hub_agency() and t.ref = r.ref
                        order by t.at desc limit 1) w on true
    where l.agency_id = hub_agency() and r.owner_id <> hub_agency()
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_locks")]

    operations = [
        view("sharing_inboxitem", INBOX),
        view("sharing_asked", ASKED),
        view(
            "sharing_opened",
            f"""select g.id, g.record_id, f.ref, f.kind, g.until
                from sharing_grant g join bulletins_face f on f.id = g.face_id where {locks.OPENED}""",
        ),
        view(
            "sharing_given",
            f"""select g.id, g.record_id, g.group_id as agency_id, g.person_id, f.version, to_jsonb(f.withheld) as withheld,
                      g.visible_since, g.until
               from sharing_grant g join bulletins_face f on f.id = g.face_id
               where f.owner_id = hub_agency() and g.group_id <> f.owner_id and g.emergency_id is null
                 and {UNENDED}""",
        ),
        # Beside sharing_given, which has a row for each holder.
        view(
            "sharing_reworded",
            f"""select g.id, g.record_id, g.group_id as agency_id, f.version, to_jsonb(f.reworded) as fields
               from sharing_grant g join bulletins_face f on f.id = g.face_id
               where f.owner_id = hub_agency() and g.group_id <> f.owner_id and f.reworded <> '{{}}'
                 and {UNENDED}""",
        ),
        view(
            "sharing_answered",
            """select r.record_id || '-' || r.version || '-' || r.agency_id as id, r.record_id, r.version, r.agency_id,
                      min(r.read_at) as read_at, min(r.acknowledged_at) as acknowledged_at
               from sharing_receipt r join bulletins_record b on b.id = r.record_id
               where b.owner_id = hub_agency() and r.agency_id <> b.owner_id
               group by r.record_id, r.version, r.agency_id""",
        ),
        # What an invited agency is told of a community that is not yet its own.
        view(
            "sharing_invitation",
            """select j.id, j.uid, c.code, c.name, c.kind, c.description, c.closes_at, c.lead_id, j.invited_at, j.asked_at,
                      j.lapses_at
               from sharing_joining j join sharing_community c on c.code = j.code
               where j.agency_id = hub_agency() and j.invited_at is not null and j.closed_at is null
                 and j.lapses_at > hub_now() and (c.closes_at is null or c.closes_at > hub_now())""",
        ),
        view("sharing_told", TOLD),
        view("sharing_ledger_given", GIVEN),
        view("sharing_ledger_taken", TAKEN),
    ]
