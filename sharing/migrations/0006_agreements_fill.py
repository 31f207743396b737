"""Grants written before say by which directions they crossed, agreements that have begun that their grants stand.

Where one agreement of whole governments could have been crossed either way, the nightly comparison corrects it.
"""

from django.db import migrations

from hub.database.policies import NOTHING


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_agreements")]

    operations = [
        migrations.RunSQL(
            """
            update sharing_grant g set directions = found.ids
              from (select o.id, array_agg(d.id order by d.id) as ids
                      from sharing_grant o join bulletins_face f on f.id = o.face_id
                      join hub_agency owner on owner.group_id = f.owner_id
                      join sharing_direction d on d.agreement_id = o.agreement_id and d.giver_id <> o.group_id
                      join hub_agency giver on giver.group_id = d.giver_id and giver.country = owner.country
                     group by o.id) found
             where found.id = g.id
            """,
            NOTHING,
        ),
        migrations.RunSQL(
            "update sharing_agreement set settled_at = valid_from"
            " where accepted_at is not null and valid_from <= now()",
            NOTHING,
        ),
    ]
