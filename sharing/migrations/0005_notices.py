"""Notices: alerts without a record; consent by each originator of what is derived from several."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import locked


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0003_embargo"),
        ("hub", "0002_locks"),
        ("sharing", "0004_inbox_items"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
        ),
        migrations.RemoveConstraint(
            model_name="alert",
            name="alert_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="consent",
            name="consent_once",
        ),
        migrations.AddField(
            model_name="alert",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="alert",
            name="path",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
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
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="owner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="record",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="bulletins.record",
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="record_kind",
            field=models.CharField(
                blank=True, choices=[("bulletin", "bulletin"), ("seizure", "seizure report")], max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="ref",
            field=models.CharField(blank=True, max_length=9),
        ),
        migrations.AlterField(
            model_name="alert",
            name="version",
            field=models.IntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
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
                        ],
                    )
                ),
                name="alert_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("record", None), ("owner__isnull", False), _connector="OR"),
                name="alert_of_a_record_names_its_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("record", "version", "originator", "recipient"),
                name="consent_once",
            ),
        ),
        migrations.AddField(
            model_name="noticeread",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub.agency"
            ),
        ),
        migrations.AddField(
            model_name="noticeread",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sharing.delivery"
            ),
        ),
        migrations.AddField(
            model_name="noticeread",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="noticeread",
            constraint=models.UniqueConstraint(fields=("delivery", "person"), name="notice_read_once"),
        ),
        locked(
            "sharing_noticeread",
            read="agency_id = hub_agency()",
            write="agency_id = hub_agency()"
            " and exists (select 1 from sharing_delivery d where d.id = delivery_id)",
        ),
    ]
