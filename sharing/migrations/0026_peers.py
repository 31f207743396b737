"""Peers: the partners' collections that an agency fetches from, and what came from other hubs."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from hub.database.policies import locked

OWN = "agency_id = hub_agency()"


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0024_intake"),
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
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("paused_at", None), ("removed_at", None)),
                        fields=["due_at"],
                        name="peer_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scheme__in", ["basic", "token", "none"])),
                        name="peer_scheme_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unmarked__in", ["TLP:AMBER+STRICT", "TLP:RED"])),
                        name="peer_unmarked_strict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("every_minutes__range", (5, 10080))), name="peer_every"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("removed_at", None),
                            models.Q(("sealed_secret", ""), ("url", "")),
                            _connector="OR",
                        ),
                        name="peer_removed_keeps_nothing",
                    ),
                ],
            },
        ),
        locked("sharing_peer", read=OWN, write=OWN, engine="update"),
    ]
