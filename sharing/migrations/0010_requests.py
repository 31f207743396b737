"""Requests to share on: who asked, and what each that has a say in it decided."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0004_sources"),
        ("hub", "0002_locks"),
        ("sharing", "0009_ledger"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OnwardRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("ref", models.CharField(max_length=9)),
                ("version", models.IntegerField()),
                ("need_to_know", models.CharField(max_length=300, verbose_name="need to know")),
                ("right_to_know", models.CharField(max_length=300, verbose_name="right to know")),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("granted", "granted"),
                            ("refused", "refused"),
                            ("withdrawn", "taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=500)),
                (
                    "withheld",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("core", "Core facts"),
                                ("detail", "Narrative and photographs"),
                                ("place", "Exact place and time"),
                                ("technique", "How it was found"),
                                ("identifiers", "Identifiers"),
                                ("case", "Case details"),
                            ],
                            max_length=12,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hub.agency",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=9), default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("later", "asked when the originators have consented"),
                            ("waiting", "waiting"),
                            ("granted", "granted"),
                            ("refused", "refused"),
                            ("closed", "no longer asked"),
                            ("withdrawn", "consent withdrawn"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                (
                    "withheld",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("core", "Core facts"),
                                ("detail", "Narrative and photographs"),
                                ("place", "Exact place and time"),
                                ("technique", "How it was found"),
                                ("identifiers", "Identifiers"),
                                ("case", "Case details"),
                            ],
                            max_length=12,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("until", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sharing.consent",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verdicts",
                        to="sharing.onwardrequest",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="onwardrequest",
            index=models.Index(fields=["asker", "-asked_at", "-id"], name="request_asker"),
        ),
        migrations.AddConstraint(
            model_name="onwardrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "granted", "refused", "withdrawn"])),
                name="request_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="onwardrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "waiting"), ("settled_at__isnull", False), _connector="OR"),
                name="request_settled_at_an_instant",
            ),
        ),
        migrations.AddConstraint(
            model_name="onwardrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("asker", "record", "recipient"),
                name="request_waits_once",
            ),
        ),
        migrations.AddIndex(
            model_name="verdict",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["agency"], name="verdict_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(fields=("request", "agency"), name="verdict_once"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["later", "waiting", "granted", "refused", "closed", "withdrawn"])
                ),
                name="verdict_state_known",
            ),
        ),
        # The engine alone writes: who is asked follows from what a record rests on, which the asker may not know.
        locked(
            "sharing_verdict",
            read="agency_id = hub_agency() or owner_id = hub_agency()",
            engine="insert, update",
        ),
        locked(
            "sharing_onwardrequest",
            read="asker_id = hub_agency() or owner_id = hub_agency() or exists (select 1 from sharing_verdict v"
            " where v.request_id = sharing_onwardrequest.id and v.agency_id = hub_agency())",
            engine="insert, update",
        ),
    ]
