"""Starts another TAXII server in its own environment, filled with given objects."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import env

HERE = Path(__file__).parent
UV = env.ROOT / ".tools" / "uv" / "bin" / "uv"
HOMES = env.ROOT / ".tools" / "peers"
COLLECTION = "6f1a7f3a-3d0e-4a4e-9d5f-1f7f2a0c5b10"
READY_S = 120


@dataclass(frozen=True)
class Peer:
    """A server that answers: the address of its collection, and the header that lets one in."""

    name: str
    collection: str
    authorization: str
    process: int


PEERS = {
    "medallion": ("/bench/collections/{id}/", "Basic YmVuY2g6YmVuY2g="),
    "opentaxii": ("/taxii2/{root}/collections/{id}/", ""),
}


@contextmanager
def peer(name: str, objects: Sequence[dict[str, Any]], folder: Path) -> Iterator[Peer]:
    """The server with `objects` in its one collection, by the name in PEERS; it is gone afterwards."""
    python = _environment(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "objects.json").write_text(json.dumps(list(objects)))
    port = free_port()
    path, authorization = PEERS[name]
    root = f"{int(COLLECTION.replace('-', ''), 16) ^ 1:032x}"
    root = "-".join((root[:8], root[8:12], root[12:16], root[16:20], root[20:]))
    found = f"http://127.0.0.1:{port}{path.format(id=COLLECTION, root=root)}"
    given = os.environ | {"PEER_FOLDER": str(folder), "PEER_COLLECTION": COLLECTION, "PYTHONPATH": str(HERE)}
    # One process of a few threads: medallion keeps what it serves in its own memory.
    command = [str(python), "-m", "gunicorn", "--workers", "1", "--threads", "4", "--timeout", "600"]
    command += ["--log-level", "error", "--bind", f"127.0.0.1:{port}", f"serve_{name}:app"]
    with (
        open(folder / "log", "wb") as log,
        subprocess.Popen(
            command, env=given, cwd=folder, start_new_session=True, stdout=log, stderr=log
        ) as process,
    ):
        try:
            try:
                ready(f"http://127.0.0.1:{port}/taxii2/", authorization, process)
            except (urllib.error.URLError, ConnectionError) as error:
                raise RuntimeError((folder / "log").read_text()[-3000:]) from error
            yield Peer(name, found, authorization, process.pid)
        finally:
            # What it has in hand may take hours.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(name: str) -> Path:
    """The Python of the server's own environment, made where it is not there yet."""
    home, locked = HOMES / name, HERE / f"{name}.txt"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, home], check=True)
    install = [UV, "pip", "sync", "--quiet", "--require-hashes", "--python", python, locked]
    subprocess.run(install, check=True)
    return python


def ready(url: str, authorization: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    headers = {"Accept": "application/taxii+json;version=2.1"}
    if authorization:
        headers["Authorization"] = authorization
    until = time.monotonic() + READY_S
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=READY_S):
                return
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
