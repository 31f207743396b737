"""What a face is in STIX, kept with it: all that is the same for whoever it is given to."""

from django.db import migrations, models

from hub.database.policies import NOTHING


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0009_source_links")]

    operations = [
        migrations.AddField("face", "stix", models.TextField(db_default="", default="")),
        migrations.AddField("face", "stix_of", models.CharField(db_default="", default="", max_length=80)),
        # Not compressed: it is read whole and as it is, thousands at a time, and its first line alone.
        migrations.RunSQL("alter table bulletins_face alter column stix set storage external", NOTHING),
    ]
