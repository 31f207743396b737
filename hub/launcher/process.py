"""Child processes that die with the launcher, and the user under which PostgreSQL runs."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be imported.
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: int) -> None:
    """In a child, before exec: have the kernel send `signum` when the launcher is gone, however it went."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def child(signum: int = signal.SIGTERM, become: Callable[[], None] | None = None) -> Callable[[], None]:
    """What `subprocess` runs in the child: another user if asked, then the tie to the launcher."""

    def before_exec() -> None:
        if become is not None:
            become()
        die_with_parent(signum)

    return before_exec


def into_namespace() -> None:
    """Whoever we are outside, `nobody` inside: PostgreSQL refuses root, and a user without a name.

    The files stay ours, so that a 0700 folder is no obstacle.
    """
    user, group = os.geteuid(), os.getegid()
    if LIBC is None or LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError("user namespaces are refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1")


def into_nobody() -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def has_name() -> bool:
    """Whether the machine knows our user: in a container it may be a mere number."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def namespaces_allowed() -> bool:
    try:
        return subprocess.run(["true"], preexec_fn=into_namespace, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def anyone_may_enter(folder: Path) -> bool:
    """Whether a user without rights of his own gets as far as `folder`."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents) if parent.exists())


def command_of(pid: int) -> str:
    """The command line of a live process; empty for none, a zombie, or where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def end(pid: int, marker: str, *, signum: int = signal.SIGINT, patience_s: float = 8.0) -> None:
    """Ends the process left over from an earlier launcher, if it is still the one that `marker` names."""
    for sent, patience in ((None, 2.0), (signum, patience_s), (signal.SIGKILL, 2.0)):
        if sent is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
        until = time.monotonic() + patience
        while marker in command_of(pid):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        else:
            return


def end_all_inside(folder: Path) -> None:
    """Kills what works inside `folder`: children that outlived a process that was killed itself."""
    while left := [pid for pid in running() if works_inside(pid, folder)]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def running() -> list[int]:
    """Every live process; none where there is no /proc."""
    try:
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    except OSError:
        return []


def works_inside(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


def copied(source: Path, target: Path) -> Path:
    """`source` copied to `target` once, for a user who cannot reach the original."""
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(source, fresh, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)
    return target


def ended(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
