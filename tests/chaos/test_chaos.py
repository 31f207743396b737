"""A few hundred deliveries, one kill of each kind: the same run as `make chaos`, smaller."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub import env

SUMMARY = re.compile(
    r"chaos: held: (\d+) deliveries, (\d+) sent, (\d+) cancelled by \d+ recalls, (\d+) overtaken by newer versions, "
    r"0 failed; "
    r"\d+ repeats, 0 of them without a death in flight; 0 begun after a recall; (\d+) kills .*"
)


def on(folder: Path) -> list[str]:
    """The processes that were started for `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and bytes(folder) in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.launcher
def test_every_delivery_arrives_once_whatever_is_killed(tmp_path):
    told = {"CHAOS_DELIVERIES": "300", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos"],
        env=os.environ | told,
        cwd=env.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    last = SUMMARY.fullmatch(done.stdout.splitlines()[-1])
    assert last, done.stdout[-2000:]
    total, sent, cancelled, overtaken, kills = map(int, last.groups())
    assert total >= 300 and total == sent + cancelled + overtaken and kills == 6
    assert on(tmp_path) == [] and list(tmp_path.glob("hub-*")) == []
