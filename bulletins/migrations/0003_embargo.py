"""Embargo: until then nobody but its owner has the record."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0002_locks"),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="embargo_until",
            field=models.DateTimeField(
                blank=True,
                help_text="until then nobody but its owner has it",
                null=True,
                verbose_name="embargo",
            ),
        ),
    ]
