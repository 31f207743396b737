"""A machine without a hub: nothing of the test run's own services is seen."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub import env

NAMED = (*env.SHARED, "HUB_HOME", "HUB_DEMO_PASSWORD", "HUB_LISTEN", "PORT", "HUB_LOGIN")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of somebody who set nothing."""
    for name in NAMED:
        monkeypatch.delenv(name, raising=False)
    return dict(os.environ)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A HUB_HOME with a space in its name, too long for a socket; whatever still runs on it is ended."""
    folder = tmp_path / "a hub's home" / ("long " * 25).strip()
    folder.parent.mkdir()
    yield folder
    for pid in on(folder):
        os.kill(pid, signal.SIGKILL)


def on(folder: Path) -> list[int]:
    """The processes that were started for `folder`."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and int(entry.name) != os.getpid() and bytes(folder) in said_of(entry)
    ]


def said_of(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except OSError:
        return b""


def eventually(condition: Callable[[], object], within_s: float = 15.0) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)
