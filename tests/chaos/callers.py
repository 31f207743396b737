"""Which process is at the other end of a connection on this machine, and what belongs to a process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hub.launcher.process import running

PROC = Path("/proc")


class Callers:
    """Remembers which processes are workers: looking through all of them takes a while."""

    def __init__(self) -> None:
        self.workers: list[int] = []

    def caller(self, peer: tuple[str, int]) -> int:
        """The worker's process that has the IPv4 address and port `peer`; 0 where it is gone."""
        number = _inode(peer)
        if number == "0":
            return 0
        if found := self._holder(number):
            return found
        self.workers = [pid for pid in running() if b"celery" in _said(pid)]
        return self._holder(number)

    def _holder(self, number: str) -> int:
        wanted = f"socket:[{number}]"
        return next((pid for pid in self.workers if wanted in _open(pid)), 0)


def group(leader: int) -> list[int]:
    """The processes of a process group, its leader first."""
    found = [pid for pid in running() if _stat(pid, 2) == leader]
    return sorted(found, key=lambda pid: (pid != leader, pid))


def children(parent: int, named: bytes) -> list[int]:
    """The processes that `parent` started and whose command line has `named` in it."""
    return [pid for pid in running() if _stat(pid, 1) == parent and named in _said(pid)]


def _inode(peer: tuple[str, int]) -> str:
    host = "".join(f"{int(part):02X}" for part in reversed(peer[0].split(".")))
    wanted = f": {host}:{peer[1]:04X} "
    with suppress(OSError), open("/proc/net/tcp") as table:
        for line in table:
            # The second word is its own address, the tenth its inode.
            if wanted in line[:30] and line.split()[1] == wanted[2:-1]:
                return line.split()[9]
    return "0"


def _said(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def _open(pid: int) -> set[str]:
    found: set[str] = set()
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                found.add(str(entry.readlink()))
    return found


def _stat(pid: int, place: int) -> int:
    """Of what follows a program's name: 1 is its parent, 2 its group."""
    try:
        # The name, in brackets, may hold anything.
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[place])
    except (OSError, ValueError, IndexError):
        return 0
