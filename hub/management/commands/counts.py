"""`manage.py counts`: the true number of rows in each table, one `table number` a line."""

import os
import sys
from typing import Any

import psycopg
from django.core.management.base import BaseCommand
from django.db import connection
from psycopg import sql

from hub import env

TABLES = """
select relname from pg_class
 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1
"""


class Command(BaseCommand):
    help = "Rows per table, counted as the owner: policies do not apply."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._count()
            self.stdout.flush()
        except BrokenPipeError:
            # Whoever reads, `head` say, has read enough: the rest goes nowhere, also what is flushed at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _count(self) -> None:
        name = connection.settings_dict["NAME"]
        with psycopg.connect(env.text("OWNER_DATABASE_URL"), dbname=name) as owner:
            for (table,) in owner.execute(TABLES).fetchall():
                counted = owner.execute(
                    sql.SQL("select count(*) from {}").format(sql.Identifier(table))
                ).fetchone()
                self.stdout.write(f"{table} {counted[0] if counted else 0}")
