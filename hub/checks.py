"""The database login is fit for web and workers: row-level security binds it."""

import os
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseError
from django.db import connection, connections

from hub.env import SEAL_KEY, refuse

ROLE = """
select r.rolname, r.rolsuper, r.rolbypassrls,
       exists (select from pg_class c
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
                  and pg_has_role(r.oid, c.relowner, 'member')),
       exists (select from pg_roles e where e.rolname = 'hub_engine' and pg_has_role(r.oid, e.oid, 'usage'))
  from pg_roles r where r.rolname = current_user
"""


def unfit() -> list[str]:
    """Why the login of this process may not serve: each of these passes the policies by."""
    with connection.cursor() as cursor:
        cursor.execute(ROLE)
        name, superuser, bypass, owner, engine = cursor.fetchone()
    if superuser:
        return [f"the database role {name} is a superuser: serve as hub_app"]
    found = []
    if bypass:
        found.append(f"the database role {name} has BYPASSRLS: serve as hub_app")
    if owner:
        found.append(f"the database role {name} owns the tables, or belongs to their owner: serve as hub_app")
    if engine:
        found.append(f"the database role {name} inherits hub_engine: grant it with inherit false, set true")
    return found


def refuse_unfit_login() -> None:
    """Ends a process about to serve as a role that sees everything; leaves no connection for a fork.

    Nor does one serve that was told where the trail's sealing key is: what can read it can seal a trail of its own.
    """
    if os.environ.get(SEAL_KEY):
        refuse(
            f"{SEAL_KEY} is set: the sealer alone (manage.py seal_trail) may know where the sealing key is"
        )
    try:
        found = unfit()
    except DatabaseError as error:
        refuse(f"no database: {str(error).strip().splitlines()[0]}")
    finally:
        connections.close_all()
    if found:
        refuse(found[0])


@register(Tags.database)
def login_is_bound(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """For `manage.py check --database default`; `migrate`, which is the owner's, is let alone."""
    from django.conf import settings

    if not databases or settings.AS_OWNER:
        return []
    return [Error(line, id="hub.E001") for line in unfit()]
