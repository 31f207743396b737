"""Places of their own in subscriptions' collections; until when another hub asks for an acknowledgement."""

import django.db.models.deletion
from django.db import migrations, models

from hub.database.policies import NOTHING, locked

TOLD = [("reminder", "Reminder"), ("escalation", "Escalation")]
# Which of a record's lives was given was not kept until now: those it has had since are taken for given too.
LIVES = """
    insert into sharing_fed (agency_id, collection, record_id, life)
    select d.agency_id, d.collection, d.record_id, s.life
      from sharing_fed d join sharing_standing s on s.agency_id = d.agency_id and s.record_id = d.record_id
     where s.life > 0
"""
AGENCY = "agency_id = hub_agency()"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0030_peer_next")]

    operations = [
        migrations.CreateModel(
            name="Placed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.IntegerField()),
                ("collection", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "standing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sharing.standing",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["agency_id", "at"], name="placed_ahead")],
                "constraints": [
                    models.UniqueConstraint(fields=["standing", "collection"], name="placed_once"),
                    models.UniqueConstraint(fields=["agency_id", "collection", "at"], name="placed_in_turn"),
                ],
            },
        ),
        locked("sharing_placed", read=AGENCY, write=AGENCY, engine="insert, update"),
        migrations.AddField("fed", "life", models.SmallIntegerField(db_default=0, default=0)),
        migrations.RemoveConstraint("fed", "fed_once"),
        migrations.AddConstraint(
            "fed",
            models.UniqueConstraint(fields=["agency_id", "collection", "record_id", "life"], name="fed_once"),
        ),
        migrations.RunSQL(LIVES, NOTHING),
        migrations.AddField(
            "subscription", "asks_anew", models.BooleanField(db_default=False, default=False)
        ),
        migrations.RunSQL(
            "grant update (asks_anew) on sharing_subscription to hub_engine",
            "revoke update (asks_anew) on sharing_subscription from hub_engine",
        ),
        migrations.AddIndex(
            "subscription",
            models.Index(
                condition=models.Q(("asks_anew", True)), fields=["id"], name="subscription_asks_anew"
            ),
        ),
        migrations.AddField("arrival", "acknowledge_by", models.DateTimeField(null=True)),
        migrations.AddField("arrival", "asked_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "arrival",
            "told",
            models.CharField(blank=True, choices=TOLD, db_default="", default="", max_length=10),
        ),
        migrations.AddIndex(
            "arrival",
            models.Index(
                condition=models.Q(("acknowledge_by__isnull", False)),
                fields=["acknowledge_by"],
                name="arrival_asked",
            ),
        ),
    ]
