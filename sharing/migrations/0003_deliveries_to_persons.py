"""A delivery may be for a person named at TLP:RED; then only that person reads its row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

AGENCY = "agency_id = hub_agency()"


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sharing", "0002_locks"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RemoveConstraint(model_name="delivery", name="delivery_once"),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("alert", "agency", "person", "channel", "endpoint"),
                name="delivery_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(
            "alter policy sharing_delivery_read on sharing_delivery"
            f" using ({AGENCY} and (person_id is null or -person_id = any(hub_mine())))",
            f"alter policy sharing_delivery_read on sharing_delivery using ({AGENCY})",
        ),
    ]
