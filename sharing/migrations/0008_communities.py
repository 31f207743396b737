"""Ways into a community; an operation group has a day on which it closes; who has left did so after joining."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0002_locks"),
        ("sharing", "0007_earlier_recalls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="unsettled",
            name="quiet",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField()),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("hidta", "HIDTA region"),
                            ("dhe", "Domestic Highway Enforcement"),
                            ("bilateral", "Bilateral"),
                            ("international", "International"),
                            ("operation", "Operation"),
                        ],
                        max_length=15,
                    ),
                ),
                ("description", models.TextField()),
                ("closes_at", models.DateTimeField(null=True)),
                ("invited_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("lapses_at", models.DateTimeField()),
            ],
            options={
                "db_table": "sharing_invitation",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Joining",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("code", models.CharField(max_length=20)),
                ("invited_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("with_history", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("lapses_at", models.DateTimeField()),
                ("declined_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("joined", "joined"),
                            ("declined", "declined"),
                            ("withdrawn", "withdrawn"),
                            ("lapsed", "lapsed"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="community",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "operation"), _negated=True),
                    ("closes_at__isnull", False),
                    _connector="OR",
                ),
                name="community_operation_closes",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("left_at", None), ("left_at__gte", models.F("joined_at")), _connector="OR"
                ),
                name="membership_left_after_joining",
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="joining",
            name="invited_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="joining",
            index=models.Index(condition=models.Q(("closed_at", None)), fields=["code"], name="joining_open"),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("code", "agency"),
                name="joining_once_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("invited_at__isnull", False), ("asked_at__isnull", False), _connector="OR"
                ),
                name="joining_begun_by_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="joining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("outcome", "")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("outcome__in", ["joined", "declined", "withdrawn", "lapsed"]),
                    ),
                    _connector="OR",
                ),
                name="joining_closed_with_an_outcome",
            ),
        ),
    ]
