"""Row-level security, said once: the migrations' helper for locks, views and functions.

`locked` gives a table its policies; `view` publishes a read-only view owned by hub_owner, its predicate inside.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunSQL

NOTHING = RunSQL.noop


def locked(
    table: str,
    *,
    read: str,
    write: str | None = None,
    insert: str | None = None,
    change: str | None = None,
    columns: str = "",
    remove: str | None = None,
    engine: str = "",
) -> RunSQL:
    """Lock `table`: hub_app reads rows where `read`, and adds, changes and removes rows where `write`.

    `insert`, `change` and `remove` say so of one of the three alone, `columns` which may be changed. What none allows
    hub_app has no right to. `engine` names what hub_engine may do beside reading: any of "insert, update, delete".
    hub_engine sees all rows.
    """
    insert, change, remove = insert or write, change or write, remove or write
    sql: list[Any] = [
        f"alter table {table} enable row level security",
        f"create policy {table}_engine on {table} to hub_engine using (true) with check (true)",
        f"create policy {table}_read on {table} for select to hub_app using ({read})",
        f"revoke truncate on {table} from hub_app, hub_engine",
    ]
    if insert:
        sql.append(f"create policy {table}_add on {table} for insert to hub_app with check ({insert})")
    else:
        sql.append(f"revoke insert on {table} from hub_app")
    if change:
        sql.append(
            f"create policy {table}_change on {table} for update to hub_app using ({change}) with check ({change})"
        )
    if columns or not change:
        sql.append(f"revoke update on {table} from hub_app")
    if columns:
        sql.append(f"grant update ({columns}) on {table} to hub_app")
    if remove:
        sql.append(f"create policy {table}_remove on {table} for delete to hub_app using ({remove})")
    else:
        sql.append(f"revoke delete on {table} from hub_app")
    if engine:
        sql.append(f"grant {engine} on {table} to hub_engine")
    return RunSQL(sql, _unlock(table))


def _unlock(table: str) -> list[Any]:
    names = ("engine", "read", "add", "change", "remove")
    return [f"drop policy if exists {table}_{name} on {table}" for name in names] + [
        f"alter table {table} disable row level security"
    ]


def view(name: str, query: str) -> RunSQL:
    """A view that hub_app may only read. A plain view is updatable, so default privileges are taken back first."""
    return RunSQL(
        [
            f"create view {name} as {query}",
            f"revoke all on {name} from hub_app, hub_engine, public",
            f"grant select on {name} to hub_app, hub_engine",
        ],
        f"drop view if exists {name}",
    )


def function(signature: str, body: str, *, to: str = "hub_app, hub_engine") -> RunSQL:
    """A function executable by the named roles only. `body` is everything after the signature."""
    grant = [f"grant execute on function {signature.split(' returns ', maxsplit=1)[0]} to {to}"] if to else []
    return RunSQL([f"create or replace function {signature} {body}", *grant], NOTHING)
