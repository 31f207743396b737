"""`run`: services, migrations, the demo's data, then web, worker, beat and sealer until Ctrl-C."""

import hmac
import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
from psycopg import sql

from hub import env
from hub.launcher.crew import Child, Crew
from hub.launcher.install import fingerprint
from hub.launcher.services import Services, kept_secret, lasting

PYTHON = sys.executable
PATIENCE_S = 90.0
LEAST_PASSWORD = 12
# Root is what many containers have, and Celery's tasks are JSON: its warning is about pickled ones.
QUIET = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONWARNINGS": "ignore:You're running the worker"}
PASSWORD, UNSHOWN = "demo-password", "demo-password.unshown"
CAST = """
select p.username, coalesce(a.name, 'the hub'), p.roles
  from hub_person p left join hub_agency a on a.group_id = p.agency_id
 where p.is_active order by a.name nulls last, p.username limit 40
"""
# What a database was last prepared with is noted on the database itself, and so goes where it goes.
NOTED = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"


def serve(home: Path) -> int:
    """Runs the hub on the data in `home`; returns the exit status."""
    began = time.monotonic()
    demo = env.flag("HUB_DEMO", True)
    listen, port = address(demo)
    settings = {"HUB_HOME": str(home), "PORT": str(port), "HUB_DEMO": "1" if demo else "0"}
    for name in () if demo else ("SECRET_KEY", "EMAIL_URL"):
        if not os.environ.get(name):
            env.refuse(f"{name} is not set, and HUB_DEMO=0 needs it")
    if demo:
        settings["SECRET_KEY"] = os.environ.get("SECRET_KEY") or kept_secret(home, "secret-key", 48)[0]
        settings["HUB_DEMO_PASSWORD"] = password(home)
    with lasting(home, settings) as services:
        # Where the sealing key is, the sealer alone is told.
        known = {name: value for name, value in os.environ.items() if name != env.SEAL_KEY}
        crew = Crew(known | services.settings | QUIET, home / "logs")
        try:
            prepare(crew, demo)
            for child in processes(home, listen, port):
                crew.start(child)
            await_first_page(crew, listen, port)
            announce(services, listen, port, time.monotonic() - began)
            while True:
                crew.tend(1.0)
                services.tend()
        except KeyboardInterrupt:
            return 0
        finally:
            crew.stop()
            print("hub: stopped", flush=True)


def address(demo: bool) -> tuple[str, int]:
    """Where to listen; refuses an address that a demo may not have, or that is taken."""
    port = env.number("PORT", 8000, low=1, high=65535)
    listen = env.text("HUB_LISTEN", "127.0.0.1")
    if demo and listen not in env.LOOPBACK:
        env.refuse(f"HUB_DEMO=1 serves this machine alone; HUB_LISTEN is {listen}")
    with socket.socket(socket.AF_INET6 if ":" in listen else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.strip("[]"), port))
        except PermissionError:
            env.refuse(
                f"port {port} may not be used by this user: choose another, as in `make run PORT=8001`"
            )
        except OSError as error:
            env.refuse(f"port {port} is taken ({error.strerror}): choose another, as in `make run PORT=8001`")
    return listen, port


def password(home: Path) -> str:
    """The password of the cast: HUB_DEMO_PASSWORD, or one made up at the first start."""
    given = os.environ.get("HUB_DEMO_PASSWORD")
    if given and len(given) < LEAST_PASSWORD:
        env.refuse(f"HUB_DEMO_PASSWORD must have {LEAST_PASSWORD} characters at least")
    if given:
        return given
    return kept_secret(home, PASSWORD if (home / PASSWORD).exists() else UNSHOWN, 12)[0]


def password_line(home: Path, value: str) -> str:
    """What is said of the password; a made-up one is shown once, at the first start that got this far."""
    if os.environ.get("HUB_DEMO_PASSWORD"):
        return "as HUB_DEMO_PASSWORD says"
    if (home / UNSHOWN).exists():
        (home / UNSHOWN).rename(home / PASSWORD)
        return f"{value}   (shown this once; kept in {home / PASSWORD})"
    return f"as before; it is in {home / PASSWORD}"


