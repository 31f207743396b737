"""Secret links of feeds, what feeds have said, and files made by workers."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import function, locked

OF_OWN = "exists (select 1 from sharing_subscription s where s.id = subscription_id)"
MINE = "agency_id = hub_agency() and -person_id = any(hub_mine())"

# Whoever shows the secret is nobody yet: what it opens is found by its digest, and by nothing else.
FOUND = """language sql stable security definer set search_path = public, pg_temp as $$
    select l.id, s.id, s.agency_id, s.person_id, l.made_by_id
      from sharing_feedlink l join sharing_subscription s on s.id = l.subscription_id
     where l.digest = sought and l.revoked_at is null and l.expires_at > hub_now()
$$"""

KINDS = (
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
    ("export", "File"),
    ("digest", "Digest"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0022_standing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="alert", name="alert_kind_known"),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(choices=[(kind, label) for kind, label in KINDS], max_length=10),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=[kind for kind, _label in KINDS]), name="alert_kind_known"
            ),
        ),
        migrations.CreateModel(
            name="ExportJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("question", models.JSONField(default=dict)),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("csv", "CSV"),
                            ("xlsx", "Excel"),
                            ("json", "JSON"),
                            ("stix", "STIX"),
                            ("zip", "ZIP"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("working", "being made"),
                            ("ready", "ready"),
                            ("failed", "could not be made"),
                            ("outdated", "no longer true"),
                            ("expired", "expired"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("done", models.IntegerField(default=0)),
                ("total", models.IntegerField(null=True)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("size", models.BigIntegerField(default=0)),
                ("marking", models.TextField(blank=True)),
                (
                    "records",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("mark", models.CharField(blank=True, max_length=64)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.agency",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "-made_at"], name="export_list"),
                    models.Index(fields=["state", "touched_at"], name="export_state"),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("state", "ready")), fields=["records"], name="export_records"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("form__in", ["csv", "xlsx", "json", "stix", "zip"])),
                        name="export_form_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "working", "ready", "failed", "outdated", "expired"])
                        ),
                        name="export_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ready"), _negated=True),
                            ("expires_at__isnull", False),
                            _connector="OR",
                        ),
                        name="export_ready_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("channel", models.CharField(choices=[("atom", "Atom"), ("cap", "Cap")], max_length=10)),
                ("record", models.BigIntegerField()),
                ("uid", models.UUIDField()),
                ("path", models.CharField(max_length=40)),
                ("shape", models.CharField(blank=True, max_length=64)),
                ("message", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("before", models.JSONField(default=list)),
                ("changed_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField(null=True)),
                (
                    "subscription",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sharing.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subscription", "channel", "record"), name="feed_entry_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["atom", "cap"])), name="feed_entry_channel"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sharing.subscription",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)),
                        fields=("subscription",),
                        name="feed_link_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("made_at"))), name="feed_link_ends"
                    ),
                ],
            },
        ),
        # As the subscription it belongs to: the row's own policy asks for its parent, which is under one itself.
        locked("sharing_feedlink", read=OF_OWN, write=OF_OWN),
        locked("sharing_feedentry", read=OF_OWN, write=OF_OWN, engine="update"),
        # A purge and the sweep end the files of others.
        locked("sharing_exportjob", read=MINE, write=MINE, engine="update, delete"),
        function(
            "hub_feed_link(sought varchar)"
            " returns table(link bigint, subscription bigint, agency int, person bigint, made_by bigint)",
            FOUND,
            to="hub_app",
        ),
    ]
