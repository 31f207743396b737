"""Web, worker and beat refuse a login that row-level security does not bind."""

import os
import subprocess
import sys
import tempfile

import pytest
from django.db import connection

from hub import checks, env

pytestmark = pytest.mark.django_db


CELERY = ["-m", "celery", "--app", "hub"]
PROCESSES = {
    "web": ["-c", "import hub.wsgi"],
    "worker": [*CELERY, "worker", "--pool", "solo"],
    # Beat replaces the file it is given; as root that would be the machine's own.
    "beat": [
        *CELERY,
        "beat",
        "--schedule",
        f"{tempfile.gettempdir()}/hub-beat-{os.getpid()}",
        "--pidfile",
        "",
    ],
}


def start(process: str, url: str) -> subprocess.CompletedProcess[str]:
    """Starts one of the hub's processes as far as its look at the login."""
    given = os.environ | {"DATABASE_URL": url}
    command = [sys.executable, *PROCESSES[process]]
    return subprocess.run(
        command, env=given, cwd=env.ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def address(role: str) -> str:
    """The tests' own database, under a role."""
    from urllib.parse import urlsplit

    url = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    host = url.netloc.rpartition("@")[2]
    return f"postgresql://{role}@{host}/{name}?{url.query}"


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("role", "says"), [("hub_owner", "owns the tables"), ("postgres", "is a superuser")])
def test_no_process_serves_under_a_role_that_sees_everything(process, role, says):
    if role == "postgres" and "hub-sockets-" not in os.environ["DATABASE_URL"]:
        pytest.skip("no superuser's login is known for a PostgreSQL of one's own")
    done = start(process, address(role))
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]  # above it a worker may warn of being root
    assert (
        last.startswith(f"hub: the database role {role} ") and says in last and "Traceback" not in done.stderr
    )


def test_the_applications_own_role_may_serve():
    done = start("web", address("hub_app"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_role_that_inherits_the_engine_may_not_serve():
    assert checks.unfit() == []
    with connection.cursor() as cursor:
        cursor.execute("set local role hub_engine")
    assert any("inherits hub_engine" in line for line in checks.unfit())


def test_an_unreachable_database_is_one_line():
    done = start("web", "postgresql://hub_app@/hub?host=%2Fnowhere")
    assert done.returncode == 2 and done.stderr.startswith("hub: no database: ")
    assert done.stderr.count("\n") == 1


def test_the_application_holds_no_right_that_would_undo_the_policies():
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_has_role('hub_app', 'hub_engine', 'usage'),"
            " pg_has_role('hub_app', 'hub_engine', 'set'),"
            " pg_has_role('hub_app', 'hub_owner', 'member'),"
            " (select rolcreatedb or rolcreaterole from pg_roles where rolname = 'hub_app')"
        )
        assert cursor.fetchone() == (False, True, False, False)
