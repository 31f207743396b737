"""Where each record stands for each agency that machines carried it to, and what feeds of a choice have given."""

import django.contrib.postgres.fields
from django.db import migrations, models

from hub.database.policies import NOTHING, function, locked

AGENCY = "agency_id = hub_agency()"

# Of several releases that reach an agency a grant names one; a community's feed asks for all. What stands is filled in
# from the one that is named, and becomes exact when the record is next decided.
COMMUNITIES = """
    update sharing_grant g set communities = array[l.community_id] from sharing_release l
     where l.id = g.release_id and l.community_id is not null
"""

# Nobody has read a machine feed before this: only what may be read now begins to stand, by its newest entry. Dates rise
# by themselves from here on, so that no two are alike for an agency.
FILL = """
    insert into sharing_standing (agency_id, record_id, life, uid, kind, owner_id, created_at, n, numbered_at, state, parts)
    select e.agency_id, e.record_id, 0, r.uid, r.kind, r.owner_id, v.published_at, e.n,
           statement_timestamp()
           + (row_number() over (partition by e.agency_id order by e.n)) * interval '500 microseconds',
           'live', '{}'
      from (select agency_id, record_id, max(n) as n from sharing_entry where n is not null group by 1, 2) e
      join bulletins_record r on r.id = e.record_id
      join bulletins_version v on v.record_id = r.id and v.number = 1
     where exists (select 1 from sharing_grant g join bulletins_face f on f.id = g.face_id
                    where g.record_id = e.record_id and g.group_id = e.agency_id
                      and g.person_id is null and g.emergency_id is null
                      and f.tlp <> 'TLP:RED' and not f.controls @> '{DISPLAY ONLY}')
"""
STAND = """
    update sharing_entry e set stood = s.state, numbered_at = s.numbered_at from sharing_standing s where s.n = e.n
"""

# The name of a record's life in machine feeds: what was recalled there never comes back under the same.
LIFE = """language sql immutable as $$
    select case when life = 0 then uid
                else overlay(overlay(md5(uid::text || '/' || life) placing '4' from 13) placing '8' from 17)::uuid end $$"""

KINDS = [
    ("granted", "Granted"),
    ("changed", "Changed"),
    ("remarked", "Remarked"),
    ("withdrawn", "Withdrawn"),
    ("recalled", "Recalled"),
]


class Migration(migrations.Migration):
    dependencies = [("sharing", "0021_purged_links"), ("bulletins", "0010_stix")]

    operations = [
        migrations.AlterField("entry", "kind", models.CharField(choices=KINDS, max_length=10)),
        migrations.AddField(
            "entry", "stood", models.CharField(db_default="", default="", max_length=10, blank=True)
        ),
        migrations.AddField(
            "grant",
            "communities",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.IntegerField()),
                ("record_id", models.BigIntegerField()),
                ("life", models.SmallIntegerField(default=0)),
                ("uid", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("owner_id", models.IntegerField()),
                ("created_at", models.DateTimeField()),
                ("n", models.BigIntegerField()),
                ("numbered_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("live", "Live"), ("ended", "Ended"), ("recalled", "Recalled")],
                        max_length=10,
                    ),
                ),
                (
                    "parts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["record_id", "agency_id", "life"], name="standing_once_a_life"
                    ),
                    models.UniqueConstraint(fields=["agency_id", "numbered_at"], name="standing_dated_once"),
                    models.UniqueConstraint(fields=["agency_id", "uid"], name="standing_by_uid"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["live", "ended", "recalled"])),
                        name="standing_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.IntegerField()),
                ("collection", models.UUIDField()),
                ("record_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["agency_id", "collection", "record_id"], name="fed_once"),
                ],
            },
        ),
        function("hub_life(uid uuid, life int) returns uuid", LIFE),
        locked("sharing_standing", read=AGENCY, engine="insert, update"),
        locked("sharing_fed", read=AGENCY, insert=AGENCY),
        migrations.RunSQL(
            ["grant update (stood) on sharing_entry to hub_engine", COMMUNITIES, FILL, STAND], NOTHING
        ),
    ]
