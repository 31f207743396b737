"""The ground everything stands on: default privileges per role, and the functions every policy asks."""

from django.db import migrations

from hub.database.policies import NOTHING, function

STABLE = "language sql stable parallel safe as"


class Migration(migrations.Migration):
    dependencies: list = []
    # Default privileges reach only tables made after them: this goes before every other app's first table.
    run_before = [
        ("contenttypes", "0001_initial"),
        ("auth", "0001_initial"),
        ("sessions", "0001_initial"),
        ("account", "0001_initial"),
        ("guardian", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            [
                "do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$",
                "revoke create on schema public from public",
                "grant usage on schema public to hub_app, hub_engine",
                "alter default privileges in schema public grant select, insert, update, delete on tables to hub_app",
                "alter default privileges in schema public grant select on tables to hub_engine",
                "alter default privileges in schema public grant usage on sequences to hub_app, hub_engine",
                "alter default privileges revoke execute on functions from public",
                "grant select on django_migrations to hub_app",
            ],
            NOTHING,
        ),
        # One clock decides access. Tests replace this function to jump.
        function("hub_now() returns timestamptz", f"{STABLE} $$ select statement_timestamp() $$"),
        # The viewer's group and, negative, their person: {12,-340}. NULL without context: no row matches.
        function(
            "hub_mine() returns int[]",
            f"{STABLE} $$ select nullif(current_setting('hub.mine', true), '')::int[] $$",
        ),
        function(
            "hub_agency() returns int",
            f"{STABLE} $$ select nullif(current_setting('hub.agency', true), '')::int $$",
        ),
        # What the viewer may do above agencies: steward, trail_own, trail_all.
        function(
            "hub_can(power text) returns boolean",
            f"{STABLE} $$ select power = any(string_to_array(current_setting('hub.powers', true), ',')) $$",
        ),
    ]
