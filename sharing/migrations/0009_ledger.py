"""The ledger as each side may read it: owners who was given theirs, agencies what they were given; never changed."""

import django.contrib.postgres.fields
from django.db import migrations, models

from hub.database.policies import function, view

# Entry by entry: the arrays of a row are parallel. Rows from before agreements were kept have none.
ENTRIES = """cross join lateral unnest(l.records, l.versions, l.withheld, l.basis, l.agreements)
        with ordinality as u(record_id, version, withheld, release_id, agreement_id, place)"""

# What was withheld and held something: what the disclosure itself told, and no more.
WITHHELD = """array(select g from unnest(string_to_array(u.withheld, ',')) g
               where coalesce(v.content -> g, '{}') not in ('{}', '[]', '""', 'null'))"""

SAID = f"""l.id || '-' || u.place as id, l.id as ledger_id, u.place, l.at, l.agency_id, l.channel, r.id as record_id,
    r.uid, r.ref, r.kind, r.owner_id, u.version, {WITHHELD} as withheld, nullif(u.agreement_id, 0) as agreement_id"""

# The release that the owner may be told of by name at that moment: to the agency, to an open roster with it, to all, or to
# its parent. Where only a community whose roster is its lead's reached it, there is none, and the line is not there.
# What was given on no release at all was given past the owner's, who is told.
OPENLY = """
    select coalesce(
        (select s.id from sharing_release s left join sharing_community c on c.id = s.community_id
          where s.record_id = r.id and s.starts_at <= l.at
            and (s.ended_at is null or s.ended_at > l.at) and (s.ends_at is null or s.ends_at > l.at)
            and (c.id is null or c.roster_visible or c.lead_id = hub_agency())
            and (s.agency_id is null and s.community_id is null
                 or s.agency_id in (a.group_id, a.parent)
                 or s.members && array[a.group_id, a.parent]
                 or exists (select from sharing_membership m
                             where m.community_id = s.community_id and m.agency_id in (a.group_id, a.parent)
                               and m.confirmed_at <= l.at and (m.left_at is null or m.left_at > l.at)))
          order by (s.id = u.release_id) desc, s.id desc limit 1),
        case when u.release_id = 0 then 0 end) as id
"""

# `l.records @>` says again what the join says: it is what the index on `records` answers for one record.
GIVEN = f"""
    select {SAID}, r.tlp = 'TLP:RED' as red, r.poster_id, nullif(o.id, 0) as release_id
    from sharing_ledger l
    {ENTRIES}
    join bulletins_record r on r.id = u.record_id and l.records @> array[r.id]
    join lateral (select g.group_id, case when g.parent_confirmed_at is not null then g.parent_id end as parent
                    from hub_agency g where g.group_id = l.agency_id) a on true
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
    dependencies = [("sharing", "0008_communities_locks"), ("hub", "0003_seals")]

    operations = [
        migrations.AddField(
            model_name="ledgerrow",
            name="agreements",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.RemoveIndex(model_name="ledgerrow", name="ledger_agency"),
        migrations.AddIndex(
            model_name="ledgerrow",
            index=models.Index(fields=["agency", "-at", "-id"], name="ledger_agency_at"),
        ),
        migrations.AddIndex(
            model_name="ledgerrow", index=models.Index(fields=["-at", "-id"], name="ledger_at")
        ),
        # Like the trail: whoever had what is not made otherwise afterwards, by its owner neither.
        function(
            "sharing_ledger_stands() returns trigger",
            """language plpgsql as $$ begin
                raise exception 'the ledger is append-only' using errcode = 'insufficient_privilege';
            end $$""",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger stands before update or delete on sharing_ledger"
                " for each row execute function sharing_ledger_stands()",
                "create trigger never_emptied before truncate on sharing_ledger"
                " for each statement execute function sharing_ledger_stands()",
            ],
            [
                "drop trigger stands on sharing_ledger",
                "drop trigger never_emptied on sharing_ledger",
            ],
        ),
        view("sharing_ledger_given", GIVEN),
        view("sharing_ledger_taken", TAKEN),
        migrations.CreateModel(
            name="LedgerGiven",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("ledger_id", models.BigIntegerField()),
                ("place", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("channel", models.CharField(max_length=12)),
                ("record_id", models.BigIntegerField()),
                ("uid", models.UUIDField()),
                ("ref", models.CharField(max_length=9)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("version", models.IntegerField()),
                (
                    "withheld",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), size=None
                    ),
                ),
                ("agreement_id", models.BigIntegerField(null=True)),
                ("red", models.BooleanField()),
                ("release_id", models.BigIntegerField(null=True)),
                ("poster_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "sharing_ledger_given",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="LedgerTaken",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("ledger_id", models.BigIntegerField()),
                ("place", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("channel", models.CharField(max_length=12)),
                ("record_id", models.BigIntegerField()),
                ("uid", models.UUIDField()),
                ("ref", models.CharField(max_length=9)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("version", models.IntegerField()),
                (
                    "withheld",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), size=None
                    ),
                ),
                ("agreement_id", models.BigIntegerField(null=True)),
                ("red", models.BooleanField()),
                ("person_id", models.BigIntegerField(null=True)),
                ("person", models.CharField(max_length=150)),
                ("tlp", models.CharField(max_length=16)),
                (
                    "controls",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12), size=None
                    ),
                ),
                (
                    "rel_to",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), size=None
                    ),
                ),
                (
                    "cui_categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), size=None
                    ),
                ),
                ("caveat", models.CharField(max_length=120)),
                ("reliability", models.CharField(max_length=1)),
                ("credibility", models.CharField(max_length=1)),
            ],
            options={
                "db_table": "sharing_ledger_taken",
                "managed": False,
            },
        ),
    ]