def prepare(crew: Crew, demo: bool) -> None:
    """Brings schema and reference data up to date and fills a demo; ends the launcher when a step fails.

    The front end is built meanwhile: on two cores that is most of what a first start can save.
    """
    pages = Child("pages", [PYTHON, "hub/launcher/install.py", "pages"])
    crew.start(pages)
    steps = [
        ("migrate", ["migrate", "--no-input", "--verbosity", "0"]),
        ("reference", ["load_reference", "--verbosity", "0"]),
    ]
    if demo:
        steps.append(("demo", ["setup_demo"]))
    with psycopg.connect(crew.environment["OWNER_DATABASE_URL"], autocommit=True) as owner:
        current = state(crew.environment)
        if owner.execute(NOTED).fetchone() != (current,):
            for name, arguments in steps:
                if crew.run(Child(name, [PYTHON, "manage.py", *arguments])):
                    env.refuse(f"`manage.py {arguments[0]}` failed; more above and in {crew.logs}/{name}.log")
            noting = sql.SQL("comment on database {} is {}")
            owner.execute(noting.format(sql.Identifier(owner.info.dbname), sql.Literal(current)))
    if crew.finish(pages):
        raise SystemExit(2)


def state(environment: dict[str, str]) -> str:
    """One word for all that the preparing commands start from: code, data files, and who the cast is."""
    code = fingerprint(*(env.ROOT / app for app in ("hub", "bulletins", "sharing")))
    given = "\0".join([code, environment["HUB_DEMO"], environment.get("HUB_DEMO_PASSWORD", "")])
    return "prepared " + hmac.digest(environment["SECRET_KEY"].encode(), given.encode(), "sha256").hex()


def processes(home: Path, listen: str, port: int) -> list[Child]:
    celery = [PYTHON, "-m", "celery", "--quiet", "--app", "hub"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    bind = f"[{listen}]:{port}" if ":" in listen.strip("[]") else f"{listen}:{port}"
    (home / "beat").mkdir(exist_ok=True, mode=0o700)
    return [
        Child("web", [
            PYTHON, "-m", "gunicorn", "hub.wsgi", "--preload", "--worker-class", "gthread", "--workers", "2",
            "--threads", "4", "--bind", bind, "--graceful-timeout", "5", "--no-control-socket",
            "--limit-request-line", "8190", "--log-level", "warning",
        ]),
        # Of its own, so that no long task stands before a hazard.
        Child("sender", [
            *celery, "worker", "--queues", "urgent", "--pool", "prefork", "--concurrency", "1",
            "--hostname", "sender@%h", "--optimization", "fair", *quick,
        ]),
        Child("worker", [
            *celery, "worker", "--queues", "default,bulk", "--pool", "prefork", "--concurrency", "2",
            "--hostname", "worker@%h", "--optimization", "fair", *quick,
        ]),
        Child("beat", [*celery, "beat", "--schedule", str(home / "beat/schedule"), "--pidfile", ""]),
        Child("sealer", [PYTHON, "manage.py", "seal_trail"], told={env.SEAL_KEY: sealing_key(home)}),
    ]  # fmt: skip


def sealing_key(home: Path) -> str:
    """Where the sealer keeps its key: as SEAL_KEY says, else in a folder of its own."""
    return os.environ.get(env.SEAL_KEY) or str(home / "keys" / "seal.pem")


def await_first_page(crew: Crew, listen: str, port: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while not healthy(listen, port):
        crew.tend(0.1)
        if (status := crew.refused()) is not None:
            raise SystemExit(status)
        if time.monotonic() > until:
            env.refuse(f"no answer from the pages after {PATIENCE_S:.0f} s; the log is {crew.logs}/web.log")


def healthy(listen: str, port: int) -> bool:
    host = "127.0.0.1" if listen in ("0.0.0.0", "localhost") else listen  # noqa: S104
    if ":" in host:
        host = f"[{host.strip('[]')}]"
    try:
        # Past any proxy of the environment: this is our own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{host}:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def announce(services: Services, listen: str, port: int, seconds: float) -> None:
    """Address, names and password, once the first page can be had."""
    lines = ["", f"The hub is ready after {seconds:.1f} s: http://{listen}:{port}", ""]
    if services.settings["HUB_DEMO"] == "1":
        with psycopg.connect(services.settings["OWNER_DATABASE_URL"]) as owner:
            people = owner.execute(CAST).fetchall()
        width = max((len(agency) for _, agency, _ in people), default=0)
        lines += [f"  {name:<16} {agency:<{width}}  {', '.join(roles)}" for name, agency, roles in people]
        said = password_line(services.home, services.settings["HUB_DEMO_PASSWORD"])
        lines += ["", f"  password of all: {said}"]
    lines += [f"  data and logs:   {services.home}", "  Ctrl-C stops everything.", ""]
    print("\n".join(lines), flush=True)
