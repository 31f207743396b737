"""Since when an agency has its name: who was told of it under another is told again."""

from django.db import migrations, models

NOTE = """language plpgsql as $$
begin
    if new.name is distinct from old.name then new.renamed_at := hub_now(); end if;
    return new;
end $$"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0005_idempotency")]

    operations = [
        migrations.AddField(
            "agency", "renamed_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.RunSQL(
            [
                f"create function hub_note_renamed() returns trigger {NOTE}",
                "create trigger renamed before update of name on hub_agency"
                " for each row execute function hub_note_renamed()",
            ],
            ["drop trigger renamed on hub_agency", "drop function hub_note_renamed()"],
        ),
    ]
