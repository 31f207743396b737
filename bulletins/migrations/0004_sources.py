"""What is derived from a record is found by it."""

import django.contrib.postgres.indexes
from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0003_embargo"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="version",
            index=django.contrib.postgres.indexes.GinIndex(fields=["linked"], name="version_linked"),
        ),
    ]
