"""What named subjects before is entered as of its first version that did, and reviewed five years on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0006_retention")]

    operations = [
        migrations.RunSQL(
            """
            update bulletins_record r
               set entered_on = v.first, review_due = (v.first + interval '5 years')::date
              from (select record_id, (min(published_at) at time zone 'UTC')::date as first from bulletins_version
                     where coalesce(content -> 'identifiers', '{}') <> '{}' group by record_id) v
             where v.record_id = r.id and r.entered_on is null
            """,
            migrations.RunSQL.noop,
        ),
    ]
