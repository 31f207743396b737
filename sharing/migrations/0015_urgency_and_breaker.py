"""In what order deliveries go out, and when an endpoint that does not answer is left alone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def without_index(name: str, to: str, **values: object) -> migrations.AlterField:
    key = models.ForeignKey(to, django.db.models.deletion.CASCADE, db_index=False, **values)  # type: ignore[misc]
    return migrations.AlterField("delivery", name, key)


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0014_openly_given"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "delivery",
            "urgency",
            models.SmallIntegerField(
                choices=[
                    (0, "hazards and recalls"),
                    (1, "inboxes"),
                    (2, "news and notices at once"),
                    (3, "digests"),
                ],
                default=2,
                db_default=2,
            ),
        ),
        migrations.AddField("delivery", "resent_at", models.DateTimeField(null=True)),
        migrations.AddField("endpoint", "failures", models.PositiveIntegerField(default=0, db_default=0)),
        *(
            migrations.AddField("endpoint", name, models.DateTimeField(blank=True, null=True))
            for name in ("failing_since", "resting_until", "answered_at")
        ),
        without_index("alert", "sharing.alert", related_name="deliveries"),
        without_index("agency", "hub.agency", related_name="+"),
        without_index("endpoint", "sharing.endpoint", related_name="+", null=True),
        without_index("person", settings.AUTH_USER_MODEL, related_name="+", null=True),
        migrations.RemoveIndex("delivery", "delivery_due"),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["channel", "urgency", "due_at", "id"],
                condition=Q(state="waiting"),
                name="delivery_due",
            ),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["endpoint", "state"],
                condition=Q(endpoint__isnull=False, state__in=["waiting", "failed"]),
                name="delivery_endpoint",
            ),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["person"], condition=Q(person__isnull=False), name="delivery_person"),
        ),
        # Sending is done for all recipients at once, as the engine: their ledgers' rows are written with it.
        migrations.RunSQL(
            [
                "grant insert on sharing_ledger to hub_engine",
                "grant update (failures, failing_since, resting_until, answered_at) on sharing_endpoint to hub_engine",
            ],
            [
                "revoke insert on sharing_ledger from hub_engine",
                "revoke update (failures, failing_since, resting_until, answered_at) on sharing_endpoint from hub_engine",
            ],
        ),
    ]
