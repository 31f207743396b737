"""Who may read and write what of the hub's own tables, and a trail that only grows."""

from django.db import migrations

from hub.database.policies import NOTHING, function, locked

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"
OWN = "agency_id = hub_agency() and -person_id = any(hub_mine())"
KEPT = ("hub_trail", "hub_trailnumber", "hub_seal", "hub_headmail")

# Accounts are changed by pages, commands and hands: whoever it was, the change is on the trail, for the agency the
# person belongs to and, when they move, for the one they leave. Of passwords it is only told that they changed.
PERSON_TOLD = f"""{DEFINER} $$
declare
    who bigint := (select -m from unnest(hub_mine()) m where m < 0 limit 1);
    doer text := coalesce((select username from hub_person where id = who), '');
    changed text[] := '{{}}';
    told jsonb := '{{}}';
    named text;
    concerned int[];
begin
    if tg_op = 'UPDATE' then
        select coalesce(array_agg(key order by key), '{{}}') into changed
          from jsonb_each(to_jsonb(new)) fresh
         where key in ('username', 'email', 'first_name', 'last_name', 'agency_id', 'roles', 'is_active', 'is_staff',
                       'is_superuser', 'password')
           and fresh.value is distinct from to_jsonb(old) -> key;
        if changed = '{{}}' then
            return null;
        end if;
        told := jsonb_build_object('changed', array_to_string(changed, ', '));
        if 'roles' = any(changed) then
            told := told || jsonb_build_object('roles_before', array_to_string(old.roles, ', '),
                                               'roles_since', array_to_string(new.roles, ', '));
        end if;
        if 'is_active' = any(changed) then
            told := told || jsonb_build_object('active_since', new.is_active);
        end if;
        named := new.username;
        concerned := array[old.agency_id, new.agency_id];
    elsif tg_op = 'INSERT' then
        told := jsonb_build_object('roles_since', array_to_string(new.roles, ', '));
        named := new.username;
        concerned := array[new.agency_id];
    else
        named := old.username;
        concerned := array[old.agency_id];
    end if;
    insert into hub_trail (at, event, outcome, actor_id, actor, agency_id, agency, method, user_agent, request_id,
                           object_type, object_id, marking, audience_before, audience_after, reason, facts)
    select statement_timestamp(),
           case tg_op when 'INSERT' then 'person.add' when 'UPDATE' then 'person.change' else 'person.remove' end,
           'ok', who, doer, c.id, coalesce(a.code, ''), 'database', '', '', 'person', left(named, 60), '', '{{}}', '{{}}',
           '', told
      from (select distinct unnest(concerned) as id) c left join hub_agency a on a.group_id = c.id;
    return null;
end $$"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_agencies_people_trail")]

    operations = [
        locked(
            "hub_trail",
            read="hub_can('trail_all') or (hub_can('trail_own') and agency_id = hub_agency())",
            insert="agency_id is not distinct from hub_agency()",
        ),
        locked("hub_trailnumber", read="hub_can('trail_all')", engine="update (n, numbered_at)"),
        locked("hub_seal", read="hub_can('trail_all')", engine="insert"),
        locked("hub_headmail", read="hub_can('trail_all')", engine="insert"),
        locked("hub_done", read=OWN, write=OWN, engine="delete"),
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
        # A number is given once, and then stands like the row it is for.
        function(
            "hub_number_stands() returns trigger",
            """language plpgsql as $$ begin
                if tg_op = 'UPDATE' and old.n is null and new.n is not null
                   and (new.id, new.trail_id) = (old.id, old.trail_id) then
                    return new;
                end if;
                raise exception 'the trail is append-only' using errcode = 'insufficient_privilege';
            end $$""",
            to="",
        ),
        function("hub_person_told() returns trigger", PERSON_TOLD, to=""),
        # Since when an agency has its name: who was told of it under another is told again.
        function(
            "hub_note_renamed() returns trigger",
            """language plpgsql as $$ begin
                if new.name is distinct from old.name then new.renamed_at := hub_now(); end if;
                return new;
            end $$""",
            to="",
        ),
        migrations.RunSQL(
            [
                "create trigger counts after insert on hub_trail referencing new table as fresh"
                " for each statement execute function hub_trail_counts()",
                "create trigger stands before update or delete on hub_trailnumber"
                " for each row execute function hub_number_stands()",
                *(
                    f"create trigger stands before update or delete on {table}"
                    " for each row execute function hub_trail_stands()"
                    for table in KEPT
                    if table != "hub_trailnumber"
                ),
                *(
                    f"create trigger never_emptied before truncate on {table}"
                    " for each statement execute function hub_trail_stands()"
                    for table in KEPT
                ),
                "create trigger renamed before update of name on hub_agency"
                " for each row execute function hub_note_renamed()",
                "create trigger told after insert or update or delete on hub_person"
                " for each row execute function hub_person_told()",
            ],
            NOTHING,
        ),
    ]
