"""What was done under an Idempotency-Key; of tokens a name for addresses, what each is for, when it was last used."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0004_seconded_inspectors"),
    ]

    operations = [
        migrations.AddField(
            model_name="token",
            name="label",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddField(
            model_name="token",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(
            "alter table hub_token add column uid uuid not null default gen_random_uuid() unique",
            "alter table hub_token drop column uid",
            state_operations=[
                migrations.AddField(
                    model_name="token",
                    name="uid",
                    field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
                )
            ],
        ),
        migrations.CreateModel(
            name="Done",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("request", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("place", models.CharField(blank=True, max_length=300)),
                ("said", models.JSONField(null=True)),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.token",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency", "person", "token", "key"), name="done_once", nulls_distinct=False
                    )
                ],
            },
        ),
        locked(
            "hub_done",
            read="agency_id = hub_agency() and -person_id = any(hub_mine())",
            write="agency_id = hub_agency() and -person_id = any(hub_mine())",
            engine="delete",
        ),
    ]
