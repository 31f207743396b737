"""Agreements to intake, stage by stage: every table, and the models of the views."""

import datetime
import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import bulletins.records.refs
from hub.database.policies import NOTHING
from hub.database.tables import Tables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("bulletins", "0002_locks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="Agreement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=60, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        (
                            "whole_governments",
                            models.BooleanField(
                                default=False, verbose_name="covers every agency of both countries"
                            ),
                        ),
                        ("valid_from", models.DateTimeField(verbose_name="from")),
                        ("valid_to", models.DateTimeField(verbose_name="to")),
                        ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepted")),
                        (
                            "suspended_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="suspended"),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        ("decline_reason", models.CharField(blank=True, max_length=300)),
                        ("declined_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "declined_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        ("proposed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "proposed_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        ("replaced_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "replaces",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sharing.agreement",
                            ),
                        ),
                        ("revision", models.PositiveIntegerField(default=1)),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("suspend_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "suspended_by",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "warned",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), blank=True, default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "agreement",
                        "verbose_name_plural": "agreements",
                        "ordering": ["code"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("valid_to__gt", models.F("valid_from"))),
                                name="agreement_ends_after_start",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first", models.F("second")), _negated=True),
                                name="agreement_of_two",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("proposed_by", None),
                                    ("proposed_by", models.F("first")),
                                    ("proposed_by", models.F("second")),
                                    _connector="OR",
                                ),
                                name="agreement_proposed_by_a_party",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("accepted_at", None), ("declined_at", None), _connector="OR"
                                ),
                                name="agreement_accepted_or_declined",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("suspended_at", None),
                                    models.Q(("accepted_at", None), _negated=True),
                                    _connector="OR",
                                ),
                                name="agreement_suspended_is_accepted",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("suspended_by", []),
                                    models.Q(("suspended_at", None), _negated=True),
                                    _connector="OR",
                                ),
                                name="agreement_suspended_by_is_suspended",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("replaced_at", None),
                                    models.Q(("accepted_at", None), _negated=True),
                                    _connector="OR",
                                ),
                                name="agreement_replaced_is_accepted",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("replaces", None),
                                    models.Q(("replaces", models.F("id")), _negated=True),
                                    _connector="OR",
                                ),
                                name="agreement_replaces_another",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Direction",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kinds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                    max_length=10,
                                ),
                                size=None,
                                verbose_name="record kinds",
                            ),
                        ),
                        (
                            "drug_classes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="substance classes; empty for all",
                            ),
                        ),
                        (
                            "highest_tlp",
                            models.CharField(
                                choices=[
                                    ("TLP:CLEAR", "TLP:CLEAR"),
                                    ("TLP:GREEN", "TLP:GREEN"),
                                    ("TLP:AMBER", "TLP:AMBER"),
                                    ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
                                    ("TLP:RED", "TLP:RED"),
                                ],
                                max_length=16,
                                verbose_name="highest TLP",
                            ),
                        ),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
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
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="always withheld",
                            ),
                        ),
                        ("caveat", models.CharField(blank=True, max_length=200, verbose_name="caveat")),
                        ("legal_basis", models.CharField(max_length=300, verbose_name="legal basis")),
                        ("permitted_use", models.CharField(max_length=300, verbose_name="permitted use")),
                        (
                            "keep_days",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="days the recipient may keep"
                            ),
                        ),
                        (
                            "agreement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="directions",
                                to="sharing.agreement",
                            ),
                        ),
                        (
                            "giver",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("agreement", "giver"), name="direction_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "highest_tlp__in",
                                        [
                                            "TLP:CLEAR",
                                            "TLP:GREEN",
                                            "TLP:AMBER",
                                            "TLP:AMBER+STRICT",
                                            "TLP:RED",
                                        ],
                                    )
                                ),
                                name="direction_tlp_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kinds__contained_by", ["bulletin", "seizure"]),
                                    models.Q(("kinds", []), _negated=True),
                                ),
                                name="direction_kinds_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "withheld__contained_by",
                                        ["detail", "place", "technique", "identifiers", "case"],
                                    )
                                ),
                                name="direction_withholds_groups",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("keep_days", None), ("keep_days__gt", 0), _connector="OR"
                                ),
                                name="direction_keeps_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Community",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("hidta", "HIDTA region"),
                                    ("dhe", "Domestic Highway Enforcement"),
                                    ("bilateral", "Bilateral"),
                                    ("international", "International"),
                                    ("operation", "Operation"),
                                ],
                                max_length=15,
                                verbose_name="kind",
                            ),
                        ),
                        ("description", models.TextField(blank=True, verbose_name="description")),
                        (
                            "roster_visible",
                            models.BooleanField(default=True, verbose_name="members see the roster"),
                        ),
                        ("closes_at", models.DateTimeField(blank=True, null=True, verbose_name="closes")),
                        (
                            "lead",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "community",
                        "verbose_name_plural": "communities",
                        "ordering": ["code"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind__in", ["hidta", "dhe", "bilateral", "international", "operation"])
                                ),
                                name="community_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "operation"), _negated=True),
                                    ("closes_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="community_operation_closes",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("joined_at", models.DateTimeField()),
                        ("with_history", models.BooleanField(default=False)),
                        ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                        ("left_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "community",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to="sharing.community",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("left_at", None)),
                                fields=("community", "agency"),
                                name="membership_once_at_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left_at", None),
                                    ("left_at__gte", models.F("joined_at")),
                                    _connector="OR",
                                ),
                                name="membership_left_after_joining",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Joining",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("code", models.CharField(max_length=20)),
                        ("invited_at", models.DateTimeField(null=True)),
                        ("asked_at", models.DateTimeField(null=True)),
                        ("with_history", models.BooleanField(default=False)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("lapses_at", models.DateTimeField()),
                        ("declined_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("joined", "joined"),
                                    ("declined", "declined"),
                                    ("withdrawn", "withdrawn"),
                                    ("lapsed", "lapsed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "invited_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("closed_at", None)), fields=["code"], name="joining_open"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at", None)),
                                fields=("code", "agency"),
                                name="joining_once_at_a_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("invited_at__isnull", False),
                                    ("asked_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="joining_begun_by_one",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at", None), ("outcome", "")),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("outcome__in", ["joined", "declined", "withdrawn", "lapsed"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="joining_closed_with_an_outcome",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Emergency",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("ref", models.CharField(max_length=9, verbose_name="reference")),
                        ("danger", models.CharField(max_length=500, verbose_name="the imminent danger")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("asked", "waits for a second inspector"),
                                    ("confirmed", "opened"),
                                    ("declined", "declined"),
                                    ("impossible", "cannot be opened"),
                                ],
                                default="asked",
                                max_length=10,
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "record_kind",
                            models.CharField(
                                blank=True,
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("until", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "asked_from",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_from",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["record"], name="emergency_record")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["asked", "confirmed", "declined", "impossible"])
                                ),
                                name="emergency_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("danger", ""), _negated=True),
                                name="emergency_names_a_danger",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_at", None), ("decided_by", None), ("state", "asked")),
                                    models.Q(
                                        models.Q(("state", "asked"), _negated=True),
                                        ("decided_at__isnull", False),
                                        ("decided_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="emergency_decided_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "confirmed"), _negated=True),
                                    models.Q(
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                        ("decided_from__isnull", False),
                                        models.Q(("decided_from", models.F("asked_from")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="emergency_confirmed_by_another_agency",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("record__isnull", False),
                                        ("state", "confirmed"),
                                        ("until__isnull", False),
                                    ),
                                    models.Q(
                                        models.Q(("state", "confirmed"), _negated=True),
                                        ("record", None),
                                        ("until", None),
                                    ),
                                    _connector="OR",
                                ),
                                name="emergency_opens_only_when_confirmed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("until", None),
                                    (
                                        "until__lte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("decided_at"),
                                            "+",
                                            models.Value(datetime.timedelta(seconds=3600)),
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="emergency_lasts_an_hour_at_most",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Release",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.IntegerField()),
                        (
                            "members",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), default=list, size=None
                            ),
                        ),
                        (
                            "persons",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
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
                                default=list,
                                size=None,
                            ),
                        ),
                        ("need_to_know", models.CharField(max_length=300, verbose_name="need to know")),
                        ("right_to_know", models.CharField(max_length=300, verbose_name="right to know")),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(blank=True, null=True)),
                        ("applied_at", models.DateTimeField(null=True)),
                        ("released_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("recalled_at", models.DateTimeField(null=True)),
                        ("recall_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "agency",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "community",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sharing.community",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "recalled_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                        (
                            "released_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("told_version", models.IntegerField(default=0)),
                        (
                            "barred",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), default=list, size=None
                            ),
                        ),
                        ("wording", models.JSONField(blank=True, default=dict)),
                        ("acknowledge_by", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "indexes": [models.Index(fields=["record", "version"], name="release_record")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("agency", None), ("community", None), _connector="OR"),
                                name="release_to_an_agency_or_a_community",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                                ),
                                name="release_ends_after_start",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("recalled_at", None),
                                    models.Q(("ended_at", None), _negated=True),
                                    _connector="OR",
                                ),
                                name="release_recalled_is_ended",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("acknowledge_by", None),
                                    ("acknowledge_by__gt", models.F("starts_at")),
                                    _connector="OR",
                                ),
                                name="release_acknowledged_after_start",
                            ),
                        ],
                    },
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
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["record", "-at"], name="recall_record")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("version", None), ("version__gt", 0), _connector="OR"),
                                name="recall_of_a_published_version",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Consent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.IntegerField()),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
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
                                default=list,
                                size=None,
                            ),
                        ),
                        ("given_at", models.DateTimeField()),
                        ("until", models.DateTimeField(blank=True, null=True)),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "given_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "originator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "recipient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("withdrawn_at", None)),
                                fields=("record", "version", "originator", "recipient"),
                                name="consent_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Grant",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("visible_since", models.DateTimeField()),
                        ("until", models.DateTimeField(null=True)),
                        (
                            "agreement",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sharing.agreement",
                            ),
                        ),
                        (
                            "content_object",
                            models.ForeignKey(
                                db_column="record_id",
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="grants",
                                to="bulletins.record",
                            ),
                        ),
                        (
                            "face",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="grants",
                                to="bulletins.face",
                            ),
                        ),
                        (
                            "group",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="auth.group",
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="auth.permission",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "release",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.release",
                            ),
                        ),
                        (
                            "directions",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        ("before", models.BigIntegerField(null=True)),
                        (
                            "emergency",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.emergency",
                            ),
                        ),
                        ("acknowledge_by", models.DateTimeField(null=True)),
                        (
                            "communities",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("until__isnull", False)),
                                fields=["until"],
                                name="grant_until",
                            ),
                            models.Index(
                                condition=models.Q(("agreement__isnull", False)),
                                fields=["agreement"],
                                name="grant_agreement",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("directions__len__gt", 1)),
                                fields=["directions"],
                                name="grant_directions",
                            ),
                            models.Index(
                                fields=["group", "-visible_since", "-content_object"],
                                include=("face", "until", "person", "emergency"),
                                name="grant_list",
                            ),
                            models.Index(
                                condition=models.Q(("emergency__isnull", False)),
                                fields=["person"],
                                name="grant_in_an_emergency",
                            ),
                            models.Index(
                                condition=models.Q(("acknowledge_by__isnull", False)),
                                fields=["acknowledge_by"],
                                name="grant_acknowledge_by",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("content_object", "group", "person", "emergency"),
                                name="grant_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("emergency", None),
                                    models.Q(("person__isnull", False), ("until__isnull", False)),
                                    _connector="OR",
                                ),
                                name="grant_in_an_emergency_is_for_one_person_and_ends",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Unsettled",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                        ("quiet", models.BooleanField(db_default=False, default=False)),
                    ],
                ),
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("agency_id", models.IntegerField()),
                        ("record_id", models.BigIntegerField()),
                        ("face_id", models.BigIntegerField(null=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("granted", "Granted"),
                                    ("changed", "Changed"),
                                    ("remarked", "Remarked"),
                                    ("withdrawn", "Withdrawn"),
                                    ("recalled", "Recalled"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("n", models.BigIntegerField(null=True, unique=True)),
                        ("numbered_at", models.DateTimeField(null=True)),
                        ("stood", models.CharField(blank=True, db_default="", default="", max_length=10)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("n__isnull", False)),
                                fields=["agency_id", "n"],
                                name="entry_agency",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Standing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("agency_id", models.IntegerField()),
                        ("record_id", models.BigIntegerField()),
                        ("life", models.SmallIntegerField(default=0)),
                        ("uid", models.UUIDField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("owner_id", models.IntegerField()),
                        ("created_at", models.DateTimeField()),
                        ("n", models.BigIntegerField()),
                        ("numbered_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("live", "Live"), ("ended", "Ended"), ("recalled", "Recalled")],
                                max_length=10,
                            ),
                        ),
                        (
                            "parts",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("record_id", "agency_id", "life"), name="standing_once_a_life"
                            ),
                            models.UniqueConstraint(
                                fields=("agency_id", "numbered_at"), name="standing_dated_once"
                            ),
                            models.UniqueConstraint(fields=("agency_id", "uid"), name="standing_by_uid"),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["live", "ended", "recalled"])),
                                name="standing_state_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Placed",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("agency_id", models.IntegerField()),
                        ("collection", models.UUIDField()),
                        ("at", models.DateTimeField()),
                        (
                            "standing",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.standing",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["agency_id", "at"], name="placed_ahead")],
                        "constraints": [
                            models.UniqueConstraint(fields=("standing", "collection"), name="placed_once"),
                            models.UniqueConstraint(
                                fields=("agency_id", "collection", "at"), name="placed_in_turn"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Withdrawal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("person_id", models.BigIntegerField(null=True)),
                        (
                            "record_kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4)),
                        ("ref", models.CharField(max_length=9)),
                        ("version", models.IntegerField()),
                        ("tlp", models.CharField(max_length=16)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("recalled", "recalled"), ("ended", "no longer shared")],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=500)),
                        ("had_since", models.DateTimeField()),
                        ("at", models.DateTimeField()),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        ("only_version", models.IntegerField(null=True)),
                        (
                            "recall",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.recall",
                            ),
                        ),
                        ("basis", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["agency", "ref"], name="withdrawal_ref"),
                            models.Index(fields=["agency", "-at"], name="withdrawal_list"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("person_id", models.BigIntegerField(null=True)),
                        ("person", models.CharField(blank=True, max_length=150)),
                        ("channel", models.CharField(max_length=12)),
                        ("request_id", models.CharField(blank=True, max_length=40)),
                        (
                            "records",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        (
                            "versions",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), size=None
                            ),
                        ),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80), size=None
                            ),
                        ),
                        (
                            "basis",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "agreements",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "db_table": "sharing_ledger",
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["records"], name="ledger_records"
                            ),
                            models.Index(fields=["agency", "-at", "-id"], name="ledger_agency_at"),
                            models.Index(fields=["-at", "-id"], name="ledger_at"),
                        ],
                    },
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
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "recall",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="answers",
                                to="sharing.recall",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["recall", "agency", "-at"], name="recall_answer")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["destroyed", "kept", "passed"])),
                                name="recall_answer_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind", "destroyed"),
                                    models.Q(("words", ""), _negated=True),
                                    models.Q(("kind", "passed"), ("passed_to__len__gt", 0)),
                                    _connector="OR",
                                ),
                                name="recall_answer_says_why_or_to_whom",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuietHours",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("begins", models.TimeField()),
                        ("ends", models.TimeField()),
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("agency", "person"), name="quiet_hours_once", nulls_distinct=False
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("begins", models.F("ends")), _negated=True),
                                name="quiet_hours_end",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Alert",
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
                                choices=[
                                    ("new", "New"),
                                    ("amended", "Amended"),
                                    ("recalled", "Recalled"),
                                    ("correction", "Correction"),
                                    ("request", "Request"),
                                    ("agreement", "Agreement"),
                                    ("community", "Community"),
                                    ("emergency", "Break glass"),
                                    ("review", "Review"),
                                    ("action", "Action due"),
                                    ("export", "File"),
                                    ("hub", "Another hub"),
                                    ("ended", "No longer shared"),
                                    ("digest", "Digest"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "record_kind",
                            models.CharField(
                                blank=True,
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("ref", models.CharField(blank=True, max_length=9)),
                        ("version", models.IntegerField(default=0)),
                        ("hazard", models.BooleanField(default=False)),
                        ("at", models.DateTimeField()),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                        ("facts", models.JSONField(default=dict)),
                        ("path", models.CharField(blank=True, max_length=200)),
                        ("request_id", models.CharField(blank=True, max_length=32)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("record", None), ("owner__isnull", False), _connector="OR"
                                ),
                                name="alert_of_a_record_names_its_owner",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "new",
                                            "amended",
                                            "recalled",
                                            "correction",
                                            "request",
                                            "agreement",
                                            "community",
                                            "emergency",
                                            "review",
                                            "action",
                                            "export",
                                            "hub",
                                            "ended",
                                            "digest",
                                        ],
                                    )
                                ),
                                name="alert_kind_known",
                            ),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("record", None)),
                                fields=["path", "kind"],
                                name="alert_notice",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Endpoint",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("url", models.URLField(blank=True, max_length=500)),
                        ("sealed_secret", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField()),
                        ("disabled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        ("failures", models.PositiveIntegerField(db_default=0, default=0)),
                        ("failing_since", models.DateTimeField(blank=True, null=True)),
                        ("resting_until", models.DateTimeField(blank=True, null=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        ("verified_at", models.DateTimeField(blank=True, null=True)),
                        ("removed_at", models.DateTimeField(blank=True, null=True)),
                        ("old_secret_ends_at", models.DateTimeField(blank=True, null=True)),
                        ("sealed_old_secret", models.TextField(blank=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("webhook", "Webhook"), ("taxii", "TAXII collection")],
                                db_default="webhook",
                                default="webhook",
                                max_length=10,
                            ),
                        ),
                        ("title", models.CharField(blank=True, db_default="", default="", max_length=200)),
                        ("behind", models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("old_secret_ends_at", None), ("sealed_old_secret", "")),
                                    models.Q(
                                        models.Q(("sealed_old_secret", ""), _negated=True),
                                        ("old_secret_ends_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="endpoint_old_secret_ends",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("removed_at", None),
                                    models.Q(
                                        ("disabled_at__isnull", False),
                                        ("sealed_old_secret", ""),
                                        ("sealed_secret", ""),
                                        ("title", ""),
                                        ("url", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="endpoint_removed_keeps_nothing",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["webhook", "taxii"])),
                                name="endpoint_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind", "webhook"), ("sealed_old_secret", ""), _connector="OR"
                                ),
                                name="endpoint_collection_has_one_secret",
                            ),
                        ],
                    },
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
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "methods",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "drugs",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "classes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "modes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "regions",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "ports",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("near_km", models.PositiveIntegerField(default=0)),
                        (
                            "countries",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "origins",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "destinations",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
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
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "tlps",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("hazard", models.BooleanField(default=False)),
                        ("words", models.CharField(blank=True, max_length=300)),
                        (
                            "channels",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("inbox", "Inbox"),
                                        ("mail", "E-mail"),
                                        ("webhook", "Webhook"),
                                        ("taxii", "TAXII push"),
                                    ],
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
                        ("asks_anew", models.BooleanField(db_default=False, default=False)),
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
                        ("since_n", models.BigIntegerField(null=True)),
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
                                condition=models.Q(("asks_anew", True)),
                                fields=["id"],
                                name="subscription_asks_anew",
                            ),
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
                                    (
                                        "frequency__in",
                                        ["at_once", "hourly", "shift", "daily", "weekly", "monthly"],
                                    )
                                ),
                                name="subscription_frequency_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("frequency", "at_once"), ("next_at", None)),
                                    models.Q(
                                        models.Q(("frequency", "at_once"), _negated=True),
                                        models.Q(
                                            ("next_at__isnull", False),
                                            ("paused_at__isnull", False),
                                            _connector="OR",
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("channels__contained_by", ["inbox", "mail", "webhook", "taxii"]),
                                    models.Q(("channels", []), _negated=True),
                                ),
                                name="subscription_has_channels",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("person", None),
                                    models.Q(("channels__overlap", ["webhook", "taxii"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="subscription_of_a_person_leads_to_no_program",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("frequency", "at_once"),
                                    models.Q(("channels__contains", ["taxii"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="subscription_pushes_at_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RemovedSubscription",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(unique=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("inbox", "Inbox"),
                                    ("mail", "E-mail"),
                                    ("webhook", "Webhook"),
                                    ("taxii", "TAXII push"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "waiting"),
                                    ("sending", "being sent"),
                                    ("sent", "sent"),
                                    ("cancelled", "not sent, access ended"),
                                    ("failed", "failed"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("due_at", models.DateTimeField()),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("begun_at", models.DateTimeField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("failure", models.CharField(blank=True, max_length=200)),
                        (
                            "notes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=200), default=list, size=None
                            ),
                        ),
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
                            "alert",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="sharing.alert",
                            ),
                        ),
                        (
                            "endpoint",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.endpoint",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "urgency",
                            models.SmallIntegerField(
                                choices=[
                                    (0, "hazards and recalls"),
                                    (1, "inboxes"),
                                    (2, "news and notices at once"),
                                    (3, "digests"),
                                ],
                                db_default=2,
                                default=2,
                            ),
                        ),
                        ("resent_at", models.DateTimeField(null=True)),
                        (
                            "matched",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), db_default=[], default=list, size=None
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "sending")),
                                fields=["claimed_at"],
                                name="delivery_claimed",
                            ),
                            models.Index(fields=["agency", "channel", "-id"], name="delivery_agency"),
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["channel", "urgency", "due_at", "id"],
                                name="delivery_due",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("endpoint__isnull", False), ("state__in", ["waiting", "failed"])
                                ),
                                fields=["endpoint", "state"],
                                name="delivery_endpoint",
                            ),
                            models.Index(
                                condition=models.Q(("person__isnull", False)),
                                fields=["person"],
                                name="delivery_person",
                            ),
                            models.Index(
                                condition=models.Q(("state", "failed")),
                                fields=["agency", "endpoint"],
                                name="delivery_failed",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["waiting", "sending", "sent", "cancelled", "failed"])
                                ),
                                name="delivery_state_known",
                            ),
                            models.UniqueConstraint(
                                fields=("alert", "agency", "person", "channel", "endpoint"),
                                name="delivery_once",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Looked",
                    fields=[
                        ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("n", models.BigIntegerField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("id", 1)), name="looked_is_one_row")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NoticeRead",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("read_at", models.DateTimeField()),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.delivery",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("delivery", "person"), name="notice_read_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Visit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("seen_at", models.DateTimeField()),
                        ("away_since", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
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
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
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
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                        ("basis", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["agency", "-proposed_at"], name="correction_proposed"),
                            models.Index(fields=["owner", "-proposed_at"], name="correction_asked"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["open", "taken_up", "taken", "answered"])),
                                name="correction_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "answered"), _negated=True),
                                    models.Q(("answer", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="correction_answered_in_words",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "taken"), _negated=True),
                                    ("in_version__gt", models.F("version")),
                                    _connector="OR",
                                ),
                                name="correction_taken_into_a_later_version",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("agency", models.F("owner")), _negated=True),
                                name="correction_by_a_recipient",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.IntegerField()),
                        ("read_at", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["agency", "record", "version"], name="receipt_agency")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("record", "version", "person"), name="receipt_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("acknowledged_at", None),
                                    ("acknowledged_at__gte", models.F("read_at")),
                                    _connector="OR",
                                ),
                                name="receipt_read_before_acknowledged",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reminded",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.IntegerField()),
                        ("acknowledge_by", models.DateTimeField()),
                        (
                            "step",
                            models.CharField(
                                choices=[("reminder", "Reminder"), ("escalation", "Escalation")],
                                max_length=10,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
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
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("record", "version", "agency", "person", "acknowledge_by", "step"),
                                name="reminded_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("step__in", ["reminder", "escalation"])),
                                name="reminded_step_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OnwardRequest",
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
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("ref", models.CharField(max_length=9)),
                        ("version", models.IntegerField()),
                        ("need_to_know", models.CharField(max_length=300, verbose_name="need to know")),
                        ("right_to_know", models.CharField(max_length=300, verbose_name="right to know")),
                        ("asked_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "waiting"),
                                    ("granted", "granted"),
                                    ("refused", "refused"),
                                    ("withdrawn", "taken back"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("answer", models.CharField(blank=True, max_length=500)),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
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
                                default=list,
                                size=None,
                            ),
                        ),
                        ("until", models.DateTimeField(null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "asker",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "recipient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["asker", "-asked_at", "-id"], name="request_asker")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["waiting", "granted", "refused", "withdrawn"])
                                ),
                                name="request_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "waiting"), ("settled_at__isnull", False), _connector="OR"
                                ),
                                name="request_settled_at_an_instant",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "waiting")),
                                fields=("asker", "record", "recipient"),
                                name="request_waits_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Verdict",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "sources",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=9), default=list, size=None
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("later", "asked when the originators have consented"),
                                    ("waiting", "waiting"),
                                    ("granted", "granted"),
                                    ("refused", "refused"),
                                    ("closed", "no longer asked"),
                                    ("withdrawn", "consent withdrawn"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
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
                                default=list,
                                size=None,
                            ),
                        ),
                        ("until", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=500)),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "consent",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="sharing.consent",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="verdicts",
                                to="sharing.onwardrequest",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "waiting")),
                                fields=["agency"],
                                name="verdict_waiting",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "agency"), name="verdict_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        ["later", "waiting", "granted", "refused", "closed", "withdrawn"],
                                    )
                                ),
                                name="verdict_state_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Briefing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        (
                            "ref",
                            models.CharField(
                                default=bulletins.records.refs.new_ref,
                                editable=False,
                                max_length=9,
                                unique=True,
                            ),
                        ),
                        ("title", models.CharField(max_length=200, verbose_name="title")),
                        ("month", models.DateField(verbose_name="month")),
                        ("made_at", models.DateTimeField()),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "agencies",
                            models.ManyToManyField(
                                blank=True, related_name="+", to="hub.agency", verbose_name="agencies"
                            ),
                        ),
                        (
                            "communities",
                            models.ManyToManyField(
                                blank=True,
                                related_name="+",
                                to="sharing.community",
                                verbose_name="communities",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "briefing",
                        "verbose_name_plural": "briefings",
                    },
                ),
                migrations.CreateModel(
                    name="Leftover",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("photograph", models.UUIDField()),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ExportJob",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("question", models.JSONField(default=dict)),
                        (
                            "form",
                            models.CharField(
                                choices=[
                                    ("csv", "CSV"),
                                    ("xlsx", "Excel"),
                                    ("json", "JSON"),
                                    ("stix", "STIX"),
                                    ("zip", "ZIP"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "waiting"),
                                    ("working", "being made"),
                                    ("ready", "ready"),
                                    ("failed", "could not be made"),
                                    ("outdated", "no longer true"),
                                    ("expired", "expired"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("touched_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("done", models.IntegerField(default=0)),
                        ("total", models.IntegerField(null=True)),
                        ("name", models.CharField(blank=True, max_length=120)),
                        ("size", models.BigIntegerField(default=0)),
                        ("marking", models.TextField(blank=True)),
                        (
                            "records",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        ("mark", models.CharField(blank=True, max_length=64)),
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["person", "-made_at"], name="export_list"),
                            models.Index(fields=["state", "touched_at"], name="export_state"),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("state", "ready")),
                                fields=["records"],
                                name="export_records",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("form__in", ["csv", "xlsx", "json", "stix", "zip"])),
                                name="export_form_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        ["waiting", "working", "ready", "failed", "outdated", "expired"],
                                    )
                                ),
                                name="export_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "ready"), _negated=True),
                                    ("expires_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="export_ready_ends",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FeedLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("made_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(null=True)),
                        ("used_at", models.DateTimeField(null=True)),
                        (
                            "made_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "subscription",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.subscription",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("revoked_at", None)),
                                fields=("subscription",),
                                name="feed_link_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("expires_at__gt", models.F("made_at"))),
                                name="feed_link_ends",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FeedEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel",
                            models.CharField(choices=[("atom", "Atom"), ("cap", "Cap")], max_length=10),
                        ),
                        ("record", models.BigIntegerField()),
                        ("uid", models.UUIDField()),
                        ("path", models.CharField(max_length=40)),
                        ("shape", models.CharField(blank=True, max_length=64)),
                        ("message", models.UUIDField(default=uuid.uuid4, unique=True)),
                        ("before", models.JSONField(default=list)),
                        ("changed_at", models.DateTimeField()),
                        ("gone_at", models.DateTimeField(null=True)),
                        (
                            "subscription",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.subscription",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("subscription", "channel", "record"), name="feed_entry_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("channel__in", ["atom", "cap"])),
                                name="feed_entry_channel",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Fed",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("agency_id", models.IntegerField()),
                        ("collection", models.UUIDField()),
                        ("record_id", models.BigIntegerField()),
                        ("life", models.SmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("agency_id", "collection", "record_id", "life"), name="fed_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Original",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("scope", models.CharField(blank=True, max_length=40)),
                        ("stix_id", models.CharField(max_length=120)),
                        ("modified_at", models.DateTimeField()),
                        ("body", models.TextField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("written", "written into the working copy"),
                                    ("waiting", "waits: the working copy was edited by hand since"),
                                    ("withdrawn", "its sender has withdrawn it"),
                                    ("revoked", "its sender has revoked it"),
                                    ("part", "a note or indicator that only repeats part of a record"),
                                    ("marking", "a marking that other objects refer to"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "way",
                            models.CharField(
                                choices=[("taxii", "sent by TAXII"), ("pull", "fetched by TAXII")],
                                max_length=10,
                            ),
                        ),
                        ("sender", models.CharField(blank=True, max_length=150)),
                        ("notes", models.JSONField(default=list)),
                        ("taken_at", models.DateTimeField()),
                        ("written_at", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
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
                            "record",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="originals",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-modified_at", "-id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("agency", "scope", "stix_id", "modified_at"),
                                name="original_once_a_version",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        ["written", "waiting", "withdrawn", "revoked", "part", "marking"],
                                    )
                                ),
                                name="original_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("record__isnull", False), ("state", "marking"), _connector="OR"
                                ),
                                name="original_of_a_record",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Envelope",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("requested_at", models.DateTimeField(db_index=True)),
                        ("lines", models.JSONField(default=list)),
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
                            "person",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Participation",
                    fields=[
                        (
                            "agency",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="hub.agency",
                            ),
                        ),
                        ("publishes", models.BooleanField(default=False)),
                        ("changed_at", models.DateTimeField()),
                        (
                            "changed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Voice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        (
                            "principal",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "speaker",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("speaker", "principal"), name="voice_once"),
                            models.CheckConstraint(
                                condition=models.Q(("speaker", models.F("principal")), _negated=True),
                                name="voice_for_another",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("name", models.CharField(max_length=150)),
                        ("is_workbook", models.BooleanField(default=False)),
                        (
                            "tlp",
                            models.CharField(
                                choices=[
                                    ("TLP:CLEAR", "TLP:CLEAR"),
                                    ("TLP:GREEN", "TLP:GREEN"),
                                    ("TLP:AMBER", "TLP:AMBER"),
                                    ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
                                    ("TLP:RED", "TLP:RED"),
                                ],
                                default="TLP:AMBER",
                                max_length=16,
                            ),
                        ),
                        ("posts", models.BooleanField(default=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("checking", "being checked"),
                                    ("checked", "checked: say whether the good rows are to be taken"),
                                    ("taking", "good rows are being taken in"),
                                    ("taken", "taken in"),
                                    ("unreadable", "cannot be read"),
                                ],
                                default="checking",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("line", models.PositiveIntegerField(default=0)),
                        ("good", models.PositiveIntegerField(default=0)),
                        ("bad", models.PositiveIntegerField(default=0)),
                        ("created", models.PositiveIntegerField(default=0)),
                        ("changed", models.PositiveIntegerField(default=0)),
                        ("unchanged", models.PositiveIntegerField(default=0)),
                        ("posted", models.PositiveIntegerField(default=0)),
                        ("problems", models.JSONField(default=list)),
                        ("sent_at", models.DateTimeField()),
                        ("worked_at", models.DateTimeField(null=True)),
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
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state__in", ["checking", "checked", "taking", "taken", "unreadable"])
                                ),
                                name="upload_state_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "tlp__in",
                                        [
                                            "TLP:CLEAR",
                                            "TLP:GREEN",
                                            "TLP:AMBER",
                                            "TLP:AMBER+STRICT",
                                            "TLP:RED",
                                        ],
                                    )
                                ),
                                name="upload_tlp_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Peer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("title", models.CharField(max_length=100)),
                        ("url", models.CharField(blank=True, max_length=500)),
                        (
                            "scheme",
                            models.CharField(
                                choices=[
                                    ("basic", "user name and password"),
                                    ("token", "token"),
                                    ("none", "nothing: it answers anybody"),
                                ],
                                max_length=5,
                            ),
                        ),
                        ("username", models.CharField(blank=True, max_length=150)),
                        ("sealed_secret", models.TextField(blank=True)),
                        ("every_minutes", models.PositiveIntegerField(default=60)),
                        (
                            "unmarked",
                            models.CharField(
                                choices=[
                                    ("TLP:CLEAR", "TLP:CLEAR"),
                                    ("TLP:GREEN", "TLP:GREEN"),
                                    ("TLP:AMBER", "TLP:AMBER"),
                                    ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
                                    ("TLP:RED", "TLP:RED"),
                                ],
                                default="TLP:AMBER+STRICT",
                                max_length=16,
                            ),
                        ),
                        ("is_hub", models.BooleanField(default=False)),
                        ("hub", models.UUIDField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("paused_at", models.DateTimeField(null=True)),
                        ("removed_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField()),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("after", models.CharField(blank=True, max_length=40)),
                        ("next", models.CharField(blank=True, max_length=4000)),
                        ("reached", models.CharField(blank=True, max_length=40)),
                        ("page_size", models.PositiveIntegerField(default=200)),
                        ("pages", models.PositiveIntegerField(default=0)),
                        ("idle", models.PositiveIntegerField(default=0)),
                        ("pulled_at", models.DateTimeField(null=True)),
                        ("failures", models.PositiveIntegerField(default=0)),
                        ("failing_since", models.DateTimeField(null=True)),
                        ("failure", models.CharField(blank=True, max_length=200)),
                        ("taken", models.PositiveBigIntegerField(default=0)),
                        ("refused", models.PositiveBigIntegerField(default=0)),
                        ("problems", models.JSONField(default=list)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("paused_at", None), ("removed_at", None)),
                                fields=["due_at"],
                                name="peer_due",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("scheme__in", ["basic", "token", "none"])),
                                name="peer_scheme_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("unmarked__in", ["TLP:AMBER+STRICT", "TLP:RED"])),
                                name="peer_unmarked_strict",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("every_minutes__range", (5, 10080))), name="peer_every"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("removed_at", None),
                                    models.Q(("sealed_secret", ""), ("url", "")),
                                    _connector="OR",
                                ),
                                name="peer_removed_keeps_nothing",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Arrival",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hub", models.UUIDField()),
                        ("uid", models.UUIDField()),
                        ("peer_uid", models.UUIDField()),
                        ("version", models.PositiveIntegerField()),
                        ("acknowledged_version", models.PositiveIntegerField(default=0)),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("failure", models.CharField(blank=True, max_length=200)),
                        ("acknowledge_by", models.DateTimeField(null=True)),
                        ("asked_at", models.DateTimeField(null=True)),
                        (
                            "told",
                            models.CharField(
                                blank=True,
                                choices=[("reminder", "Reminder"), ("escalation", "Escalation")],
                                db_default="",
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("photographs_due_at", models.DateTimeField(null=True)),
                        ("photographs_attempts", models.PositiveIntegerField(db_default=0, default=0)),
                        (
                            "photographs_failure",
                            models.CharField(blank=True, db_default="", default="", max_length=200),
                        ),
                        (
                            "acknowledged_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
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
                            "record",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="arrival",
                                to="bulletins.record",
                            ),
                        ),
                        (
                            "peer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sharing.peer",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="arrival_due",
                            ),
                            models.Index(
                                condition=models.Q(("acknowledge_by__isnull", False)),
                                fields=["acknowledge_by"],
                                name="arrival_asked",
                            ),
                            models.Index(
                                condition=models.Q(("photographs_due_at__isnull", False)),
                                fields=["photographs_due_at"],
                                name="arrival_photographs_due",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("agency", "hub", "uid"), name="arrival_once_an_agency"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField()),
                        ("code", models.CharField(max_length=20)),
                        ("name", models.CharField(max_length=200)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("hidta", "HIDTA region"),
                                    ("dhe", "Domestic Highway Enforcement"),
                                    ("bilateral", "Bilateral"),
                                    ("international", "International"),
                                    ("operation", "Operation"),
                                ],
                                max_length=15,
                            ),
                        ),
                        ("description", models.TextField()),
                        ("closes_at", models.DateTimeField(null=True)),
                        ("invited_at", models.DateTimeField()),
                        ("asked_at", models.DateTimeField(null=True)),
                        ("lapses_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "sharing_invitation",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Opened",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("ref", models.CharField(max_length=9)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("until", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "sharing_opened",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Received",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "tlp",
                            models.CharField(
                                choices=[
                                    ("TLP:CLEAR", "TLP:CLEAR"),
                                    ("TLP:GREEN", "TLP:GREEN"),
                                    ("TLP:AMBER", "TLP:AMBER"),
                                    ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
                                    ("TLP:RED", "TLP:RED"),
                                ],
                                default="TLP:AMBER",
                                max_length=16,
                                verbose_name="TLP",
                            ),
                        ),
                        (
                            "controls",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("NOFORN", "NOFORN: not to foreign governments"),
                                        ("FED ONLY", "FED ONLY: U.S. federal agencies only"),
                                        ("REL TO", "REL TO: to the countries named"),
                                        (
                                            "DISPLAY ONLY",
                                            "DISPLAY ONLY: may be read on a page, not taken away",
                                        ),
                                    ],
                                    max_length=12,
                                ),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="dissemination controls",
                            ),
                        ),
                        (
                            "rel_to",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="releasable to countries",
                            ),
                        ),
                        (
                            "cui_categories",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=10),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="CUI categories",
                            ),
                        ),
                        ("caveat", models.CharField(blank=True, max_length=120, verbose_name="caveat")),
                        (
                            "reliability",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("A", "A: completely reliable"),
                                    ("B", "B: usually reliable"),
                                    ("C", "C: fairly reliable"),
                                    ("D", "D: not usually reliable"),
                                    ("E", "E: unreliable"),
                                    ("F", "F: cannot be judged"),
                                ],
                                max_length=1,
                                verbose_name="source reliability",
                            ),
                        ),
                        (
                            "credibility",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("1", "1: confirmed by others"),
                                    ("2", "2: probably true"),
                                    ("3", "3: possibly true"),
                                    ("4", "4: doubtful"),
                                    ("5", "5: improbable"),
                                    ("6", "6: cannot be judged"),
                                ],
                                max_length=1,
                                verbose_name="credibility",
                            ),
                        ),
                        ("version", models.IntegerField()),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), default=list, size=None
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4)),
                        ("ref", models.CharField(max_length=9)),
                        ("issued_at", models.DateTimeField()),
                        ("shown", models.JSONField()),
                        (
                            "linked",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        ("words", django.contrib.postgres.search.SearchVectorField()),
                        ("title", models.TextField()),
                        (
                            "methods",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40), default=list, size=None
                            ),
                        ),
                        (
                            "drugs",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40), default=list, size=None
                            ),
                        ),
                        ("mode", models.CharField(blank=True, max_length=40)),
                        ("month", models.CharField(blank=True, max_length=7)),
                        ("region", models.CharField(blank=True, max_length=60)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("port", models.CharField(blank=True, max_length=10)),
                        ("latitude", models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                        ("longitude", models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                        ("hazard", models.BooleanField(default=False)),
                        ("urgency", models.CharField(blank=True, max_length=10)),
                        ("mass_kg", models.DecimalField(decimal_places=6, max_digits=14, null=True)),
                        ("visible_since", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "sharing_inbox",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Given",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("person_id", models.BigIntegerField(null=True)),
                        ("version", models.IntegerField()),
                        ("withheld", models.JSONField()),
                        ("visible_since", models.DateTimeField()),
                        ("until", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "sharing_given",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Rewording",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("version", models.IntegerField()),
                        ("fields", models.JSONField()),
                    ],
                    options={
                        "db_table": "sharing_reworded",
                        "managed": False,
                    },
                ),
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
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
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
                    options={
                        "db_table": "sharing_inboxitem",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Asked",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("ref", models.CharField(max_length=9)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("version", models.IntegerField()),
                        ("acknowledge_by", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "sharing_asked",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="Answered",
                    fields=[
                        ("id", models.TextField(primary_key=True, serialize=False)),
                        ("version", models.IntegerField()),
                        ("read_at", models.DateTimeField()),
                        ("acknowledged_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "sharing_answered",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="LedgerGiven",
                    fields=[
                        ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ("ledger_id", models.BigIntegerField()),
                        ("place", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("channel", models.CharField(max_length=12)),
                        ("record_id", models.BigIntegerField()),
                        ("uid", models.UUIDField()),
                        ("ref", models.CharField(max_length=9)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("version", models.IntegerField()),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), size=None
                            ),
                        ),
                        ("agreement_id", models.BigIntegerField(null=True)),
                        ("red", models.BooleanField()),
                        ("release_id", models.BigIntegerField(null=True)),
                        ("poster_id", models.BigIntegerField(null=True)),
                    ],
                    options={
                        "db_table": "sharing_ledger_given",
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="LedgerTaken",
                    fields=[
                        ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ("ledger_id", models.BigIntegerField()),
                        ("place", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("channel", models.CharField(max_length=12)),
                        ("record_id", models.BigIntegerField()),
                        ("uid", models.UUIDField()),
                        ("ref", models.CharField(max_length=9)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                max_length=10,
                            ),
                        ),
                        ("version", models.IntegerField()),
                        (
                            "withheld",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), size=None
                            ),
                        ),
                        ("agreement_id", models.BigIntegerField(null=True)),
                        ("red", models.BooleanField()),
                        ("person_id", models.BigIntegerField(null=True)),
                        ("person", models.CharField(max_length=150)),
                        ("tlp", models.CharField(max_length=16)),
                        (
                            "controls",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), size=None
                            ),
                        ),
                        (
                            "rel_to",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), size=None
                            ),
                        ),
                        (
                            "cui_categories",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=10), size=None
                            ),
                        ),
                        ("caveat", models.CharField(max_length=120)),
                        ("reliability", models.CharField(max_length=1)),
                        ("credibility", models.CharField(max_length=1)),
                    ],
                    options={
                        "db_table": "sharing_ledger_taken",
                        "managed": False,
                    },
                ),
            ]
        ),
        # A draft that is discarded takes along what it came from.
        migrations.RunSQL(
            [
                f"""alter table sharing_{name} add constraint {name}_record foreign key (record_id)
                    references bulletins_record on delete cascade deferrable initially deferred"""
                for name in ("original", "arrival")
            ],
            NOTHING,
        ),
    ]
