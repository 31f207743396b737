"""What each withdrawal and each correction rested on, as in the ledger: who of a hidden roster is never told by them."""

from importlib import import_module

from django.db import migrations, models

from hub.database.policies import NOTHING

recalls = import_module("sharing.migrations.0007_corrections_and_recalls")

TOLD = recalls.TOLD.replace("e.answered_at\n", "e.answered_at, w.basis\n", 1)

# Of those from before: what the ledger said last, where it says anything.
LAST = """
    update {table} t set basis = (
        select e.basis from sharing_ledger l cross join lateral unnest(l.records, l.basis) e(record, basis)
         where l.records @> array[r.id] and e.record = r.id and l.agency_id = t.agency_id and l.at <= t.{at}
           and (t.person_id is null or l.person_id = t.person_id)
         order by l.at desc, l.id desc limit 1)
    from bulletins_record r where r.ref = t.ref
"""


class Migration(migrations.Migration):
    dependencies = [("sharing", "0016_subscriptions")]

    operations = [
        *(
            migrations.AddField(name, "basis", models.BigIntegerField(null=True))
            for name in ("withdrawal", "correction")
        ),
        migrations.RunSQL(
            f"create or replace view sharing_told as {TOLD}",
            # A view loses no column by being replaced.
            [
                "drop view sharing_told",
                f"create view sharing_told as {recalls.TOLD}",
                "revoke all on sharing_told from hub_app, hub_engine, public",
                "grant select on sharing_told to hub_app, hub_engine",
            ],
        ),
        migrations.RunSQL(LAST.format(table="sharing_withdrawal", at="at"), NOTHING),
        migrations.RunSQL(LAST.format(table="sharing_correction", at="proposed_at"), NOTHING),
    ]
