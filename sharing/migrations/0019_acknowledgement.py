"""Acknowledgement asked for by a time: on releases and grants, what was reminded of it; when somebody last looked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked, view

MINE = "-person_id = any(hub_mine())"

# What the viewer is asked to acknowledge. Who was given it after the time had passed is not asked. At TLP:RED each
# person named answers for themselves; otherwise the first of the agency answers for it.
ASKED = """
    select g.id, g.record_id, f.ref, f.kind, f.version, f.owner_id, g.acknowledge_by,
           (select min(r.acknowledged_at) from sharing_receipt r
             where r.record_id = g.record_id and r.version = f.version and r.agency_id = g.group_id
               and (g.person_id is null or r.person_id = g.person_id)) as acknowledged_at
      from sharing_grant g join bulletins_face f on f.id = g.face_id
     where g.group_id = hub_agency() and g.emergency_id is null
       and (g.person_id is null or -g.person_id = any(hub_mine()))
       and (g.until is null or g.until > hub_now())
       and g.acknowledge_by > g.visible_since and f.owner_id <> hub_agency()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0007_enter_what_names_subjects"),
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0018_endpoints"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Asked",
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
                ("version", models.IntegerField()),
                ("acknowledge_by", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "sharing_asked", "managed": False},
        ),
        migrations.CreateModel(
            name="Reminded",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.IntegerField()),
                ("acknowledge_by", models.DateTimeField()),
                (
                    "step",
                    models.CharField(
                        choices=[("reminder", "Reminder"), ("escalation", "Escalation")], max_length=10
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                ("away_since", models.DateTimeField(null=True)),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(model_name="alert", name="alert_kind_known"),
        migrations.AddField(model_name="grant", name="acknowledge_by", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="release",
            name="acknowledge_by",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("new", "New"),
                    ("amended", "Amended"),
                    ("recalled", "Recalled"),
                    ("correction", "Correction"),
                    ("request", "Request"),
                    ("agreement", "Agreement"),
                    ("community", "Community"),
                    ("emergency", "Break glass"),
                    ("review", "Review"),
                    ("action", "Action due"),
                    ("digest", "Digest"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("acknowledge_by__isnull", False)),
                fields=["acknowledge_by"],
                name="grant_acknowledge_by",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("record", None)), fields=["path", "kind"], name="alert_notice"
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "new",
                            "amended",
                            "recalled",
                            "correction",
                            "request",
                            "agreement",
                            "community",
                            "emergency",
                            "review",
                            "action",
                            "digest",
                        ],
                    )
                ),
                name="alert_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("acknowledge_by", None),
                    ("acknowledge_by__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="release_acknowledged_after_start",
            ),
        ),
        migrations.AddField(
            model_name="reminded",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="reminded",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reminded",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminded",
            constraint=models.UniqueConstraint(
                fields=("record", "version", "agency", "person", "acknowledge_by", "step"),
                name="reminded_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="reminded",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["reminder", "escalation"])), name="reminded_step_known"
            ),
        ),
        locked("sharing_reminded", read="false", engine="insert"),
        # Whoever looks in person, and nobody else: not their agency, not its administrator.
        locked("sharing_visit", read=MINE, write=MINE),
        view("sharing_asked", ASKED),
    ]
