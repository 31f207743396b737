"""The inbox as a view: a record's newest alert to the viewer, while they may see the record or are told of its recall."""

from django.db import migrations, models

from hub.database.policies import view

MINE = "{0}.agency_id = hub_agency() and ({0}.person_id is null or -{0}.person_id = any(hub_mine()))"
ARRIVED = "{0}.channel = 'inbox' and {0}.state = 'sent'"


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0002_locks"),
        ("hub", "0002_locks"),
        ("sharing", "0003_deliveries_to_persons"),
    ]

    operations = [
        migrations.CreateModel(
            name="InboxItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField()),
                (
                    "alert",
                    models.CharField(
                        choices=[("new", "New"), ("amended", "Amended"), ("recalled", "Recalled")],
                        max_length=10,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("ref", models.CharField(max_length=9)),
                ("version", models.IntegerField()),
                ("hazard", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("recalled_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "sharing_inboxitem", "managed": False},
        ),
        view(
            "sharing_inboxitem",
            f"""
            select d.id, d.uid, a.kind as alert, a.record_id, a.record_kind as kind, a.ref,
                   coalesce(g.version, a.version) as version, a.owner_id, coalesce(g.hazard, a.hazard) as hazard, a.at,
                   case when a.kind = 'recalled' then w.at end as recalled_at, r.read_at, r.acknowledged_at
              from sharing_delivery d
              join sharing_alert a on a.id = d.alert_id
              left join sharing_inbox g on g.record_id = a.record_id and a.kind <> 'recalled'
              left join lateral (
                  select w.at from sharing_withdrawal w
                   where {MINE.format("w")} and w.ref = a.ref and w.kind = 'recalled' and a.kind = 'recalled'
                   order by w.at desc limit 1) w on true
              left join sharing_receipt r on r.record_id = g.record_id and r.version = g.version
               and -r.person_id = any(hub_mine())
             where {MINE.format("d")} and {ARRIVED.format("d")} and (g.id is not null or w.at is not null)
               and not exists (
                  select 1 from sharing_alert b join sharing_delivery n on n.alert_id = b.id
                   where b.record_id = a.record_id and n.id > d.id
                     and {MINE.format("n")} and {ARRIVED.format("n")})
            """,
        ),
    ]
