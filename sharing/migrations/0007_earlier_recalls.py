"""Recalls made before they had rows of their own get them, and what was withdrawn by them names them."""

from django.db import migrations

from hub.database.policies import NOTHING


class Migration(migrations.Migration):
    dependencies = [("sharing", "0007_corrections_and_recalls")]

    operations = [
        migrations.RunSQL(
            [
                """insert into sharing_recall (uid, record_id, owner_id, version, reason, at)
                   select gen_random_uuid(), r.record_id, r.owner_id, null, max(r.recall_reason), r.recalled_at
                   from sharing_release r where r.recalled_at is not null
                   group by r.record_id, r.owner_id, r.recalled_at""",
                """update sharing_withdrawal w set recall_id = c.id
                   from sharing_recall c join bulletins_record b on b.id = c.record_id
                   where w.kind = 'recalled' and w.recall_id is null and b.ref = w.ref and c.at = w.at""",
            ],
            NOTHING,
        )
    ]
