"""Row-level security on records and faces, and the view that search reads.

A record's children are locked through the record: hub_app sees a record only where its own agency owns it, so a
child can be neither read nor hung where its parent may not be read. Foreign-key checks run past policies.
"""

from django.db import migrations

from hub.database.policies import NOTHING, function, locked, view

MINE = "owner_id = any(hub_mine())"


def child(table: str, column: str = "record_id", *, update: bool = True):  # type: ignore[no-untyped-def]
    mine = f"exists (select 1 from bulletins_record r where r.id = {table}.{column})"
    return locked(table, read=mine, write=mine) if update else locked(table, read=mine, insert=mine)


# Somebody named at TLP:RED is asked again by the grant, which also names their agency: who moves keeps nothing.
SHOWN_TO_ME = """audience && hub_mine()
    and ((audience @> array[hub_agency()] and (lapses_at is null or lapses_at > hub_now())) or hub_still(id))"""

# What a face gives to whoever it is shown to, beside its own and its record's key.
COLUMNS = (
    "owner_id", "version", "withheld", "kind", "uid", "ref", "issued_at", "shown", "linked", "words", "title",
    "methods", "drugs", "mode", "month", "region", "country", "port", "latitude", "longitude", "hazard", "urgency",
    "mass_kg", "tlp", "controls", "rel_to", "cui_categories", "caveat", "reliability", "credibility", "origin",
    "destinations",
)  # fmt: skip

VOCABULARY = ("method", "drug", "mode", "detection", "port")

SAID = {
    "method": ("label", "definition", "path"),
    "port": ("label", "state", "country", "lat", "lon"),
}


class Migration(migrations.Migration):
    dependencies = [("bulletins", "0001_vocabulary_and_records"), ("hub", "0002_locks")]

    operations = [
        # Of records the engine changes nothing else: a row lock asks for the right to.
        locked("bulletins_record", read=MINE, write=MINE, engine="update (recalled_at, review_told)"),
        child("bulletins_bulletin", "record_ptr_id"),
        child("bulletins_seizurereport", "record_ptr_id"),
        child("bulletins_substance"),
        child("bulletins_identifier"),
        child("bulletins_photograph"),
        child("bulletins_linkedseizure", "bulletin_id"),
        child("bulletins_version", update=False),
        # Past the earliest end on a face, whether my own grant on it still holds. sharing replaces this. plpgsql,
        # so that the planner cannot inline and hash it for every row.
        function(
            "hub_still(face bigint) returns boolean",
            """language plpgsql stable security definer set search_path = public, pg_temp as
            $$ begin return false; end $$""",
        ),
        # The faces opened to the viewer alone in an emergency. sharing replaces this.
        function(
            "hub_opened() returns setof bigint",
            """language sql stable security definer set search_path = public, pg_temp as
            $$ select null::bigint where false $$""",
        ),
        locked(
            "bulletins_face",
            read=f"({SHOWN_TO_ME}) or id in (select hub_opened())",
            engine="insert, update, delete",
        ),
        # The view carries the predicate and is owned by hub_owner: behind a policy `@@` cannot use the index.
        view(
            "bulletins_found",
            f"select id, record_id, {', '.join(COLUMNS)} from bulletins_face where {SHOWN_TO_ME}",
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
        # Since when a method or a port says what it says: programs that were told other words are told again.
        *(
            function(
                f"bulletins_note_reworded_{name}() returns trigger",
                f"""language plpgsql as $$ begin
                    if ({", ".join(f"new.{column}" for column in columns)})
                       is distinct from ({", ".join(f"old.{column}" for column in columns)}) then
                        new.reworded_at := hub_now();
                    end if;
                    return new;
                end $$""",
                to="",
            )
            for name, columns in SAID.items()
        ),
        migrations.RunSQL(
            [
                *(
                    f"create trigger reworded before update on bulletins_{name}"
                    f" for each row execute function bulletins_note_reworded_{name}()"
                    for name in SAID
                ),
                "create trigger entered before insert on bulletins_version"
                " for each row execute function bulletins_version_entered()",
                "create index face_search on bulletins_face using gin (audience, words)",
                "alter table bulletins_face alter column words set statistics 3000",
                "alter table bulletins_face alter column audience set statistics 1000",
                # Not compressed: it is read whole and as it is, thousands at a time, and its first line alone.
                "alter table bulletins_face alter column stix set storage external",
                # Two links deny what one alone would allow: both ends must be readable. The source may be another's
                # record, by the face's own policy: what is shown to the agency at the moment.
                "create policy bulletins_linkedseizure_both on bulletins_linkedseizure as restrictive for insert"
                " to hub_app with check (exists (select 1 from bulletins_record r where r.id = source_id)"
                " or exists (select 1 from bulletins_face f where f.record_id = source_id))",
                *(
                    f"revoke insert, update, delete, truncate on bulletins_{name} from hub_app"
                    for name in VOCABULARY
                ),
            ],
            NOTHING,
        ),
    ]
