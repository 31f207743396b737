"""Vocabulary, records with their versions and parts, and the faces that others see."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import bulletins.records.refs
from hub.database.tables import Tables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("hub", "0002_locks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="Method",
                    fields=[
                        (
                            "code",
                            models.CharField(
                                max_length=40, primary_key=True, serialize=False, verbose_name="code"
                            ),
                        ),
                        ("label", models.CharField(max_length=200, verbose_name="label")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(
                                help_text="order in lists", verbose_name="position"
                            ),
                        ),
                        (
                            "retired_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                        ),
                        (
                            "reworded_at",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        ("level", models.PositiveSmallIntegerField(verbose_name="level")),
                        (
                            "path",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                help_text="codes from the top term down to this one",
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
                        ("definition", models.TextField(blank=True, verbose_name="definition")),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="bulletins.method",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "concealment method",
                        "verbose_name_plural": "concealment methods",
                        "ordering": ["position", "code"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("code", ""), _negated=True),
                                    models.Q(("label", ""), _negated=True),
                                ),
                                name="method_named",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("level__gte", 1), ("level__lte", 3)),
                                name="method_level_1_to_3",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("level", 1), ("parent", None)),
                                    models.Q(("level__gt", 1), ("parent__isnull", False)),
                                    _connector="OR",
                                ),
                                name="method_parent_below_the_top_only",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("path__len", models.F("level"))),
                                name="method_path_as_long_as_its_level",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("path__contains", [models.F("code")])),
                                name="method_path_holds_itself",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Drug",
                    fields=[
                        (
                            "code",
                            models.CharField(
                                max_length=40, primary_key=True, serialize=False, verbose_name="code"
                            ),
                        ),
                        ("label", models.CharField(max_length=200, verbose_name="label")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(
                                help_text="order in lists", verbose_name="position"
                            ),
                        ),
                        (
                            "retired_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                        ),
                        (
                            "aliases",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("drug_class", models.CharField(blank=True, max_length=40, verbose_name="class")),
                        ("is_drug", models.BooleanField(default=True, verbose_name="is a drug")),
                        (
                            "dea_schedule",
                            models.CharField(blank=True, max_length=60, verbose_name="DEA schedule"),
                        ),
                        ("dea_code", models.CharField(blank=True, max_length=40, verbose_name="DEA code")),
                        (
                            "un_control",
                            models.CharField(blank=True, max_length=80, verbose_name="UN control"),
                        ),
                        (
                            "lethal_dose_mg",
                            models.DecimalField(
                                blank=True,
                                decimal_places=6,
                                max_digits=12,
                                null=True,
                                verbose_name="lethal dose, mg",
                            ),
                        ),
                        (
                            "lethal_dose_note",
                            models.TextField(blank=True, verbose_name="note on the lethal dose"),
                        ),
                        (
                            "presumptive_test_caution",
                            models.TextField(blank=True, verbose_name="caution on field tests"),
                        ),
                        ("source_note", models.TextField(blank=True, verbose_name="source")),
                    ],
                    options={
                        "verbose_name": "drug",
                        "verbose_name_plural": "drugs",
                        "ordering": ["position", "code"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("code", ""), _negated=True),
                                    models.Q(("label", ""), _negated=True),
                                ),
                                name="drug_named",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("lethal_dose_mg", None), ("lethal_dose_mg__gt", 0), _connector="OR"
                                ),
                                name="drug_lethal_dose_positive",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mode",
                    fields=[
                        (
                            "code",
                            models.CharField(
                                max_length=40, primary_key=True, serialize=False, verbose_name="code"
                            ),
                        ),
                        ("label", models.CharField(max_length=200, verbose_name="label")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(
                                help_text="order in lists", verbose_name="position"
                            ),
                        ),
                        (
                            "retired_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                        ),
                        ("definition", models.TextField(blank=True, verbose_name="definition")),
                    ],
                    options={
                        "verbose_name": "transport mode",
                        "verbose_name_plural": "transport modes",
                        "ordering": ["position", "code"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("code", ""), _negated=True),
                                    models.Q(("label", ""), _negated=True),
                                ),
                                name="mode_named",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Detection",
                    fields=[
                        (
                            "code",
                            models.CharField(
                                max_length=40, primary_key=True, serialize=False, verbose_name="code"
                            ),
                        ),
                        ("label", models.CharField(max_length=200, verbose_name="label")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(
                                help_text="order in lists", verbose_name="position"
                            ),
                        ),
                        (
                            "retired_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                        ),
                        ("definition", models.TextField(blank=True, verbose_name="definition")),
                    ],
                    options={
                        "verbose_name": "detection method",
                        "verbose_name_plural": "detection methods",
                        "ordering": ["position", "code"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("code", ""), _negated=True),
                                    models.Q(("label", ""), _negated=True),
                                ),
                                name="detection_named",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Port",
                    fields=[
                        (
                            "code",
                            models.CharField(
                                max_length=40, primary_key=True, serialize=False, verbose_name="code"
                            ),
                        ),
                        ("label", models.CharField(max_length=200, verbose_name="label")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(
                                help_text="order in lists", verbose_name="position"
                            ),
                        ),
                        (
                            "retired_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="retired at"),
                        ),
                        (
                            "reworded_at",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        (
                            "port_code",
                            models.CharField(blank=True, max_length=4, verbose_name="Schedule D code"),
                        ),
                        (
                            "state",
                            models.CharField(blank=True, max_length=60, verbose_name="state or province"),
                        ),
                        ("country", models.CharField(max_length=2, verbose_name="country")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("land", "Land crossing"),
                                    ("rail", "Rail crossing or yard"),
                                    ("sea", "Seaport"),
                                    ("air", "Airport"),
                                    ("mail", "Mail facility"),
                                    ("express", "Express carrier hub"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "region",
                            models.CharField(
                                choices=[
                                    ("southwest", "Southwest border"),
                                    ("northern", "Northern border"),
                                    ("coastal_interior", "Coastal/Interior"),
                                    ("canada", "Canada"),
                                    ("mexico", "Mexico"),
                                    ("elsewhere", "Elsewhere"),
                                ],
                                max_length=20,
                                verbose_name="region",
                            ),
                        ),
                        ("lat", models.DecimalField(decimal_places=6, max_digits=9, verbose_name="latitude")),
                        (
                            "lon",
                            models.DecimalField(decimal_places=6, max_digits=9, verbose_name="longitude"),
                        ),
                        (
                            "code_source",
                            models.CharField(blank=True, max_length=100, verbose_name="source of the code"),
                        ),
                    ],
                    options={
                        "verbose_name": "port",
                        "verbose_name_plural": "ports",
                        "ordering": ["position", "code"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("code", ""), _negated=True),
                                    models.Q(("label", ""), _negated=True),
                                ),
                                name="port_named",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind__in", ["land", "rail", "sea", "air", "mail", "express"])
                                ),
                                name="port_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "region__in",
                                        [
                                            "southwest",
                                            "northern",
                                            "coastal_interior",
                                            "canada",
                                            "mexico",
                                            "elsewhere",
                                        ],
                                    )
                                ),
                                name="port_region_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("lat__gte", -90), ("lat__lte", 90)),
                                name="port_latitude_on_earth",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("lon__gte", -180), ("lon__lte", 180)),
                                name="port_longitude_on_earth",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Record",
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
                        (
                            "kind",
                            models.CharField(
                                choices=[("bulletin", "bulletin"), ("seizure", "seizure report")],
                                editable=False,
                                max_length=10,
                            ),
                        ),
                        (
                            "originator_text",
                            models.CharField(
                                blank=True,
                                help_text="the body that found it, where it has no seat in the hub",
                                max_length=200,
                            ),
                        ),
                        (
                            "external_id",
                            models.CharField(blank=True, max_length=60, verbose_name="own reference"),
                        ),
                        ("source_url", models.URLField(blank=True, max_length=500, verbose_name="source")),
                        ("created_at", models.DateTimeField()),
                        ("edited_at", models.DateTimeField()),
                        ("latest", models.IntegerField(default=0)),
                        ("latest_at", models.DateTimeField(null=True)),
                        ("recalled_at", models.DateTimeField(null=True)),
                        ("occurred_on", models.DateField(blank=True, null=True, verbose_name="date")),
                        ("occurred_time", models.TimeField(blank=True, null=True, verbose_name="time")),
                        (
                            "occurred_period",
                            models.CharField(
                                blank=True, help_text="2024 or 2024-03", max_length=10, verbose_name="period"
                            ),
                        ),
                        (
                            "precision",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("instant", "to the minute"),
                                    ("day", "to the day"),
                                    ("month", "to the month"),
                                    ("year", "to the year"),
                                    ("unknown", "not known"),
                                ],
                                default="unknown",
                                max_length=10,
                            ),
                        ),
                        ("country", models.CharField(blank=True, max_length=2, verbose_name="country")),
                        ("region", models.CharField(blank=True, max_length=60, verbose_name="region")),
                        (
                            "state",
                            models.CharField(blank=True, max_length=60, verbose_name="state or province"),
                        ),
                        ("place", models.CharField(blank=True, max_length=200, verbose_name="place")),
                        (
                            "latitude",
                            models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True),
                        ),
                        (
                            "longitude",
                            models.DecimalField(blank=True, decimal_places=5, max_digits=8, null=True),
                        ),
                        (
                            "conveyance",
                            models.CharField(blank=True, max_length=200, verbose_name="conveyance"),
                        ),
                        (
                            "origin_country",
                            models.CharField(blank=True, max_length=2, verbose_name="country of origin"),
                        ),
                        (
                            "transit_countries",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "destination",
                            models.CharField(blank=True, max_length=200, verbose_name="destination"),
                        ),
                        (
                            "methods",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="where hidden",
                            ),
                        ),
                        (
                            "packages",
                            models.PositiveIntegerField(blank=True, null=True, verbose_name="packages"),
                        ),
                        (
                            "packages_qualifier",
                            models.CharField(
                                blank=True,
                                choices=[("approx", "about"), ("more_than", "more than")],
                                max_length=10,
                            ),
                        ),
                        (
                            "safety_note",
                            models.TextField(blank=True, max_length=2000, verbose_name="officer safety"),
                        ),
                        ("hazard", models.BooleanField(default=False, verbose_name="hazard to officers")),
                        (
                            "concealment",
                            models.CharField(blank=True, max_length=500, verbose_name="how it was hidden"),
                        ),
                        (
                            "narrative",
                            models.TextField(blank=True, max_length=20000, verbose_name="what happened"),
                        ),
                        (
                            "detection",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=list,
                                size=None,
                                verbose_name="how it was found",
                            ),
                        ),
                        (
                            "technique",
                            models.TextField(
                                blank=True, max_length=5000, verbose_name="how it was found, in words"
                            ),
                        ),
                        (
                            "case_number",
                            models.CharField(blank=True, max_length=100, verbose_name="case number"),
                        ),
                        (
                            "referred_to",
                            models.CharField(blank=True, max_length=200, verbose_name="referred to"),
                        ),
                        (
                            "investigators",
                            models.CharField(blank=True, max_length=300, verbose_name="investigators"),
                        ),
                        (
                            "prosecution",
                            models.TextField(blank=True, max_length=2000, verbose_name="prosecution"),
                        ),
                        (
                            "people_count",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="people arrested"
                            ),
                        ),
                        (
                            "predicate",
                            models.TextField(blank=True, max_length=2000, verbose_name="criminal predicate"),
                        ),
                        (
                            "predicate_category",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("trafficking", "Drug trafficking"),
                                    ("smuggling", "Smuggling or importation"),
                                    ("laundering", "Money laundering"),
                                    ("organised", "Organised crime"),
                                    ("other", "Other criminal activity"),
                                ],
                                max_length=20,
                                verbose_name="predicate category",
                            ),
                        ),
                        ("certified_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "certified_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "originator",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="hub.agency",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
                            ),
                        ),
                        (
                            "poster",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "mode",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="bulletins.mode",
                                verbose_name="transport mode",
                            ),
                        ),
                        (
                            "port",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="bulletins.port",
                                verbose_name="port",
                            ),
                        ),
                        (
                            "embargo_until",
                            models.DateTimeField(
                                blank=True,
                                help_text="until then nobody but its owner has it",
                                null=True,
                                verbose_name="embargo",
                            ),
                        ),
                        (
                            "control_official",
                            models.CharField(blank=True, max_length=150, verbose_name="control official"),
                        ),
                        ("entered_on", models.DateField(blank=True, null=True)),
                        (
                            "purge_reason",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("obsolete", "It is no longer relevant"),
                                    ("misleading", "It is misleading"),
                                    ("unreliable", "It is unreliable"),
                                    ("unlawful", "It was not lawfully obtained or kept"),
                                    ("expired", "Its retention period is over"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("purged_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "purged_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("review_due", models.DateField(blank=True, null=True, verbose_name="review by")),
                        ("review_told", models.PositiveSmallIntegerField(blank=True, null=True)),
                        (
                            "sensitivity",
                            models.CharField(
                                choices=[
                                    ("sensitive", "Sensitive: an investigation under way"),
                                    ("confidential", "Confidential"),
                                    ("restricted", "Restricted: once held more closely"),
                                    ("unclassified", "Unclassified: from public sources"),
                                ],
                                default="confidential",
                                max_length=12,
                                verbose_name="sensitivity",
                            ),
                        ),
                        (
                            "validated_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("validated_on", models.DateField(blank=True, null=True)),
                        ("validated_why", models.CharField(blank=True, max_length=500)),
                        ("origin", models.JSONField(blank=True, editable=False, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["owner", "kind", "-edited_at"], name="record_owner_edited")
                        ],
                        "constraints": [
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
                                name="record_tlp_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "controls__contained_by",
                                        ["NOFORN", "FED ONLY", "REL TO", "DISPLAY ONLY"],
                                    )
                                ),
                                name="record_controls_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["bulletin", "seizure"])),
                                name="record_kind_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("latest__gte", 0)), name="record_latest_not_negative"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("external_id", ""), _negated=True),
                                fields=("owner", "kind", "external_id"),
                                name="record_external_id_once_an_owner",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "sensitivity__in",
                                        ["sensitive", "confidential", "restricted", "unclassified"],
                                    )
                                ),
                                name="record_sensitivity_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("entered_on", None),
                                    (
                                        "review_due__lte",
                                        models.Func(
                                            django.db.models.functions.comparison.Coalesce(
                                                "validated_on", "entered_on"
                                            ),
                                            template="(%(expressions)s + interval '5 years')",
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="record_review_within_five_years",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("entered_on", None), ("review_due__isnull", False), _connector="OR"
                                ),
                                name="record_entered_is_reviewed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("validated_by", None), ("validated_on", None), ("validated_why", "")
                                    ),
                                    models.Q(
                                        ("validated_by__isnull", False),
                                        ("validated_on__gte", models.F("entered_on")),
                                        models.Q(("validated_why", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="record_validated_by_somebody_for_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("purged_at", None), ("purge_reason", "")),
                                    models.Q(
                                        ("purged_at__isnull", False),
                                        (
                                            "purge_reason__in",
                                            ["obsolete", "misleading", "unreliable", "unlawful", "expired"],
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="record_purged_for_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Substance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                        (
                            "quantity",
                            models.DecimalField(
                                blank=True, decimal_places=4, max_digits=14, null=True, verbose_name="amount"
                            ),
                        ),
                        (
                            "unit",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("kg", "kg"),
                                    ("g", "g"),
                                    ("mg", "mg"),
                                    ("tonne", "tonnes"),
                                    ("lb", "lb"),
                                    ("oz", "oz"),
                                    ("L", "L"),
                                    ("mL", "mL"),
                                    ("gal", "US gallons"),
                                    ("pills", "pills"),
                                    ("items", "items"),
                                    ("cartons", "cartons"),
                                    ("rounds", "rounds"),
                                    ("USD", "US dollars"),
                                    ("CAD", "Canadian dollars"),
                                    ("MXN", "Mexican pesos"),
                                    ("EUR", "euros"),
                                    ("GBP", "pounds sterling"),
                                ],
                                max_length=10,
                                verbose_name="unit",
                            ),
                        ),
                        (
                            "qualifier",
                            models.CharField(
                                blank=True,
                                choices=[("approx", "about"), ("more_than", "more than")],
                                max_length=10,
                            ),
                        ),
                        (
                            "mass_kg",
                            models.DecimalField(
                                blank=True, decimal_places=6, editable=False, max_digits=14, null=True
                            ),
                        ),
                        (
                            "form",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("powder", "Powder"),
                                    ("pills", "Pills or tablets"),
                                    ("capsules", "Capsules"),
                                    ("liquid", "Liquid"),
                                    ("crystal", "Crystal or rock"),
                                    ("plant", "Plant matter"),
                                    ("resin", "Resin"),
                                    ("paste", "Paste"),
                                    ("blotter", "Blotter or soaked paper"),
                                    ("brown", "Brown (heroin)"),
                                    ("black_tar", "Black tar (heroin)"),
                                    ("other", "Other"),
                                ],
                                max_length=20,
                                verbose_name="form",
                            ),
                        ),
                        (
                            "purity_percent",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=5,
                                null=True,
                                verbose_name="purity, %",
                            ),
                        ),
                        (
                            "lab_state",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("not_tested", "Not tested"),
                                    ("presumptive", "Presumptive test only"),
                                    ("pending", "At the laboratory"),
                                    ("confirmed", "Laboratory confirmed"),
                                    ("refuted", "Laboratory found something else"),
                                ],
                                max_length=20,
                                verbose_name="laboratory",
                            ),
                        ),
                        (
                            "drug",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="bulletins.drug",
                                verbose_name="drug",
                            ),
                        ),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="substances",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__isnull", True), ("quantity__gte", 0), _connector="OR"
                                ),
                                name="substance_amount_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__isnull", True),
                                    models.Q(("unit", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="substance_amount_has_unit",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("purity_percent__isnull", True),
                                    ("purity_percent__range", (0, 100)),
                                    _connector="OR",
                                ),
                                name="substance_purity_is_percent",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Identifier",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("plate", "Licence plate"),
                                    ("vin", "Vehicle identification number"),
                                    ("container", "Container number"),
                                    ("tracking", "Tracking number"),
                                    ("vessel", "Vessel name or IMO number"),
                                    ("aircraft", "Aircraft registration or flight"),
                                    ("phone", "Telephone number"),
                                    ("email", "E-mail address"),
                                    ("account", "Account"),
                                    ("shipper", "Shipper"),
                                    ("consignee", "Consignee"),
                                    ("person", "Person"),
                                    ("other", "Other"),
                                ],
                                max_length=20,
                                verbose_name="kind",
                            ),
                        ),
                        ("value", models.CharField(max_length=200, verbose_name="value")),
                        ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                        (
                            "record",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="identifiers",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="Version",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.IntegerField()),
                        ("content", models.JSONField()),
                        (
                            "linked",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), default=list, size=None
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("certified", models.BooleanField(default=False)),
                        ("published_at", models.DateTimeField()),
                        (
                            "published_by",
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
                                related_name="versions",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["record_id", "number"],
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(fields=["linked"], name="version_linked")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("record", "number"), name="version_number_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SeizureReport",
                    fields=[
                        (
                            "record_ptr",
                            models.OneToOneField(
                                auto_created=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                parent_link=True,
                                primary_key=True,
                                serialize=False,
                                to="bulletins.record",
                            ),
                        ),
                        (
                            "value_amount",
                            models.DecimalField(
                                blank=True, decimal_places=2, max_digits=16, null=True, verbose_name="value"
                            ),
                        ),
                        (
                            "value_currency",
                            models.CharField(blank=True, max_length=3, verbose_name="currency"),
                        ),
                        (
                            "value_usd",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=16,
                                null=True,
                                verbose_name="value, USD",
                            ),
                        ),
                        (
                            "value_qualifier",
                            models.CharField(
                                blank=True,
                                choices=[("approx", "about"), ("more_than", "more than")],
                                max_length=10,
                            ),
                        ),
                        (
                            "lab_reference",
                            models.CharField(blank=True, max_length=100, verbose_name="laboratory reference"),
                        ),
                        (
                            "reported_on",
                            models.DateField(blank=True, null=True, verbose_name="made public on"),
                        ),
                        (
                            "note",
                            models.TextField(blank=True, max_length=2000, verbose_name="note on the data"),
                        ),
                    ],
                    options={
                        "verbose_name": "seizure report",
                        "verbose_name_plural": "seizure reports",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("value_amount__isnull", True),
                                    models.Q(("value_currency", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="seizure_value_has_currency",
                            )
                        ],
                    },
                    bases=("bulletins.record",),
                ),
                migrations.CreateModel(
                    name="Bulletin",
                    fields=[
                        (
                            "record_ptr",
                            models.OneToOneField(
                                auto_created=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                parent_link=True,
                                primary_key=True,
                                serialize=False,
                                to="bulletins.record",
                            ),
                        ),
                        ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                        (
                            "tear_line",
                            models.TextField(blank=True, max_length=1000, verbose_name="tear line"),
                        ),
                        (
                            "urgency",
                            models.CharField(
                                choices=[
                                    ("routine", "Routine"),
                                    ("priority", "Priority"),
                                    ("immediate", "Immediate"),
                                ],
                                default="routine",
                                max_length=10,
                                verbose_name="urgency",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "bulletin",
                        "verbose_name_plural": "bulletins",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("urgency__in", ["routine", "priority", "immediate"])),
                                name="bulletin_urgency_known",
                            )
                        ],
                    },
                    bases=("bulletins.record",),
                ),
                migrations.CreateModel(
                    name="SourceLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "bulletin",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="links",
                                to="bulletins.bulletin",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("bulletin", "source"), name="source_link_once")
                        ],
                        "db_table": "bulletins_linkedseizure",
                    },
                ),
                migrations.CreateModel(
                    name="Photograph",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                        (
                            "group",
                            models.CharField(
                                choices=[
                                    ("detail", "Photograph"),
                                    ("technique", "X-ray or other picture of how it was found"),
                                ],
                                default="detail",
                                max_length=10,
                            ),
                        ),
                        ("caption", models.CharField(blank=True, max_length=200, verbose_name="caption")),
                        ("content_type", models.CharField(max_length=30)),
                        ("width", models.PositiveIntegerField()),
                        ("height", models.PositiveIntegerField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("added_at", models.DateTimeField()),
                        (
                            "added_by",
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
                                related_name="photographs",
                                to="bulletins.record",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("group__in", ["detail", "technique"])),
                                name="photograph_group_known",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Face",
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
                        (
                            "audience",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), default=list, size=None
                            ),
                        ),
                        ("lapses_at", models.DateTimeField(null=True)),
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
                                related_name="faces",
                                to="bulletins.record",
                            ),
                        ),
                        ("wording", models.CharField(blank=True, default="", max_length=32)),
                        (
                            "reworded",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60), default=list, size=None
                            ),
                        ),
                        ("origin", models.CharField(blank=True, max_length=2)),
                        (
                            "destinations",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), default=list, size=None
                            ),
                        ),
                        ("stix", models.TextField(db_default="", default="")),
                        ("stix_of", models.CharField(db_default="", default="", max_length=80)),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["-issued_at", "-record"], name="face_issued"),
                            models.Index(fields=["ref"], name="face_ref"),
                            models.Index(fields=["uid"], name="face_uid"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("record", "version", "withheld", "wording"), name="face_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Found",
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
                    ],
                    options={
                        "db_table": "bulletins_found",
                        "managed": False,
                    },
                ),
            ]
        ),
    ]
