"""The tests' database: made and migrated by its owner, used by the application's own role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase

from hub import env

OWNER = env.database("OWNER_DATABASE_URL")
APP = env.database("DATABASE_URL")
# The cast's agencies stay, and with them what each is told from the beginning: written anew after each emptying.
EVERYTHING = import_module("sharing.migrations.0004_functions").EVERYTHING
# Begun first, where the suite has several processes: none of them is left to run alone at the end.
LONGEST = (
    "tests/chaos/test_chaos.py", "tests/journeys/", "tests/launcher/test_serving.py", "tests/intake/test_two_hubs.py",
    "tests/bench/test_bench.py",
)  # fmt: skip
# Filled by the set-up: tables that migrations and the cast filled, and that a transactional test leaves alone.
KEEP: set[str] = set()


def login(account: dict[str, Any]) -> None:
    """The next connection is opened under this account."""
    open_one = connections["default"]
    open_one.close()
    open_one.settings_dict.update({key: account[key] for key in ("USER", "PASSWORD")})


@contextmanager
def owners_connection() -> Iterator[psycopg.Connection]:
    """A connection of the owner's own to the tests' database, outside any test's transaction."""
    parameters = connections["default"].get_connection_params()
    parameters |= {"user": OWNER["USER"], "password": OWNER["PASSWORD"] or None}
    address = {
        key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if parameters.get(key)
    }
    with psycopg.connect(**address, autocommit=True) as own:
        yield own


def pytest_configure(config: pytest.Config) -> None:
    """Cheap passwords, and for each of several test processes its own databases in Redis."""
    # Read once: at a minute's end it would be read anew, in the middle of a test that counts queries.
    from bulletins.vocabulary import terms
    from tests.sparing import spare

    terms.KEEP_S = 10**9
    spare()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    number = int("".join(filter(str.isdigit, getattr(config, "workerinput", {}).get("workerid", "0"))) or 0)
    # An amendment waits for the next one only where a test says so.
    settings.SETTLE_EDITS_S = 0
    settings.CACHES["default"]["LOCATION"] = env.redis("REDIS_URL", offset=2 * number)
    settings.CELERY_BROKER_URL = env.broker("REDIS_URL", offset=2 * number + 1)
    for offset in (0, 1):
        with redis.Redis.from_url(env.redis("REDIS_URL", offset=2 * number + offset)) as client:
            client.flushdb()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    from tests.sparing import keep_what_is_there

    keep_what_is_there()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    login(OWNER)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_modify_db_settings: None,
    django_test_environment: None,
    django_db_blocker: Any,
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    from django.test.utils import setup_databases, teardown_databases

    from tests.cast import load_world

    reuse = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, keepdb=reuse)
        load_world()
        set_the_clock_up()
        login(APP)
    yield
    with django_db_blocker.unblock():
        login(OWNER)
        if not request.config.getvalue("reuse_db"):
            teardown_databases(made, verbosity=0)


def set_the_clock_up() -> None:
    """`hub_now()` reads a table that `jump` writes; then notes which tables the migrations filled."""
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists hub_test_clock (at timestamptz not null)")
        cursor.execute("truncate hub_test_clock")
        cursor.execute("grant select, insert, delete on hub_test_clock to hub_app, hub_engine")
        cursor.execute(
            "create or replace function hub_now() returns timestamptz language sql stable as "
            "$$ select coalesce((select max(at) from hub_test_clock), statement_timestamp()) $$"
        )
        # What only the owner may write, inside a test's own transaction: facts that no action makes.
        cursor.execute("create schema if not exists hub_test")
        cursor.execute(
            "create or replace function hub_test.run(sql text) returns void language plpgsql security definer"
            " set search_path = public, pg_temp as $$ begin execute sql; end $$"
        )
        cursor.execute("grant usage on schema hub_test to hub_app, hub_engine")
        cursor.execute("grant execute on function hub_test.run(text) to hub_app, hub_engine")
        cursor.execute("select obj_description('hub_test_clock'::regclass)")
        noted = cursor.fetchone()[0]
        if noted is None:  # a new database; a reused one has the answer, and perhaps rows of a test cut short
            # That the cast came is on the trail; tests begin with an empty one.
            empty(cursor, ["hub_trail", "hub_trailnumber"])
            filled = [
                table for table in connection.introspection.table_names(cursor) if holds_rows(cursor, table)
            ]
            noted = ",".join(filled)
            cursor.execute(f"comment on table hub_test_clock is '{noted}'")
        KEEP.update(noted.split(","))


def holds_rows(cursor: Any, table: str) -> bool:
    cursor.execute(f"select exists (select from {connection.ops.quote_name(table)})")
    return bool(cursor.fetchone()[0])


def empty(cursor: Any, tables: list[str]) -> None:
    """Empty `tables`, those of the trail too, which are guarded against it: for the moment of it they are not."""
    cursor.execute("select tgrelid::regclass::text from pg_trigger where tgname = 'never_emptied'")
    guarded = [name for (name,) in cursor.fetchall() if name in tables]
    for name in guarded:
        cursor.execute(f"alter table {name} disable trigger never_emptied")
    cursor.execute(f"truncate {', '.join(map(connection.ops.quote_name, tables))} restart identity")
    for name in guarded:
        cursor.execute(f"alter table {name} enable trigger never_emptied")


def empty_as_owner(test: TransactionTestCase) -> None:
    """In place of Django's flush, which the application's role may not do."""
    with owners_connection() as own:
        found = own.execute(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        tables = [name for (name,) in found if name not in KEEP - {"sharing_subscription"}]
        if tables:
            with own.transaction(), own.cursor() as cursor:
                empty(cursor, tables)
                cursor.execute(EVERYTHING.format(agency="g.group_id") + " from hub_agency g")


TransactionTestCase._fixture_teardown = empty_as_owner  # type: ignore[method-assign]


@pytest.fixture
def jump() -> Callable[[datetime], None]:
    """Sets the clock that decides access, for every connection; rolled back with the test."""

    def to(at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from hub_test_clock")
            cursor.execute("insert into hub_test_clock values (%s)", [at])

    return to


def as_owner(sql: str, parameters: Any = ()) -> None:
    """Runs SQL with the owner's rights in the transaction of the test, to be rolled back with it."""
    with connection.cursor() as cursor:
        whole = psycopg.ClientCursor(cursor.connection).mogrify(sql, parameters) if parameters else sql
        cursor.execute("select hub_test.run(%s)", [whole])


@pytest.fixture
def owner_sql() -> Callable[..., list[tuple[Any, ...]]]:
    """Runs SQL as the owner on a connection of its own: it sees committed rows only."""

    def run(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        with owners_connection() as own:
            cursor = own.execute(sql, parameters)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture(autouse=True)
def no_record_reaches_a_template() -> Iterator[None]:
    """Templates are given disclosures and plain data. A record, or a queryset of one, fails whatever test shows it."""
    from django.test.signals import template_rendered

    from tests.doors import leaks

    found: set[str] = set()
    # A page's parts are given what the page was given: each value is looked through once, and kept, for its id.
    seen: dict[int, Any] = {}

    def look(sender: Any, template: Any, context: Any, **kwargs: Any) -> None:
        for layer in context.dicts if hasattr(context, "dicts") else [context]:
            for name, value in layer.items():
                if id(value) not in seen:
                    seen[id(value)] = value
                    found.update(f"{template.name}: {name}: {leak}" for leak in leaks(value))

    template_rendered.connect(look)
    try:
        yield
    finally:
        template_rendered.disconnect(look)
    assert not found, sorted(found)
