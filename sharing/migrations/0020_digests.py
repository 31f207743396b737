"""Where each digest goes on from, and when mail may reach somebody."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked

MINE = "agency_id = hub_agency() and (person_id is null or -person_id = any(hub_mine()))"


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0019_acknowledgement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription", name="since_n", field=models.BigIntegerField(null=True)
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("n__isnull", False)), fields=["agency_id", "n"], name="entry_agency"
            ),
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("begins", models.TimeField()),
                ("ends", models.TimeField()),
                ("changed_at", models.DateTimeField()),
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency", "person"), name="quiet_hours_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("begins", models.F("ends")), _negated=True),
                        name="quiet_hours_end",
                    ),
                ]
            },
        ),
        locked("sharing_quiethours", read=MINE, write=MINE),
        migrations.RunSQL(
            "grant update (since_at, since_n, next_at) on sharing_subscription to hub_engine",
            "revoke update (since_at, since_n, next_at) on sharing_subscription from hub_engine",
        ),
    ]
