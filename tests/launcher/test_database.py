"""The tests' own database: the application's role, a clock that jumps, an owner who cleans up."""

from datetime import UTC, datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

LATER = datetime(2031, 5, 1, 12, 0, tzinfo=UTC)


def one(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_run_as_the_application():
    assert one("select current_user") == "hub_app"


@pytest.mark.django_db
def test_the_clock_jumps(jump):
    jump(LATER)
    assert one("select hub_now()") == LATER


@pytest.mark.django_db
def test_and_is_back_in_the_next_test():
    assert one("select hub_now() = statement_timestamp()")


@pytest.mark.django_db(transaction=True)
def test_a_committed_row_is_seen_by_the_owner(owner_sql):
    kept = owner_sql("select count(*) from django_migrations")
    Session.objects.create(session_key="left over", session_data="", expire_date=LATER)
    assert owner_sql("select session_key from django_session") == [("left over",)]
    assert owner_sql("select current_user") == [("hub_owner",)]
    assert kept[0][0] > 0


@pytest.mark.django_db(transaction=True)
def test_and_is_gone_in_the_next_test_while_what_migrations_filled_stays(owner_sql):
    assert not Session.objects.exists()
    assert owner_sql("select count(*) from django_content_type")[0][0] > 0
