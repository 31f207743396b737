"""From which hub a record came, and since when that hub shares it no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0010_stix")]

    operations = [
        migrations.AddField("record", "origin", models.JSONField(blank=True, editable=False, null=True)),
        migrations.AddField(
            "record", "ended_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
    ]
