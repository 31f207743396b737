"""Agencies, people and tokens, the trail and its seals, and what was done under an Idempotency-Key."""

import uuid

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from hub.database.tables import Tables


class Migration(migrations.Migration):
    initial = True

    # A swappable user resolves to hub's first migration, the ground, which has no people yet.
    run_before = [("account", "0001_initial"), ("guardian", "0001_initial")]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("hub", "0000_ground"),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="Agency",
                    fields=[
                        (
                            "group",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="agency",
                                serialize=False,
                                to="auth.group",
                            ),
                        ),
                        ("code", models.CharField(max_length=20, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        (
                            "renamed_at",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("federal", "Federal"),
                                    ("hidta", "HIDTA"),
                                    ("dhe_state", "State, highway enforcement"),
                                    ("local", "Local"),
                                    ("tribal", "Tribal"),
                                    ("foreign", "Foreign"),
                                    ("international", "International body"),
                                ],
                                max_length=20,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True,
                                help_text="ISO 3166-1, two letters; empty for a world body",
                                max_length=2,
                                verbose_name="country",
                            ),
                        ),
                        ("region", models.CharField(blank=True, max_length=100, verbose_name="region")),
                        (
                            "desk_email",
                            models.EmailField(blank=True, max_length=254, verbose_name="desk e-mail"),
                        ),
                        (
                            "desk_phone",
                            models.CharField(blank=True, max_length=40, verbose_name="desk telephone"),
                        ),
                        (
                            "desk_hours",
                            models.CharField(blank=True, max_length=100, verbose_name="desk hours"),
                        ),
                        (
                            "time_zone",
                            models.CharField(default="UTC", max_length=40, verbose_name="time zone"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("active", "Active"), ("suspended", "Suspended")],
                                default="active",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("parent_confirmed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "cfr23_accepted_on",
                            models.DateField(
                                blank=True, null=True, verbose_name="28 CFR Part 23 procedures accepted on"
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="hub.agency",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "agency",
                        "verbose_name_plural": "agencies",
                        "ordering": ["code"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "federal",
                                            "hidta",
                                            "dhe_state",
                                            "local",
                                            "tribal",
                                            "foreign",
                                            "international",
                                        ],
                                    )
                                ),
                                name="agency_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["active", "suspended"])),
                                name="agency_state_known",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Person",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        (
                            "last_login",
                            models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                        ),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        (
                            "username",
                            models.CharField(
                                error_messages={"unique": "A user with that username already exists."},
                                help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                                max_length=150,
                                unique=True,
                                validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                                verbose_name="username",
                            ),
                        ),
                        (
                            "first_name",
                            models.CharField(blank=True, max_length=150, verbose_name="first name"),
                        ),
                        ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                        (
                            "email",
                            models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                        ),
                        (
                            "is_staff",
                            models.BooleanField(
                                default=False,
                                help_text="Designates whether the user can log into this admin site.",
                                verbose_name="staff status",
                            ),
                        ),
                        (
                            "is_active",
                            models.BooleanField(
                                default=True,
                                help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                                verbose_name="active",
                            ),
                        ),
                        (
                            "date_joined",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="date joined"
                            ),
                        ),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("officer", "officer"),
                                        ("releaser", "releaser"),
                                        ("liaison", "liaison"),
                                        ("admin", "agency admin"),
                                        ("auditor", "auditor"),
                                        ("steward", "steward"),
                                        ("inspector", "inspector"),
                                    ],
                                    max_length=10,
                                ),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("time_zone", models.CharField(blank=True, max_length=40, verbose_name="time zone")),
                        (
                            "agency",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="people",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "seconded_from",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "person",
                        "verbose_name_plural": "people",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "roles__contained_by",
                                        [
                                            "officer",
                                            "releaser",
                                            "liaison",
                                            "admin",
                                            "auditor",
                                            "steward",
                                            "inspector",
                                        ],
                                    )
                                ),
                                name="person_roles_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("seconded_from", None), ("agency", None), _connector="OR"
                                ),
                                name="person_of_an_agency_or_seconded",
                            ),
                        ],
                    },
                    managers=[
                        ("objects", django.contrib.auth.models.UserManager()),
                    ],
                ),
                migrations.CreateModel(
                    name="Token",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        (
                            "scope",
                            models.CharField(
                                choices=[
                                    ("read", "read"),
                                    ("write", "read and write"),
                                    ("taxii", "machine feeds"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tokens",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("label", models.CharField(blank=True, db_default="", default="", max_length=60)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("scope__in", ["read", "write", "taxii"])),
                                name="token_scope_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("expires_at__gt", models.F("created_at"))),
                                name="token_ends",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrailRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("event", models.CharField(max_length=60)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("ok", "Ok"), ("refused", "Refused"), ("failed", "Failed")],
                                max_length=10,
                            ),
                        ),
                        ("actor_id", models.BigIntegerField(null=True)),
                        ("actor", models.CharField(blank=True, max_length=150)),
                        ("agency_id", models.IntegerField(null=True)),
                        ("agency", models.CharField(blank=True, max_length=20)),
                        ("method", models.CharField(blank=True, max_length=20)),
                        ("ip", models.GenericIPAddressField(null=True)),
                        ("user_agent", models.CharField(blank=True, max_length=300)),
                        ("request_id", models.CharField(blank=True, max_length=40)),
                        ("object_type", models.CharField(blank=True, max_length=40)),
                        ("object_id", models.CharField(blank=True, max_length=60)),
                        ("version", models.IntegerField(null=True)),
                        ("marking", models.CharField(blank=True, max_length=100)),
                        (
                            "audience_before",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), default=list, size=None
                            ),
                        ),
                        (
                            "audience_after",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), default=list, size=None
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("rows", models.IntegerField(null=True)),
                        ("facts", models.JSONField(default=dict)),
                        ("credential", models.CharField(blank=True, db_default="", max_length=40)),
                        ("bytes_out", models.BigIntegerField(null=True)),
                        ("duration_ms", models.IntegerField(null=True)),
                    ],
                    options={
                        "db_table": "hub_trail",
                        "indexes": [models.Index(fields=["agency_id", "-id"], name="trail_agency")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("outcome__in", ["ok", "refused", "failed"])),
                                name="trail_outcome_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrailNumber",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("trail_id", models.BigIntegerField(unique=True)),
                        ("n", models.BigIntegerField(null=True, unique=True)),
                        ("numbered_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Seal",
                    fields=[
                        ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("first", models.BigIntegerField()),
                        ("last", models.BigIntegerField(unique=True)),
                        ("rows", models.IntegerField()),
                        (
                            "ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        ("digests", models.BinaryField()),
                        ("previous", models.CharField(max_length=64)),
                        ("head", models.CharField(max_length=64, unique=True)),
                        ("at", models.DateTimeField()),
                        ("key", models.CharField(max_length=64)),
                        ("signature", models.CharField(max_length=128)),
                    ],
                    options={
                        "db_table": "hub_seal",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("first__gte", 1), ("last__gte", models.F("first")), ("number__gte", 1)
                                ),
                                name="seal_holds_rows",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HeadMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("person_id", models.BigIntegerField()),
                        ("person", models.CharField(max_length=150)),
                        ("at", models.DateTimeField()),
                        (
                            "seal",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.seal"
                            ),
                        ),
                    ],
                    options={
                        "db_table": "hub_headmail",
                        "indexes": [models.Index(fields=["person_id", "-at"], name="headmail_person")],
                    },
                ),
                migrations.CreateModel(
                    name="Done",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=64)),
                        ("request", models.CharField(max_length=64)),
                        ("status", models.PositiveSmallIntegerField()),
                        ("place", models.CharField(blank=True, max_length=300)),
                        ("said", models.JSONField(null=True)),
                        ("at", models.DateTimeField(db_index=True)),
                        (
                            "agency",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
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
                        (
                            "token",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="hub.token",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("agency", "person", "token", "key"),
                                name="done_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
            ]
        ),
    ]
