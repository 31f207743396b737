"""Seals over the trail, what the trail lacked of the standard's fields, and nothing of it ever changed or emptied."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from hub.database.policies import function, locked

DEFINER = "language plpgsql security definer set search_path = public, pg_temp as"
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
    dependencies = [("hub", "0002_locks")]

    operations = [
        migrations.AddField(
            model_name="trailrow",
            name="credential",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.AddField(model_name="trailrow", name="bytes_out", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="trailrow", name="duration_ms", field=models.IntegerField(null=True)),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField(unique=True)),
                ("rows", models.IntegerField()),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("digests", models.BinaryField()),
                ("previous", models.CharField(max_length=64)),
                ("head", models.CharField(max_length=64, unique=True)),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
            ],
            options={
                "db_table": "hub_seal",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first__gte", 1), ("last__gte", models.F("first")), ("number__gte", 1)
                        ),
                        name="seal_holds_rows",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HeadMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person_id", models.BigIntegerField()),
                ("person", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "seal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hub.seal"
                    ),
                ),
            ],
            options={
                "db_table": "hub_headmail",
                "indexes": [models.Index(fields=["person_id", "-at"], name="headmail_person")],
            },
        ),
        locked("hub_seal", read="hub_can('trail_all')", engine="insert"),
        locked("hub_headmail", read="hub_can('trail_all')", engine="insert"),
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
        migrations.RunSQL(
            [
                "create trigger stands before update or delete on hub_trailnumber"
                " for each row execute function hub_number_stands()",
                *(
                    f"create trigger stands before update or delete on {table}"
                    " for each row execute function hub_trail_stands()"
                    for table in ("hub_seal", "hub_headmail")
                ),
                *(
                    f"create trigger never_emptied before truncate on {table}"
                    " for each statement execute function hub_trail_stands()"
                    for table in KEPT
                ),
                "create trigger told after insert or update or delete on hub_person"
                " for each row execute function hub_person_told()",
            ],
            [
                "drop trigger told on hub_person",
                *(f"drop trigger never_emptied on {table}" for table in KEPT),
                *(
                    f"drop trigger stands on {table}"
                    for table in ("hub_trailnumber", "hub_seal", "hub_headmail")
                ),
            ],
        ),
    ]
