"""Review dates of records that name subjects, tombstones of what was purged, and whose faces an emergency opens."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

from hub.database.policies import function

SHOWN_TO_ME = """audience && hub_mine()
    and ((audience @> array[hub_agency()] and (lapses_at is null or lapses_at > hub_now())) or hub_still(id))"""


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0005_wording"),
        ("hub", "0002_locks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="record",
            name="control_official",
            field=models.CharField(blank=True, max_length=150, verbose_name="control official"),
        ),
        migrations.AddField(
            model_name="record",
            name="entered_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="record",
            name="purge_reason",
            field=models.CharField(
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
        migrations.AddField(
            model_name="record",
            name="purged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="record",
            name="purged_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="review_due",
            field=models.DateField(blank=True, null=True, verbose_name="review by"),
        ),
        migrations.AddField(
            model_name="record",
            name="review_told",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="record",
            name="sensitivity",
            field=models.CharField(
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
        migrations.AddField(
            model_name="record",
            name="validated_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="validated_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="record",
            name="validated_why",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sensitivity__in", ["sensitive", "confidential", "restricted", "unclassified"])
                ),
                name="record_sensitivity_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("entered_on", None),
                    (
                        "review_due__lte",
                        models.Func(
                            django.db.models.functions.comparison.Coalesce("validated_on", "entered_on"),
                            template="(%(expressions)s + interval '5 years')",
                        ),
                    ),
                    _connector="OR",
                ),
                name="record_review_within_five_years",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("entered_on", None), ("review_due__isnull", False), _connector="OR"),
                name="record_entered_is_reviewed",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("validated_by", None), ("validated_on", None), ("validated_why", "")),
                    models.Q(
                        ("validated_by__isnull", False),
                        ("validated_on__gte", models.F("entered_on")),
                        models.Q(("validated_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="record_validated_by_somebody_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purged_at", None), ("purge_reason", "")),
                    models.Q(
                        ("purged_at__isnull", False),
                        ("purge_reason__in", ["obsolete", "misleading", "unreliable", "unlawful", "expired"]),
                    ),
                    _connector="OR",
                ),
                name="record_purged_for_a_reason",
            ),
        ),
        # What names subjects is entered before it is a version: nobody forgets its review.
        function(
            "bulletins_version_entered() returns trigger",
            """language plpgsql security definer set search_path = public, pg_temp as $$ begin
                if coalesce(new.content -> 'identifiers', '{}') <> '{}' and not exists (
                    select 1 from bulletins_record r where r.id = new.record_id and r.entered_on is not null) then
                    raise exception 'a version that names subjects has no review date'
                        using errcode = 'check_violation', constraint = 'version_entered';
                end if;
                return new;
            end $$""",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger entered before insert on bulletins_version"
                " for each row execute function bulletins_version_entered()",
                "grant update (review_told) on bulletins_record to hub_engine",
            ],
            [
                "drop trigger entered on bulletins_version",
                "revoke update (review_told) on bulletins_record from hub_engine",
            ],
        ),
        # The faces opened to the viewer alone in an emergency. sharing replaces this.
        function(
            "hub_opened() returns setof bigint",
            """language sql stable security definer set search_path = public, pg_temp as
            $$ select null::bigint where false $$""",
        ),
        migrations.RunSQL(
            f"alter policy bulletins_face_read on bulletins_face using (({SHOWN_TO_ME}) or id in (select hub_opened()))",
            f"alter policy bulletins_face_read on bulletins_face using ({SHOWN_TO_ME})",
        ),
    ]
