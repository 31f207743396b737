"""What comes in: originals, envelopes, uploads, and an agency's terms for them."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked

OWN = "agency_id = hub_agency()"
SENT = f"{OWN} and -person_id = any(hub_mine())"
# As every child of a record: hub_app sees a record only where its own agency owns it.
ON_OWN = f"{OWN} and (record_id is null or exists (select from bulletins_record r where r.id = record_id))"
# A draft that is discarded takes its originals along.
ORIGINAL_RECORD = """alter table sharing_original add constraint original_record foreign key (record_id)
    references bulletins_record on delete cascade deferrable initially deferred"""
# Who would speak asks, whose voice it would be confirms, either ends it.
VOICE = [
    "grant update (confirmed_at), delete on sharing_voice to hub_app",
    "create policy sharing_voice_confirm on sharing_voice for update to hub_app"
    " using (principal_id = hub_agency()) with check (principal_id = hub_agency())",
    "create policy sharing_voice_end on sharing_voice for delete to hub_app"
    " using (hub_agency() in (speaker_id, principal_id))",
]


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0009_source_links"),
        ("hub", "0004_seconded_inspectors"),
        ("sharing", "0023_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                        choices=[("taxii", "sent by TAXII"), ("pull", "fetched by TAXII")], max_length=10
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        db_constraint=False,
                        related_name="originals",
                        to="bulletins.record",
                    ),
                ),
            ],
            options={
                "ordering": ["-modified_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency", "scope", "stix_id", "modified_at"), name="original_once_a_version"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["written", "waiting", "withdrawn", "revoked", "part", "marking"])
                        ),
                        name="original_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("record__isnull", False), ("state", "marking"), _connector="OR"),
                        name="original_of_a_record",
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
                                ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"],
                            )
                        ),
                        name="upload_tlp_known",
                    ),
                ],
            },
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
        migrations.RunSQL(ORIGINAL_RECORD, "alter table sharing_original drop constraint original_record"),
        locked("sharing_original", read=OWN, write=ON_OWN),
        locked("sharing_envelope", read=SENT, insert=SENT, engine="delete"),
        locked("sharing_participation", read=OWN, write=OWN),
        locked("sharing_upload", read=SENT, write=SENT, engine="update, delete"),
        locked(
            "sharing_voice",
            read="hub_agency() in (speaker_id, principal_id)",
            insert="speaker_id = hub_agency() and confirmed_at is null",
        ),
        migrations.RunSQL(
            VOICE,
            [
                "drop policy sharing_voice_confirm on sharing_voice",
                "drop policy sharing_voice_end on sharing_voice",
            ],
        ),
    ]
