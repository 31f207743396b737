"""Subscriptions, each agency's first one, and which of them matched each delivery."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import NOTHING, function, locked

MINE = "agency_id = hub_agency() and (person_id is null or -person_id = any(hub_mine()))"

# What an agency is told before anybody has said anything: all that is given to it, by every way, at once.
EVERYTHING = """
    insert into sharing_subscription (uid, agency_id, title, kinds, methods, drugs, classes, modes, regions, ports, near_km,
                                      countries, origins, destinations, owners, urgencies, tlps, hazard, words, channels,
                                      frequency, times, weekday, day, created_at, changed_at)
    select gen_random_uuid(), {agency}, 'Everything given to us', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', 0,
           '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', false, '', '{{inbox,mail,webhook}}',
           'at_once', '{{}}', 0, 1, statement_timestamp(), statement_timestamp()
"""

LIVE = """g.group_id = hub_agency() and g.emergency_id is null
    and (g.person_id is null or -g.person_id = any(hub_mine()))
    and (g.until is null or g.until > hub_now())"""

FACE = """f.owner_id, f.version, f.withheld, f.kind, f.uid, f.ref, f.issued_at, f.shown, f.linked, f.words, f.title,
    f.methods, f.drugs, f.mode, f.month, f.region, f.country, f.port, f.latitude, f.longitude, f.hazard, f.urgency,
    f.mass_kg, f.tlp, f.controls, f.rel_to, f.cui_categories, f.caveat, f.reliability, f.credibility"""

FOR_ME = "{0}.agency_id = hub_agency() and ({0}.person_id is null or -{0}.person_id = any(hub_mine()))"
ARRIVED = "{0}.channel = 'inbox' and {0}.state = 'sent'"

# As before, with what matched: of the desk's subscriptions and of the reader's own, which are told side by side.
INBOX = f"""
    select d.id, d.uid, a.kind as alert, a.record_id, a.record_kind as kind, a.ref,
           coalesce(g.version, w.version, a.version) as version, a.owner_id, coalesce(g.hazard, a.hazard) as hazard,
           a.at, case when a.kind = 'recalled' then w.at end as recalled_at, w.only_version,
           r.read_at, r.acknowledged_at,
           array(select distinct m.id from sharing_delivery b cross join unnest(b.matched) m(id)
                  where b.alert_id = a.id and {FOR_ME.format("b")} and {ARRIVED.format("b")} order by 1) as matched
      from sharing_delivery d
      join sharing_alert a on a.id = d.alert_id
      left join sharing_inbox g on g.record_id = a.record_id and a.kind <> 'recalled'
      left join lateral (
          select w.at, w.version, w.only_version from sharing_withdrawal w
           where {FOR_ME.format("w")} and w.ref = a.ref and w.kind = 'recalled' and a.kind = 'recalled' and w.at = a.at
           limit 1) w on true
      left join sharing_receipt r on r.record_id = g.record_id and r.version = g.version
       and -r.person_id = any(hub_mine())
     where {FOR_ME.format("d")} and {ARRIVED.format("d")} and (g.id is not null or w.at is not null)
       and not exists (
          select 1 from sharing_alert b join sharing_delivery n on n.alert_id = b.id
           where b.record_id = a.record_id and n.id > d.id and (b.kind <> 'recalled' or a.kind = 'recalled')
             and {FOR_ME.format("n")} and {ARRIVED.format("n")})
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0008_journeys"),
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0015_urgency_and_breaker"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="matched",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="Subscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("title", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "methods",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "drugs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "modes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "ports",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("near_km", models.PositiveIntegerField(default=0)),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "origins",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "destinations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "owners",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "urgencies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "tlps",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("hazard", models.BooleanField(default=False)),
                ("words", models.CharField(blank=True, max_length=300)),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("inbox", "Inbox"), ("mail", "E-mail"), ("webhook", "Webhook")],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("hourly", "Every hour"),
                            ("shift", "At the turn of each shift"),
                            ("daily", "Every day"),
                            ("weekly", "Every week"),
                            ("monthly", "Every month"),
                        ],
                        default="at_once",
                        max_length=10,
                    ),
                ),
                (
                    "times",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TimeField(), blank=True, default=list, size=None
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField(default=0)),
                ("day", models.PositiveSmallIntegerField(default=1)),
                ("next_at", models.DateTimeField(null=True)),
                ("since_at", models.DateTimeField(null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.agency",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sharing.endpoint",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("frequency", "at_once"), ("paused_at", None)),
                        fields=["agency"],
                        name="subscription_at_once",
                    ),
                    models.Index(fields=["agency", "person"], name="subscription_list"),
                    models.Index(
                        condition=models.Q(("next_at__isnull", False), ("paused_at", None)),
                        fields=["next_at"],
                        name="subscription_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True), name="subscription_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frequency__in", ["at_once", "hourly", "shift", "daily", "weekly", "monthly"])
                        ),
                        name="subscription_frequency_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("channels__contained_by", ["inbox", "mail", "webhook"]),
                            models.Q(("channels", []), _negated=True),
                        ),
                        name="subscription_has_channels",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("person", None),
                            models.Q(("channels__contains", ["webhook"]), _negated=True),
                            _connector="OR",
                        ),
                        name="subscription_of_a_person_leaves_by_no_webhook",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("frequency", "at_once"), ("next_at", None)),
                            models.Q(
                                models.Q(("frequency", "at_once"), _negated=True),
                                models.Q(
                                    ("next_at__isnull", False), ("paused_at__isnull", False), _connector="OR"
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="subscription_due_unless_told_at_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frequency__in", ["at_once", "hourly"]),
                            models.Q(("times", []), _negated=True),
                            _connector="OR",
                        ),
                        name="subscription_digest_has_its_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="subscription_weekday_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("day__range", (1, 31))), name="subscription_day_known"
                    ),
                ],
            },
        ),
        locked(
            "sharing_subscription",
            read=MINE,
            write=f"{MINE} and (endpoint_id is null or exists ("
            "select 1 from sharing_endpoint e where e.id = endpoint_id))",
        ),
        migrations.RunSQL(
            EVERYTHING.format(agency="g.group_id") + " from hub_agency g",
            "delete from sharing_subscription",
        ),
        function(
            "sharing_agency_subscribed() returns trigger",
            "language plpgsql security definer set search_path = public, pg_temp as"
            f" $$ begin {EVERYTHING.format(agency='new.group_id')}; return null; end $$",
            to="",
        ),
        migrations.RunSQL(
            "create trigger subscribed after insert on hub_agency"
            " for each row execute function sharing_agency_subscribed()",
            "drop trigger subscribed on hub_agency",
        ),
        migrations.RunSQL(
            [
                f"""create or replace view sharing_inbox as
                    select g.id, g.record_id, g.face_id, g.visible_since, {FACE}, f.origin, f.destinations
                    from sharing_grant g join bulletins_face f on f.id = g.face_id where {LIVE}""",
                f"create or replace view sharing_inboxitem as {INBOX}",
            ],
            NOTHING,
        ),
    ]
