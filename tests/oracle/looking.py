"""What every reader is shown by each lock, asked in one statement: a history looks tens of thousands of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection

from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import BY_RELEASE, OPENED
from sharing.emergencies.models import Opened
from tests.conftest import as_owner

if TYPE_CHECKING:
    from tests.oracle.machine import Life

# Record -> version and withheld groups.
Sight = dict[int, tuple[int, frozenset[str]]]
# What `disclose` reads of the database, in short: (record, digest of the row).
Rows = tuple[tuple[int, str], ...]

# Reader after reader, each with their settings alone. The lists are those of `visible_to`, the faces are under their
# policy, `shown` and `page` are the statements of `disclose`. As the application's role, and kept planned.
LOOKS = """
create or replace function hub_test.looks(
    mine_of text[], agency_of text[], powers_of text[], person_of bigint[], asked_words text[], asked bigint[],
    asked_page bigint[])
returns table (reader int, by text, record bigint, version int, texts text[]) language plpgsql as $body$
begin
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  for i in 1..cardinality(mine_of) loop
    perform set_config('hub.mine', mine_of[i], true), set_config('hub.agency', agency_of[i], true),
            set_config('hub.powers', powers_of[i], true);
    return query select i, 'listed', l.record_id, l.version, l.withheld::text[] from ({listed}) l;
    return query select i, 'through', f.record_id, f.version, f.withheld::text[] from bulletins_face f;
    return query select i, 'opened', o.record_id, 0, '{{}}'::text[] from ({opened}) o;
    return query
      with found as materialized (select f.record_id, f.words from bulletins_found f),
           wanted as materialized (
             select w, websearch_to_tsquery('english', w) as query from unnest(asked_words) w)
      select i, 'found', f.record_id, 0, array[w.w] from found f join wanted w on f.words @@ w.query;
    return query select i, 'shown', d.record_id, d.version, array[md5(d::text)] from ({shown}) d;
    return query
      select i, 'page', d.record_id, d.version, array[md5(d::text)]
      from unnest(asked_page) p cross join lateral ({page}) d;
  end loop;
  perform set_config('hub.mine', '', true), set_config('hub.agency', '', true),
          set_config('hub.powers', '', true), set_config('plan_cache_mode', 'auto', true);
end $body$
"""


@dataclass
class Look:
    """What one reader is shown; `shown` and `page` are what `disclose` would read, as digests."""

    listed: Sight = field(default_factory=dict)
    through: set[tuple[int, tuple[int, frozenset[str]]]] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    found: dict[str, set[int]] = field(default_factory=dict)
    shown: Rows = ()
    page: Rows = ()


def lists_of(who: Viewer) -> tuple[str, str]:
    """The statements of the lists of what the viewer has, and of what an emergency opened to them."""
    with viewing(who):
        rows = Received.objects.visible_to(who).values("record_id", "version", "withheld")
        listed, values = rows.query.sql_with_params()
        opened, others = Opened.objects.visible_to(who).values("record_id").query.sql_with_params()
    assert (values, others) == ((), ()), "a list that depends on its reader"
    return listed, opened


def learn_to_look(who: Viewer) -> tuple[str, str]:
    """Make the function that looks, for as long as the transaction lasts. Its lists are anybody's: see `lists_of`."""
    listed, opened = lists_of(who)
    shown = BY_RELEASE % ("asked", "asked", "person_of[i]")
    page = OPENED % ("array[p]", "array[p]", "person_of[i]")
    as_owner(LOOKS.format(listed=listed, opened=opened, shown=shown, page=page))
    as_owner("grant execute on function hub_test.looks to hub_app")
    return listed, opened


def looks(life: Life, page: Iterable[int]) -> dict[str, Look]:
    """What each reader is shown now; `page` are records that an emergency opened to somebody."""
    people = list(life.viewers.values())
    found = {name: Look() for name in life.viewers}
    with connection.cursor() as cursor:
        cursor.execute(
            "select * from hub_test.looks(%s, %s, %s, %s, %s, %s, %s)",
            [
                ["{" + ",".join(map(str, who.mine)) + "}" for who in people],
                [str(who.agency_id or "") for who in people],
                [",".join(sorted(who.powers)) for who in people],
                [who.person_id for who in people],
                sorted(life.words),
                list(life.records),
                sorted(page),
            ],
        )
        rows = cursor.fetchall()
    order = list(found.values())
    for number, by, pk, version, texts in rows:
        look = order[number - 1]
        match by:
            case "listed":
                assert pk not in look.listed
                look.listed[pk] = (version, frozenset(texts))
            case "through":
                look.through.add((pk, (version, frozenset(texts))))
            case "opened":
                look.opened.add(pk)
            case "found":
                look.found.setdefault(texts[0], set()).add(pk)
            case "shown":
                look.shown += ((pk, texts[0]),)
            case _:
                look.page += ((pk, texts[0]),)
    return found
