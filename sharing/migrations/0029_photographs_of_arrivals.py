"""When the photographs of what came from another hub are asked for, and why they have not come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0028_places_and_asks")]

    operations = [
        migrations.AddField("arrival", "photographs_due_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "arrival", "photographs_attempts", models.PositiveIntegerField(db_default=0, default=0)
        ),
        migrations.AddField(
            "arrival",
            "photographs_failure",
            models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddIndex(
            "arrival",
            models.Index(
                condition=models.Q(("photographs_due_at__isnull", False)),
                fields=["photographs_due_at"],
                name="arrival_photographs_due",
            ),
        ),
    ]
