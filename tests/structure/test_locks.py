"""The third lock: what hub_app can reach with raw SQL, past every line of our own."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from hub.database.context import WrongViewer, engine, viewing
from sharing.audiences.models import Received
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db

# Read by everybody who is signed in: directories, lists and the framework's own tables.
OPEN = {
    "hub_agency", "hub_person", "hub_person_groups", "hub_person_user_permissions", "hub_token",
    "bulletins_method", "bulletins_drug", "bulletins_mode", "bulletins_detection", "bulletins_port",
}  # fmt: skip
OURS = ("hub_", "bulletins_", "sharing_")


def rows(sql, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def refused(sql, parameters=()):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def relations():
    return [
        (name, kind)
        for name, kind in rows(
            "select relname, relkind from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'v', 'p') order by 1"
        )
        if name.startswith(OURS) and name != "hub_test_clock"
    ]


def test_the_tests_run_as_the_application():
    assert rows("select current_user, rolsuper, rolbypassrls from pg_roles where rolname = current_user") == [
        ("hub_app", False, False)
    ]


def test_without_context_every_relation_is_empty_or_known_to_be_open():
    released(published_bulletin(), "CBSA", "community:DHE")
    published_seizure()
    for name, _kind in relations():
        if name not in OPEN:
            assert rows(f"select count(*) from {name}") == [(0,)], name


def test_a_view_gives_nothing_but_reading():
    for name, kind in relations():
        if kind == "v":
            held = rows(
                "select privilege_type from information_schema.role_table_grants"
                " where table_name = %s and grantee in ('hub_app', 'hub_engine', 'PUBLIC')",
                [name],
            )
            assert {privilege for (privilege,) in held} == {"SELECT"}, name


def test_functions_are_executed_by_name_only():
    loose = rows(
        "select proname from pg_proc p where pronamespace = 'public'::regnamespace and proname like 'hub%%'"
        " and has_function_privilege('public', p.oid, 'execute')"
    )
    assert [name for (name,) in loose if name != "hub_now"] == []


@pytest.mark.parametrize("table", ["sharing_grant", "bulletins_face", "sharing_entry", "sharing_withdrawal"])
@pytest.mark.parametrize("deed", ["insert into {} default values", "delete from {}", "truncate {}"])
def test_the_application_writes_neither_grants_nor_faces(table, deed):
    with viewing(viewer("cbp.officer")):
        refused(deed.format(table))


def test_the_application_changes_no_face_and_no_grant():
    bulletin = published_bulletin()
    with viewing(viewer("cbp.officer")):
        assert rows("select count(*) from bulletins_face where record_id = %s", [bulletin.pk]) == [(1,)]
        refused("update bulletins_face set audience = '{1,2,3}'")
        refused("update sharing_grant set until = null")
        refused("update bulletins_found set title = 'x'")
        refused("select 1 from bulletins_face for update")


def test_the_application_makes_no_objects_and_becomes_nobody_else():
    refused("create temp table t (a int)")
    refused("create table t (a int)")
    refused("create function f() returns int language sql as 'select 1'")
    refused("set role hub_owner")


def test_another_agencys_record_can_be_neither_read_nor_changed_nor_hung_on():
    bulletin = published_bulletin()
    with viewing(viewer("cbsa.officer")):
        assert rows("select count(*) from bulletins_record where id = %s", [bulletin.pk]) == [(0,)]
        with connection.cursor() as cursor:
            cursor.execute("update bulletins_record set place = 'x' where id = %s", [bulletin.pk])
            assert cursor.rowcount == 0
        refused(
            "insert into bulletins_identifier (record_id, position, kind, value, note)"
            " values (%s, 0, 'plate', 'X', '')",
            [bulletin.pk],
        )
        refused(
            "insert into bulletins_version (record_id, number, content, linked, note, certified, published_at)"
            " values (%s, 9, '{}', '{}', '', false, now())",
            [bulletin.pk],
        )
    with viewing(viewer("cbp.officer")):
        assert rows("select count(*) from bulletins_record where id = %s", [bulletin.pk]) == [(1,)]


def test_the_trail_only_grows():
    with viewing(viewer("cbp.officer")):
        published_bulletin()
        refused("update hub_trail set actor = 'somebody'")
        refused("delete from hub_trail")


def test_role_and_context_are_put_back_after_errors():
    with viewing(viewer("cbp.officer")):
        before = rows("select current_user, hub_agency()")
        with pytest.raises(ZeroDivisionError), engine():
            raise ZeroDivisionError
        assert rows("select current_user, hub_agency()") == before
        with pytest.raises(DatabaseError), transaction.atomic(), engine():
            rows("select 1/0")
        assert rows("select current_user, hub_agency()") == before
        with pytest.raises(ZeroDivisionError), viewing(viewer("cbsa.officer")):
            raise ZeroDivisionError
        assert rows("select current_user, hub_agency()") == before


def test_a_query_for_one_viewer_does_not_run_under_another():
    with viewing(viewer("cbp.officer")), pytest.raises(WrongViewer):
        Received.objects.visible_to(viewer("cbsa.officer"))
