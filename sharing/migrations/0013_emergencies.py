import datetime
import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import NOTHING, function, locked, view

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"

# My own live grants, those of emergencies apart: these are asked for by a record's page alone.
LIVE = """g.group_id = hub_agency() and g.emergency_id is null
    and (g.person_id is null or -g.person_id = any(hub_mine()))
    and (g.until is null or g.until > hub_now())"""
OPENED = """g.emergency_id is not null and g.group_id = hub_agency() and -g.person_id = any(hub_mine())
    and g.until > hub_now()"""

FACE = """f.owner_id, f.version, f.withheld, f.kind, f.uid, f.ref, f.issued_at, f.shown, f.linked, f.words, f.title,
    f.methods, f.drugs, f.mode, f.month, f.region, f.country, f.port, f.latitude, f.longitude, f.hazard, f.urgency,
    f.mass_kg, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat, f.reliability, f.credibility"""

# As before, and without emergencies: who reads a face by one is in no audience, and its end is nobody else's.
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
    return function(
        f"{name}() returns trigger",
        f"{DEFINER} $$ declare ids bigint[]; begin ids := ({ids}); if ids is null then return null; end if;"
        f"{KEEP_AUDIENCES} end $$",
        to="",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("bulletins", "0007_enter_what_names_subjects"),
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0012_purge"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Opened",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("ref", models.CharField(max_length=9)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "sharing_opened",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Emergency",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("ref", models.CharField(max_length=9, verbose_name="reference")),
                ("danger", models.CharField(max_length=500, verbose_name="the imminent danger")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "waits for a second inspector"),
                            ("confirmed", "opened"),
                            ("declined", "declined"),
                            ("impossible", "cannot be opened"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "record_kind",
                    models.CharField(
                        blank=True,
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                        max_length=10,
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="grant",
            name="grant_once",
        ),
        migrations.RemoveIndex(
            model_name="grant",
            name="grant_list",
        ),
        migrations.AddField(
            model_name="emergency",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="asked_from",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="decided_from",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="emergency",
            name="record",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="bulletins.record",
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="emergency",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="sharing.emergency",
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                fields=["group", "-visible_since", "-content_object"],
                include=("face", "until", "person", "emergency"),
                name="grant_list",
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("emergency__isnull", False)),
                fields=["person"],
                name="grant_in_an_emergency",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=("content_object", "group", "person", "emergency"),
                name="grant_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("emergency", None),
                    models.Q(("person__isnull", False), ("until__isnull", False)),
                    _connector="OR",
                ),
                name="grant_in_an_emergency_is_for_one_person_and_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="emergency",
            index=models.Index(fields=["record"], name="emergency_record"),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["asked", "confirmed", "declined", "impossible"])),
                name="emergency_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(("danger", ""), _negated=True), name="emergency_names_a_danger"
            ),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state", "asked")),
                    models.Q(
                        models.Q(("state", "asked"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="emergency_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "confirmed"), _negated=True),
                    models.Q(
                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                        ("decided_from__isnull", False),
                        models.Q(("decided_from", models.F("asked_from")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="emergency_confirmed_by_another_agency",
            ),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("record__isnull", False), ("state", "confirmed"), ("until__isnull", False)),
                    models.Q(
                        models.Q(("state", "confirmed"), _negated=True), ("record", None), ("until", None)
                    ),
                    _connector="OR",
                ),
                name="emergency_opens_only_when_confirmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="emergency",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until", None),
                    (
                        "until__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("decided_at"), "+", models.Value(datetime.timedelta(seconds=3600))
                        ),
                    ),
                    _connector="OR",
                ),
                name="emergency_lasts_an_hour_at_most",
            ),
        ),
        # Inspectors ask, the engine decides. Its reader and the record's owner read the row too.
        locked(
            "sharing_emergency",
            read="hub_can('trail_all') or -person_id = any(hub_mine())"
            " or exists (select 1 from bulletins_record r where r.id = record_id)",
            insert="hub_can('trail_all') and state = 'asked' and record_id is null",
            engine="update",
        ),
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
                f"""create or replace view sharing_inbox as
                    select g.id, g.record_id, g.face_id, g.visible_since, {FACE}
                    from sharing_grant g join bulletins_face f on f.id = g.face_id where {LIVE}""",
                """create or replace view sharing_given as
                   select g.id, g.record_id, g.group_id as agency_id, g.person_id, f.version,
                          to_jsonb(f.withheld) as withheld, g.visible_since, g.until
                   from sharing_grant g join bulletins_face f on f.id = g.face_id
                   where f.owner_id = hub_agency() and g.group_id <> f.owner_id and g.emergency_id is null
                     and (g.until is null or g.until > hub_now())""",
            ],
            NOTHING,
        ),
        view(
            "sharing_opened",
            f"""select g.id, g.record_id, f.ref, f.kind, g.until
                from sharing_grant g join bulletins_face f on f.id = g.face_id where {OPENED}""",
        ),
    ]
