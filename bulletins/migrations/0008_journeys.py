"""Where it came from and where it was to go, as columns of faces: what is asked for by country."""

import django.contrib.postgres.fields
from django.db import migrations, models

from hub.database.policies import NOTHING

SHOWN_TO_ME = """audience && hub_mine()
    and ((audience @> array[hub_agency()] and (lapses_at is null or lapses_at > hub_now())) or hub_still(id))"""

COLUMNS = """id, record_id, owner_id, version, withheld, kind, uid, ref, issued_at, shown, linked, words, title,
    methods, drugs, mode, month, region, country, port, latitude, longitude, hazard, urgency, mass_kg,
    tlp, controls, rel_to, cui_categories, caveat, reliability, credibility"""


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0007_enter_what_names_subjects")]

    operations = [
        migrations.AddField(
            model_name="face",
            name="origin",
            field=models.CharField(blank=True, default="", max_length=2),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="face",
            name="destinations",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=2), default=list, size=None
            ),
        ),
        # Faces made before: what is written as a code. A destination in words is read when its next face is made.
        migrations.RunSQL(
            """update bulletins_face
                  set origin = coalesce(shown -> 'core' ->> 'origin_country', ''),
                      destinations = case when shown -> 'place' ->> 'destination' ~ '^[A-Z]{2}$'
                                          then array[shown -> 'place' ->> 'destination']::varchar[] else '{}' end
                where shown -> 'core' ? 'origin_country' or shown -> 'place' ? 'destination'""",
            NOTHING,
        ),
        migrations.RunSQL(
            f"create or replace view bulletins_found as select {COLUMNS}, origin, destinations"
            f" from bulletins_face where {SHOWN_TO_ME}",
            NOTHING,
        ),
    ]
