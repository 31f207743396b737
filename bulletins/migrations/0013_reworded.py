"""Since when a method or a port says what it says: programs that were told other words are told again."""

from django.db import migrations, models

SAID = {
    "method": ("label", "definition", "path"),
    "port": ("label", "state", "country", "lat", "lon"),
}
NOTE = """language plpgsql as $$
begin
    if ({new}) is distinct from ({old}) then new.reworded_at := hub_now(); end if;
    return new;
end $$"""


def noted(name: str, columns: tuple[str, ...]) -> migrations.RunSQL:
    body = NOTE.format(
        new=", ".join(f"new.{column}" for column in columns),
        old=", ".join(f"old.{column}" for column in columns),
    )
    return migrations.RunSQL(
        [
            f"create function bulletins_note_reworded_{name}() returns trigger {body}",
            f"create trigger reworded before update on bulletins_{name}"
            f" for each row execute function bulletins_note_reworded_{name}()",
        ],
        [
            f"drop trigger reworded on bulletins_{name}",
            f"drop function bulletins_note_reworded_{name}()",
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0011_origins")]

    operations = [
        *(
            migrations.AddField(
                name, "reworded_at", models.DateTimeField(blank=True, editable=False, null=True)
            )
            for name in SAID
        ),
        *(noted(name, columns) for name, columns in SAID.items()),
    ]
