"""A partner's text: what a release says in other words; owners see who reads one, recipients do not."""

from django.db import migrations, models

from hub.database.policies import view


class Migration(migrations.Migration):
    dependencies = [
        ("bulletins", "0005_wording"),
        ("sharing", "0010_requests"),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="wording",
            field=models.JSONField(blank=True, default=dict),
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
        # Beside sharing_given, which has a row for each holder.
        view(
            "sharing_reworded",
            """select g.id, g.record_id, g.group_id as agency_id, f.version, to_jsonb(f.reworded) as fields
               from sharing_grant g join bulletins_face f on f.id = g.face_id
               where f.owner_id = hub_agency() and g.group_id <> f.owner_id and f.reworded <> '{}'
                 and (g.until is null or g.until > hub_now())""",
        ),
    ]
