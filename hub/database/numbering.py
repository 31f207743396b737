"""Numbers given after commit, so that a row committed late is never skipped by a reader who asks 'since n'."""

from __future__ import annotations

from django.db import connection

from hub.database.context import engine

TABLES = {"hub_trailnumber": 7_302}


def number_rows(table: str) -> int:
    """Give every committed row of `table` without `n` the next numbers, in order of id; return how many.

    One caller at a time, under an advisory lock: the numbers are unique and rise in the order they become visible.
    """
    lock = TABLES[table]
    with engine(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [lock])
        cursor.execute(
            f"""
            update {table} t set n = fresh.n, numbered_at = statement_timestamp()
            from (select id, (select coalesce(max(n), 0) from {table}) + row_number() over (order by id) as n
                  from {table} where n is null) fresh
            where t.id = fresh.id
            """  # noqa: S608  a table named above
        )
        return cursor.rowcount
