"""`run`: services, migrations, the demo's data, then web, worker and beat until Ctrl-C."""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path

import psycopg

from hub import env
from hub.launcher.crew import Child, Crew
from hub.launcher.services import Services, kept_secret, lasting

PYTHON = sys.executable
PATIENCE_S = 90.0
CAST = """
select p.username, a.name, p.roles from hub_person p left join hub_agency a on a.group_id = p.agency_id
 where p.is_active order by a.name nulls last, p.username limit 40
"""


def serve(home: Path) -> int:
    """Runs the hub on the data in `home`; returns the exit status."""
    began = time.monotonic()
    demo = env.flag("HUB_DEMO", True)
    listen, port = address(demo)
    settings = {"HUB_HOME": str(home), "HUB_DEMO": "1" if demo else "0"}
    fresh = False
    for name in () if demo else ("SECRET_KEY", "EMAIL_URL"):
        if not os.environ.get(name):
            env.refuse(f"{name} is not set, and HUB_DEMO=0 needs it")
    if demo:
        settings["SECRET_KEY"] = os.environ.get("SECRET_KEY") or kept_secret(home, "secret-key", 48)[0]
        fresh = password(home, settings)
    with lasting(home, settings) as services:
        crew = Crew(os.environ | services.settings | {"PYTHONDONTWRITEBYTECODE": ""}, home / "logs")
        try:
            prepare(crew, demo)
            for child in processes(home, listen, port):
                crew.start(child)
            await_first_page(crew, listen, port)
            announce(services, listen, port, fresh, time.monotonic() - began)
            while True:
                crew.tend(1.0)
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


def password(home: Path, settings: dict[str, str]) -> bool:
    """Puts the cast's password into the settings; true when it was made up just now, and so must be shown."""
    given = os.environ.get("HUB_DEMO_PASSWORD")
    if given and len(given) < 12:
        env.refuse("HUB_DEMO_PASSWORD must have 12 characters at least")
    kept, made = (given, False) if given else kept_secret(home, "demo-password", 12)
    settings["HUB_DEMO_PASSWORD"] = kept
    return made


def prepare(crew: Crew, demo: bool) -> None:
    """Brings the schema up to date as its owner, and fills a demo; ends the launcher when either fails."""
    steps = [
        ("migrate", ["migrate", "--no-input", "--verbosity", "0"]),
        ("reference", ["load_reference", "--verbosity", "0"]),
    ]
    if demo:
        steps.append(("demo", ["setup_demo"]))
    for name, arguments in steps:
        if crew.run(Child(name, [PYTHON, "manage.py", *arguments])):
            env.refuse(
                f"`manage.py {arguments[0]}` failed; what it said is above and in {crew.logs}/{name}.log"
            )


def processes(home: Path, listen: str, port: int) -> list[Child]:
    celery = [PYTHON, "-m", "celery", "--app", "hub"]
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    bind = f"[{listen}]:{port}" if ":" in listen.strip("[]") else f"{listen}:{port}"
    (home / "beat").mkdir(exist_ok=True, mode=0o700)
    return [
        Child("web", [
            PYTHON, "-m", "gunicorn", "hub.wsgi", "--preload", "--worker-class", "gthread", "--workers", "2",
            "--threads", "4", "--bind", bind, "--graceful-timeout", "5", "--no-control-socket",
            "--log-level", "warning",
        ]),
        Child("worker", [
            *celery, "worker", "--queues", "urgent,default,bulk", "--pool", "prefork", "--concurrency", "2",
            "--optimization", "fair", *quick,
        ]),
        Child("beat", [*celery, "beat", "--schedule", str(home / "beat/schedule"), "--pidfile", ""]),
    ]  # fmt: skip


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


def announce(services: Services, listen: str, port: int, fresh: bool, seconds: float) -> None:
    """Address, names and password, once the first page can be had."""
    lines = ["", f"The hub is ready after {seconds:.1f} s: http://{listen}:{port}", ""]
    if services.settings["HUB_DEMO"] == "1":
        with psycopg.connect(services.settings["OWNER_DATABASE_URL"]) as owner:
            people = owner.execute(CAST).fetchall()
        lines += [
            f"  {name:<16} {agency or 'the hub':<44} {', '.join(roles)}" for name, agency, roles in people
        ]
        if fresh:
            said = (
                services.settings["HUB_DEMO_PASSWORD"] + "   (shown this once; kept in demo-password below)"
            )
        elif os.environ.get("HUB_DEMO_PASSWORD"):
            said = "as HUB_DEMO_PASSWORD says"
        else:
            said = f"as before; it is in {services.home / 'demo-password'}"
        lines += ["", f"  password of all: {said}"]
    lines += [f"  data and logs:   {services.home}", "  Ctrl-C stops everything.", ""]
    print("\n".join(lines), flush=True)
