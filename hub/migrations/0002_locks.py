"""Who may read and write what of the hub's own tables, and a trail that only grows."""

from django.db import migrations

from hub.database.policies import NOTHING, function, locked


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_agencies_people_trail")]

    operations = [
        locked(
            "hub_trail",
            read="hub_can('trail_all') or (hub_can('trail_own') and agency_id = hub_agency())",
            insert="agency_id is not distinct from hub_agency()",
        ),
        locked("hub_trailnumber", read="hub_can('trail_all')", engine="update (n, numbered_at)"),
        # Not even its owner changes a row of the trail.
        function(
            "hub_trail_stands() returns trigger",
            """language plpgsql as $$ begin
                raise exception 'the trail is append-only' using errcode = 'insufficient_privilege';
            end $$""",
            to="",
        ),
        # Each row leaves one line to be numbered, in its own transaction.
        function(
            "hub_trail_counts() returns trigger",
            """language plpgsql security definer set search_path = public, pg_temp as $$ begin
                insert into hub_trailnumber (trail_id) select id from fresh;
                return null;
            end $$""",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger stands before update or delete on hub_trail"
                " for each row execute function hub_trail_stands()",
                "create trigger counts after insert on hub_trail referencing new table as fresh"
                " for each statement execute function hub_trail_counts()",
            ],
            NOTHING,
        ),
    ]
