"""Agreements from draft to end: who entered, accepted, declined, suspended and replaced them; under which a grant crossed."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("bulletins", "0002_locks"),
        ("hub", "0002_locks"),
        ("sharing", "0005_notices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
        ),
        migrations.AddField(
            model_name="agreement",
            name="decline_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="agreement",
            name="declined_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agreement",
            name="declined_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hub.agency",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="proposed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agreement",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hub.agency",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="replaced_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agreement",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sharing.agreement",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="revision",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="agreement",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="agreement",
            name="suspend_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="agreement",
            name="suspended_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="warned",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="directions",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="agreement",
            name="code",
            field=models.CharField(max_length=60, unique=True, verbose_name="code"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("agreement__isnull", False)), fields=["agreement"], name="grant_agreement"
            ),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("directions__len__gt", 1)), fields=["directions"], name="grant_directions"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("proposed_by", None),
                    ("proposed_by", models.F("first")),
                    ("proposed_by", models.F("second")),
                    _connector="OR",
                ),
                name="agreement_proposed_by_a_party",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted_at", None), ("declined_at", None), _connector="OR"),
                name="agreement_accepted_or_declined",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("suspended_at", None), models.Q(("accepted_at", None), _negated=True), _connector="OR"
                ),
                name="agreement_suspended_is_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("suspended_by", []), models.Q(("suspended_at", None), _negated=True), _connector="OR"
                ),
                name="agreement_suspended_by_is_suspended",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaced_at", None), models.Q(("accepted_at", None), _negated=True), _connector="OR"
                ),
                name="agreement_replaced_is_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces", None), models.Q(("replaces", models.F("id")), _negated=True), _connector="OR"
                ),
                name="agreement_replaces_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="direction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kinds__contained_by", ["bulletin", "seizure"]), models.Q(("kinds", []), _negated=True)
                ),
                name="direction_kinds_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="direction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withheld__contained_by", ["detail", "place", "technique", "identifiers", "case"])
                ),
                name="direction_withholds_groups",
            ),
        ),
        migrations.AddConstraint(
            model_name="direction",
            constraint=models.CheckConstraint(
                condition=models.Q(("keep_days", None), ("keep_days__gt", 0), _connector="OR"),
                name="direction_keeps_a_day",
            ),
        ),
    ]
