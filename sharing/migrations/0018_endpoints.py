"""Endpoints are verified before use and may have two live secrets; alerts carry the id of the deed that caused them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("sharing", "0017_bases")]

    operations = [
        migrations.AddField(
            "alert",
            "request_id",
            models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
        # Verification, a second secret, removal.
        migrations.AddField("endpoint", "verified_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("endpoint", "removed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("endpoint", "old_secret_ends_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "endpoint", "sealed_old_secret", models.TextField(blank=True, default=""), preserve_default=False
        ),
        migrations.AlterField("endpoint", "sealed_secret", models.TextField(blank=True)),
        migrations.AlterField("endpoint", "url", models.URLField(blank=True, max_length=500)),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=Q(sealed_old_secret="", old_secret_ends_at=None)
                | ~Q(sealed_old_secret="") & Q(old_secret_ends_at__isnull=False),
                name="endpoint_old_secret_ends",
            ),
        ),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=Q(removed_at=None)
                | Q(disabled_at__isnull=False, url="", sealed_secret="", sealed_old_secret=""),
                name="endpoint_removed_keeps_nothing",
            ),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["agency", "endpoint"], condition=Q(state="failed"), name="delivery_failed"),
        ),
        # Under a new key at rest: by the operators' command, over all agencies.
        migrations.RunSQL(
            "grant update (sealed_secret, sealed_old_secret) on sharing_endpoint to hub_engine",
            "revoke update (sealed_secret, sealed_old_secret) on sharing_endpoint from hub_engine",
        ),
        # What has taken signed messages before has shown whose it is.
        migrations.RunSQL(
            """update sharing_endpoint e set verified_at = created_at
               where exists (select 1 from sharing_delivery d where d.endpoint_id = e.id and d.state = 'sent')""",
            migrations.RunSQL.noop,
        ),
    ]
