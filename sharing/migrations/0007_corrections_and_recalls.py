"""Corrections that recipients propose; recalls of one version or all, who is told of them, and what they answer."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

from hub.database.policies import function, locked, view

MINE = "{0}.agency_id = hub_agency() and ({0}.person_id is null or -{0}.person_id = any(hub_mine()))"
ARRIVED = "{0}.channel = 'inbox' and {0}.state = 'sent'"
FOR_ME = "agency_id = hub_agency() and (person_id is null or -person_id = any(hub_mine()))"
TOLD_OF_IT = "exists (select 1 from sharing_withdrawal w where w.recall_id = {0})"

# The inbox as before, but for a recall of one version alone: whoever holds another keeps the record's own line.
INBOX = f"""
    select d.id, d.uid, a.kind as alert, a.record_id, a.record_kind as kind, a.ref,
           coalesce(g.version, w.version, a.version) as version, a.owner_id, coalesce(g.hazard, a.hazard) as hazard,
           a.at, case when a.kind = 'recalled' then w.at end as recalled_at, w.only_version,
           r.read_at, r.acknowledged_at
      from sharing_delivery d
      join sharing_alert a on a.id = d.alert_id
      left join sharing_inbox g on g.record_id = a.record_id and a.kind <> 'recalled'
      left join lateral (
          select w.at, w.version, w.only_version from sharing_withdrawal w
           where {MINE.format("w")} and w.ref = a.ref and w.kind = 'recalled' and a.kind = 'recalled' and w.at = a.at
           limit 1) w on true
      left join sharing_receipt r on r.record_id = g.record_id and r.version = g.version
       and -r.person_id = any(hub_mine())
     where {MINE.format("d")} and {ARRIVED.format("d")} and (g.id is not null or w.at is not null)
       and not exists (
          select 1 from sharing_alert b join sharing_delivery n on n.alert_id = b.id
           where b.record_id = a.record_id and n.id > d.id and (b.kind <> 'recalled' or a.kind = 'recalled')
             and {MINE.format("n")} and {ARRIVED.format("n")})
"""

INBOX_BEFORE = f"""
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
"""

# For the owner: whom a recall was told to, when it reached them, when they last answered. Not which person.
TOLD = """
    select w.id, w.recall_id, w.agency_id, w.person_id is not null as in_person, w.version, w.at as told_at,
           s.sent_at, s.channels, e.answered_at
      from sharing_withdrawal w
      join sharing_recall r on r.id = w.recall_id
      left join lateral (
          select min(d.sent_at) as sent_at, array_agg(distinct d.channel::text) as channels
            from sharing_alert a join sharing_delivery d on d.alert_id = a.id
           where a.record_id = r.record_id and a.kind = 'recalled' and a.at = w.at and d.agency_id = w.agency_id
             and d.person_id is not distinct from w.person_id and d.state = 'sent') s on true
      left join lateral (
          select max(n.at) as answered_at from sharing_recallanswer n
           where n.recall_id = w.recall_id and n.agency_id = w.agency_id
             and n.person_id is not distinct from w.person_id) e on true
     where w.kind = 'recalled' and w.owner_id = hub_agency()
"""

# For the owner of the record alone: what the ledger says each agency was given of each version. With `whom`, only what
# was given in those times: what the owner may know of who sits in which community ends there.
HAD = """language plpgsql stable security definer set search_path = public, pg_temp as $$ begin
    if not exists (select 1 from bulletins_record r where r.id = of_record and r.owner_id = hub_agency()) then
        return;
    end if;
    return query
    select l.agency_id::int, e.version, min(l.at), max(l.at), array_agg(distinct l.channel::text)
      from sharing_ledger l cross join lateral unnest(l.records, l.versions) e(record, version)
     where l.records @> array[of_record] and e.record = of_record and l.agency_id <> hub_agency()
       and l.at <= before
       and (whom is null or exists (
           select 1 from unnest(whom, since, till) t(agency, since, till)
            where t.agency = l.agency_id and l.at >= t.since and (t.till is null or l.at < t.till)))
     group by 1, 2;
