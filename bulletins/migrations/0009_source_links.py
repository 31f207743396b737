"""What a bulletin rests on by its true name: any record. The table keeps its own, which functions know."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0008_journeys")]

    operations = [
        migrations.RemoveConstraint("linkedseizure", "linked_seizure_once"),
        migrations.AlterModelTable("linkedseizure", "bulletins_linkedseizure"),
        migrations.RenameModel("LinkedSeizure", "SourceLink"),
        migrations.RenameField("sourcelink", "seizure", "source"),
        migrations.AddConstraint(
            "sourcelink",
            models.UniqueConstraint(fields=("bulletin", "source"), name="source_link_once"),
        ),
    ]
