"""A bulletin rests on records its agency was given too, bulletins among them; what is derived is found by its sources."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BOTH = "bulletins_linkedseizure_both on bulletins_linkedseizure"
OWN = "exists (select 1 from bulletins_record r where r.id = seizure_id)"
# Under the face's own policy: what is shown to the agency at the moment.
SHOWN = "exists (select 1 from bulletins_face f where f.record_id = seizure_id)"


def both(check: str) -> list[str]:
    return [
        f"drop policy if exists {BOTH}",
        f"create policy {BOTH} as restrictive for insert to hub_app with check ({check})",
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0003_embargo"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(model_name="bulletin", name="seizures"),
        migrations.AlterField(
            model_name="linkedseizure",
            name="seizure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
            ),
        ),
        migrations.AddIndex(
            model_name="version",
            index=django.contrib.postgres.indexes.GinIndex(fields=["linked"], name="version_linked"),
        ),
        migrations.RunSQL(both(f"{OWN} or {SHOWN}"), both(OWN)),
    ]
