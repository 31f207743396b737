"""Endpoints may be collections of TAXII servers; programs are told what ended without a recall."""

from importlib import import_module

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models
from django.db.models import Q

from hub.database.policies import locked

BEFORE = import_module("sharing.migrations.0016_subscriptions").EVERYTHING
# What an agency is told before anybody has said anything: by every way, that of collections among them.
EVERYTHING = BEFORE.replace("{{inbox,mail,webhook}}", "{{inbox,mail,webhook,taxii}}")

CHANNELS = [("inbox", "Inbox"), ("mail", "E-mail"), ("webhook", "Webhook"), ("taxii", "TAXII push")]
KINDS = [
    "new",
    "amended",
    "recalled",
    "correction",
    "request",
    "agreement",
    "community",
    "emergency",
    "review",
]
LABELS = [
    "New",
    "Amended",
    "Recalled",
    "Correction",
    "Request",
    "Agreement",
    "Community",
    "Break glass",
    "Review",
]
ALERTS = [
    *zip(KINDS, LABELS, strict=True),
    ("action", "Action due"),
    ("export", "File"),
    ("ended", "No longer shared"),
    ("digest", "Digest"),
]
ENDPOINTS = [("webhook", "Webhook"), ("taxii", "TAXII collection")]


def subscribed(everything: str) -> str:
    return (
        "create or replace function sharing_agency_subscribed() returns trigger"
        " language plpgsql security definer set search_path = public, pg_temp as"
        f" $$ begin {everything.format(agency='new.group_id')}; return null; end $$"
    )


class Migration(migrations.Migration):
    dependencies = [("sharing", "0024_intake")]

    operations = [
        migrations.AddField(
            "endpoint",
            "kind",
            models.CharField(choices=ENDPOINTS, db_default="webhook", default="webhook", max_length=10),
        ),
        migrations.AddField(
            "endpoint", "title", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("endpoint", "behind", models.BooleanField(db_default=False, default=False)),
        migrations.RemoveConstraint("endpoint", "endpoint_removed_keeps_nothing"),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=Q(removed_at=None)
                | Q(disabled_at__isnull=False, url="", title="", sealed_secret="", sealed_old_secret=""),
                name="endpoint_removed_keeps_nothing",
            ),
        ),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _label in ENDPOINTS]), name="endpoint_kind_known"
            ),
        ),
        migrations.AddConstraint(
            "endpoint",
            models.CheckConstraint(
                condition=Q(kind="webhook") | Q(sealed_old_secret=""),
                name="endpoint_collection_has_one_secret",
            ),
        ),
        migrations.RunSQL(
            "grant update (behind) on sharing_endpoint to hub_engine",
            "revoke update (behind) on sharing_endpoint from hub_engine",
        ),
        migrations.CreateModel(
            name="Looked",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("n", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(id=1), name="looked_is_one_row")],
            },
        ),
        locked("sharing_looked", read="false", engine="insert, update"),
        migrations.AlterField("delivery", "channel", models.CharField(choices=CHANNELS, max_length=10)),
        migrations.AlterField("alert", "kind", models.CharField(choices=ALERTS, max_length=10)),
        migrations.RemoveConstraint("alert", "alert_kind_known"),
        migrations.AddConstraint(
            "alert",
            models.CheckConstraint(
                condition=Q(kind__in=[kind for kind, _label in ALERTS]), name="alert_kind_known"
            ),
        ),
        migrations.RemoveConstraint("subscription", "subscription_has_channels"),
        migrations.AddConstraint(
            "subscription",
            models.CheckConstraint(
                condition=Q(channels__contained_by=[channel for channel, _label in CHANNELS])
                & ~Q(channels=[]),
                name="subscription_has_channels",
            ),
        ),
        migrations.RemoveConstraint("subscription", "subscription_of_a_person_leaves_by_no_webhook"),
        migrations.AddConstraint(
            "subscription",
            models.CheckConstraint(
                condition=Q(person=None) | ~Q(channels__overlap=["webhook", "taxii"]),
                name="subscription_of_a_person_leads_to_no_program",
            ),
        ),
        migrations.AddConstraint(
            "subscription",
            models.CheckConstraint(
                condition=Q(frequency="at_once") | ~Q(channels__contains=["taxii"]),
                name="subscription_pushes_at_once",
            ),
        ),
        migrations.AlterField(
            "subscription",
            "channels",
            ArrayField(models.CharField(choices=CHANNELS, max_length=10), size=None),
        ),
        migrations.RunSQL(subscribed(EVERYTHING), subscribed(BEFORE)),
        migrations.RunSQL(
            # Those that nobody has changed since: what is new goes to a collection as it does to webhooks.
            """update sharing_subscription set channels = channels || 'taxii'::varchar
               where person_id is null and frequency = 'at_once' and changed_at = created_at
                 and channels = array['inbox', 'mail', 'webhook']::varchar[]""",
            # What there was no way to before is not there.
            [
                "update sharing_subscription set channels = array_remove(channels, 'taxii')",
                "update sharing_subscription set endpoint_id = null where endpoint_id in"
                " (select id from sharing_endpoint where kind = 'taxii')",
                "delete from sharing_subscription where channels = '{}'",
                "delete from sharing_delivery d using sharing_alert a"
                " where a.id = d.alert_id and (a.kind = 'ended' or d.channel = 'taxii')",
                "delete from sharing_alert where kind = 'ended'",
                "delete from sharing_endpoint where kind = 'taxii'",
            ],
        ),
    ]
