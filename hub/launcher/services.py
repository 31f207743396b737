"""The services a hub needs, started only where DATABASE_URL or REDIS_URL does not name one."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub import env
from hub.launcher import process
from hub.launcher.postgres import Postgres
from hub.launcher.valkey import Valkey

LEAST_FREE = 200 * 2**20
LONGEST_FOLDER = 80
SOCKETS, THROWAWAY = "hub-sockets-", "hub-throwaway-"


class Services:
    """What was started, and the settings under which the hub's processes find it."""

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = home
        logs = home / "logs"
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.settings = {name: os.environ[name] for name in env.SHARED if os.environ.get(name)}
        if "DATABASE_URL" in self.settings and "OWNER_DATABASE_URL" not in self.settings:
            env.refuse("DATABASE_URL is set, so OWNER_DATABASE_URL must be too (migrations log in with it)")
        self.sockets = socket_folder()
        self.postgres = self.valkey = None
        if "DATABASE_URL" not in self.settings:
            self.postgres = Postgres(
                home / "postgres", self.sockets, logs / "postgres.log", throwaway=throwaway
            )
            self.settings["DATABASE_URL"] = self.postgres.url("hub_app")
            self.settings["OWNER_DATABASE_URL"] = self.postgres.url("hub_owner")
        if "REDIS_URL" not in self.settings:
            self.valkey = Valkey(home / "valkey", self.sockets, logs / "valkey.log", throwaway=throwaway)
            self.settings["REDIS_URL"] = self.valkey.url
        self.started = [service for service in (self.valkey, self.postgres) if service is not None]
        self.again_at = 0.0

    def start(self) -> None:
        for service in self.started:
            service.start()
        for service in self.started:
            service.wait()

    def tend(self) -> None:
        """Starts again what died, at most once a second. Whoever uses it asks until it answers."""
        if (now := time.monotonic()) < self.again_at:
            return
        for service in self.started:
            if service.process is not None and (status := service.process.poll()) is not None:
                print(f"hub: {service.name} {process.ended(status)}; starting it again", flush=True)
                self.again_at = now + 1.0
                service.start()

    def stop(self) -> None:
        for service in self.started:
            service.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)


def socket_folder() -> Path:
    """A new folder, short whatever HUB_HOME is: a socket's path may have 107 bytes. Private: who gets in is trusted."""
    folder = next((name for name in (tempfile.gettempdir(), "/tmp") if len(name) < LONGEST_FOLDER), None)  # noqa: S108
    return Path(tempfile.mkdtemp(prefix=SOCKETS, dir=folder))


@contextmanager
def held(home: Path) -> Iterator[None]:
    """The lock of `home`: one launcher at a time, free again however the process ends."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(home / env.LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for attempt in range(20):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                # A command beside us looks at the lock for an instant; a launcher holds it.
                if attempt == 19:
                    pid = os.pread(lock, 20, 0).decode().strip()
                    env.refuse(
                        f"another launcher (process {pid}) runs on {home}: stop it, or set another HUB_HOME"
                    )
                time.sleep(0.05)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


def require_room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE:
        env.refuse(f"the disk of {home} has {free // 2**20} MB left; the hub needs {LEAST_FREE // 2**20} MB")


def write_private(path: Path, content: str) -> None:
    """A file of mode 0600 that appears whole."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    fresh.rename(path)


def kept_secret(home: Path, name: str, length: int) -> tuple[str, bool]:
    """A random secret kept in `home`/`name`, and whether it was made now."""
    path = home / name
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists():
        return path.read_text().strip(), False
    write_private(path, secrets.token_urlsafe(length) + "\n")
    return path.read_text().strip(), True


@contextmanager
def lasting(home: Path, settings: dict[str, str]) -> Iterator[Services]:
    """Services on the data in `home`, announced to `manage.py` in services.json while they run."""
    with held(home):
        note = home / env.SERVICES
        if note.exists():
            clear(note)
        require_room(home)
        services = Services(home)
        try:
            services.start()
            services.settings |= settings
            write_private(note, json.dumps({"settings": services.settings, "sockets": str(services.sockets)}))
            yield services
        finally:
            note.unlink(missing_ok=True)
            services.stop()


def clear(note: Path) -> None:
    """Removes what a killed launcher left: its note, and its folder of sockets."""
    try:
        left = Path(json.loads(note.read_text())["sockets"])
    except (OSError, ValueError, KeyError):
        left = None
    note.unlink(missing_ok=True)
    if left is not None and left.name.startswith(SOCKETS):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def throwaway() -> Iterator[Services]:
    """Fresh services in a folder of their own, gone afterwards."""
    sweep()
    with (
        tempfile.TemporaryDirectory(prefix=THROWAWAY, ignore_cleanup_errors=True) as folder,
        held(Path(folder)),
    ):
        require_room(Path(folder))
        services = Services(Path(folder), throwaway=True)
        (Path(folder) / env.SERVICES).write_text(json.dumps({"sockets": str(services.sockets)}))
        try:
            services.start()
            services.settings |= {
                "HUB_HOME": folder,
                "HUB_DEMO": "1",
                "SECRET_KEY": secrets.token_urlsafe(48),
                "HUB_DEMO_PASSWORD": "correct horse battery staple",
            }
            yield services
        finally:
            services.stop()


def sweep() -> None:
    """Removes what throwaway services left that were killed: nobody holds their lock any more."""
    for left in Path(tempfile.gettempdir()).glob(f"{THROWAWAY}*"):
        with contextlib.suppress(OSError):
            old = left.stat().st_mtime < time.time() - 600
            if old and left.stat().st_uid == os.geteuid() and not env.launcher_runs(left):
                clear(left / env.SERVICES)
                shutil.rmtree(left, ignore_errors=True)