end $$"""


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0003_embargo"),
        ("hub", "0002_locks"),
        ("sharing", "0006_agreements_locks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Told",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("in_person", models.BooleanField()),
                ("version", models.IntegerField()),
                ("told_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), null=True, size=None
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "sharing_told",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
                    ),
                ),
                ("ref", models.CharField(max_length=9)),
                ("person_id", models.BigIntegerField(null=True)),
                ("version", models.IntegerField()),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("core", "Core facts"),
                            ("detail", "Narrative and photographs"),
                            ("place", "Exact place and time"),
                            ("technique", "How it was found"),
                            ("identifiers", "Identifiers"),
                            ("case", "Case details"),
                        ],
                        max_length=12,
                    ),
                ),
                ("says", models.CharField(max_length=2000)),
                ("why", models.CharField(max_length=1000)),
                ("proposed_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("taken_up", "being corrected"),
                            ("taken", "taken"),
                            ("answered", "answered"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("in_version", models.IntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Recall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("version", models.IntegerField(null=True)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RecallAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person_id", models.BigIntegerField(null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("destroyed", "destroyed"),
                            ("kept", "kept by law"),
                            ("passed", "passed on"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500)),
                (
                    "passed_to",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="grant",
            name="before",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="release",
            name="told_version",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="release",
            name="barred",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="only_version",
            field=models.IntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="ledgerrow",
            index=django.contrib.postgres.indexes.GinIndex(fields=["records"], name="ledger_records"),
        ),
        migrations.AddField(
            model_name="correction",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
            ),
        ),
        migrations.AddField(
            model_name="recall",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="recall",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bulletins.record"
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="recall",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sharing.recall"
            ),
        ),
        migrations.AddField(
            model_name="recallanswer",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="recallanswer",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="recallanswer",
            name="recall",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="sharing.recall"
            ),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["agency", "-proposed_at"], name="correction_proposed"),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["owner", "-proposed_at"], name="correction_asked"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "taken_up", "taken", "answered"])),
                name="correction_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "answered"), _negated=True),
                    models.Q(("answer", ""), _negated=True),
                    _connector="OR",
                ),
                name="correction_answered_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "taken"), _negated=True),
                    ("in_version__gt", models.F("version")),
                    _connector="OR",
                ),
                name="correction_taken_into_a_later_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("agency", models.F("owner")), _negated=True),
                name="correction_by_a_recipient",
            ),
        ),
        migrations.AddIndex(
            model_name="recall",
            index=models.Index(fields=["record", "-at"], name="recall_record"),
        ),
        migrations.AddConstraint(
            model_name="recall",
            constraint=models.CheckConstraint(
                condition=models.Q(("version", None), ("version__gt", 0), _connector="OR"),
                name="recall_of_a_published_version",
            ),
        ),
        migrations.AddIndex(
            model_name="recallanswer",
            index=models.Index(fields=["recall", "agency", "-at"], name="recall_answer"),
        ),
        migrations.AddConstraint(
            model_name="recallanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["destroyed", "kept", "passed"])),
                name="recall_answer_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="recallanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "destroyed"),
                    models.Q(("words", ""), _negated=True),
                    models.Q(("kind", "passed"), ("passed_to__len__gt", 0)),
                    _connector="OR",
                ),
                name="recall_answer_says_why_or_to_whom",
            ),
        ),
        locked(
            "sharing_recall",
            read=f"owner_id = hub_agency() or {TOLD_OF_IT.format('sharing_recall.id')}",
            insert="owner_id = hub_agency() and exists (select 1 from bulletins_record r where r.id = record_id)",
        ),
        locked(
            "sharing_recallanswer",
            read=f"({FOR_ME}) or owner_id = hub_agency()",
            insert=f"{FOR_ME} and exists (select 1 from sharing_withdrawal w where w.recall_id = sharing_recallanswer.recall_id"
            " and w.owner_id = sharing_recallanswer.owner_id"
            " and w.person_id is not distinct from sharing_recallanswer.person_id)",
        ),
        # Proposed for what the agency holds; settled by the owner, who changes no word of it.
        locked(
            "sharing_correction",
            read=f"({FOR_ME}) or owner_id = hub_agency()",
            insert=f"{FOR_ME} and owner_id <> hub_agency() and state = 'open' and answer = '' and in_version is null"
            " and exists (select 1 from sharing_inbox i where i.record_id = sharing_correction.record_id"
            " and i.owner_id = sharing_correction.owner_id and i.version = sharing_correction.version)",
        ),
        migrations.RunSQL(
            [
                "grant update (state, settled_at, answer, in_version) on sharing_correction to hub_app",
                "create policy sharing_correction_settle on sharing_correction for update to hub_app"
                " using (owner_id = hub_agency()) with check (owner_id = hub_agency())",
            ],
            [
                "drop policy sharing_correction_settle on sharing_correction",
                "revoke update (state, settled_at, answer, in_version) on sharing_correction from hub_app",
            ],
        ),
        view("sharing_told", TOLD),
        function(
            "hub_had(of_record bigint, before timestamptz, whom int[], since timestamptz[], till timestamptz[])"
            " returns table (agency int, version int, first_at timestamptz, last_at timestamptz, channels text[])",
            HAD,
        ),
        migrations.RunSQL("drop view sharing_inboxitem", view("sharing_inboxitem", INBOX_BEFORE).sql),
        view("sharing_inboxitem", INBOX),
    ]
