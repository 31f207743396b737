"""Faces whose texts stand in other words than the author's: a wording is part of what makes a face."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0004_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="face",
            name="wording",
            field=models.CharField(blank=True, default="", max_length=32),
        ),
        migrations.AddField(
            model_name="face",
            name="reworded",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), default=list, size=None
            ),
        ),
        migrations.RemoveConstraint(
            model_name="face",
            name="face_once",
        ),
        migrations.AddConstraint(
            model_name="face",
            constraint=models.UniqueConstraint(
                fields=("record", "version", "withheld", "wording"), name="face_once"
            ),
        ),
    ]
