"""Which agency lends an inspector: an emergency takes two, of two agencies."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("hub", "0003_seals"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="seconded_from",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hub.agency",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("seconded_from", None), ("agency", None), _connector="OR"),
                name="person_of_an_agency_or_seconded",
            ),
        ),
    ]
