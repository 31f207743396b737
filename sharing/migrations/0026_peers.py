"""Peers: the partners' collections that an agency fetches from, and what came from other hubs."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked

OWN = "agency_id = hub_agency()"
# As every child of a record: hub_app sees a record only where its own agency owns it.
ON_OWN = f"{OWN} and exists (select from bulletins_record r where r.id = record_id)"
# A draft that is discarded takes it along.
ARRIVAL_RECORD = """alter table sharing_arrival add constraint arrival_record foreign key (record_id)
    references bulletins_record on delete cascade deferrable initially deferred"""


ALERTS = [
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
    ("hub", "Another hub"),
    ("ended", "No longer shared"),
    ("digest", "Digest"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0011_origins"),
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0025_push"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Peer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=100)),
                ("url", models.CharField(blank=True, max_length=500)),
                (
                    "scheme",
                    models.CharField(
                        choices=[
                            ("basic", "user name and password"),
                            ("token", "token"),
                            ("none", "nothing: it answers anybody"),
                        ],
                        max_length=5,
                    ),
                ),
                ("username", models.CharField(blank=True, max_length=150)),
                ("sealed_secret", models.TextField(blank=True)),
                ("every_minutes", models.PositiveIntegerField(default=60)),
                (
                    "unmarked",
                    models.CharField(
                        choices=[
                            ("TLP:CLEAR", "TLP:CLEAR"),
                            ("TLP:GREEN", "TLP:GREEN"),
                            ("TLP:AMBER", "TLP:AMBER"),
                            ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
                            ("TLP:RED", "TLP:RED"),
                        ],
                        default="TLP:AMBER+STRICT",
                        max_length=16,
                    ),
                ),
                ("is_hub", models.BooleanField(default=False)),
                ("hub", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("paused_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("after", models.CharField(blank=True, max_length=40)),
                ("next", models.CharField(blank=True, max_length=1000)),
                ("reached", models.CharField(blank=True, max_length=40)),
                ("page_size", models.PositiveIntegerField(default=200)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("idle", models.PositiveIntegerField(default=0)),
                ("pulled_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=200)),
                ("taken", models.PositiveBigIntegerField(default=0)),
                ("refused", models.PositiveBigIntegerField(default=0)),
                ("problems", models.JSONField(default=list)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hub", models.UUIDField()),
                ("uid", models.UUIDField()),
                ("peer_uid", models.UUIDField()),
                ("version", models.PositiveIntegerField()),
                ("acknowledged_version", models.PositiveIntegerField(default=0)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=200)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "record",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="arrival",
                        to="bulletins.record",
                    ),
                ),
                (
                    "peer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sharing.peer"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="peer",
            index=models.Index(
                condition=models.Q(("paused_at", None), ("removed_at", None)),
                fields=["due_at"],
                name="peer_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="peer",
            constraint=models.CheckConstraint(
                condition=models.Q(("scheme__in", ["basic", "token", "none"])), name="peer_scheme_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="peer",
            constraint=models.CheckConstraint(
                condition=models.Q(("unmarked__in", ["TLP:AMBER+STRICT", "TLP:RED"])),
                name="peer_unmarked_strict",
            ),
        ),
        migrations.AddConstraint(
            model_name="peer",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_minutes__range", (5, 10080))), name="peer_every"
            ),
        ),
        migrations.AddConstraint(
            model_name="peer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at", None), models.Q(("sealed_secret", ""), ("url", "")), _connector="OR"
                ),
                name="peer_removed_keeps_nothing",
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="arrival_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                fields=("agency", "hub", "uid"), name="arrival_once_an_agency"
            ),
        ),
        migrations.AlterField("alert", "kind", models.CharField(choices=ALERTS, max_length=10)),
        migrations.RemoveConstraint("alert", "alert_kind_known"),
        migrations.AddConstraint(
            "alert",
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind for kind, _label in ALERTS]), name="alert_kind_known"
            ),
        ),
        migrations.RunSQL(ARRIVAL_RECORD, "alter table sharing_arrival drop constraint arrival_record"),
        locked("sharing_peer", read=OWN, write=OWN, engine="update"),
        locked("sharing_arrival", read=OWN, write=ON_OWN, engine="update"),
    ]
