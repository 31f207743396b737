"""What the bench says: a table for people, and the same as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.measuring import Line

# Milliseconds above the call without permission; times of it; where guardian needs that long, times faster.
ABOVE_MS, QUERY_ABOVE_MS = 4.0, 1.0
TIMES, TIMES_SOME = 2.0, 4.0
GUARDIAN_FROM_MS, GUARDIAN_TIMES = 10.0, 10.0


def verdict(line: Line) -> str:
    """Which aims the line misses, by processor time, which a busy machine does not stretch; empty when none."""
    missed = []
    if line.question.startswith(("latest", "open")):
        if line.above > ABOVE_MS:
            missed.append(f"{line.above:.1f} ms above")
        if line.query_above > QUERY_ABOVE_MS:
            missed.append(f"{line.query_above:.1f} ms above in the query")
    elif line.times > (TIMES_SOME if line.reader.startswith("5") else TIMES):
        missed.append(f"{line.times:.1f} times")
    if line.guardian.wall > GUARDIAN_FROM_MS and line.times_guardian < GUARDIAN_TIMES:
        missed.append(f"guardian {line.times_guardian:.1f} times")
    return ", ".join(missed)


HEAD = (
    "asked", "sees", "hub", "without", "guardian", "hub, busy", "without, busy", "times", "above", "in query",
    "by guardian", "SQL", "missed",
)  # fmt: skip


def table(lines: list[Line]) -> str:
    """All in milliseconds, medians; `busy` is processor time."""
    rows = [HEAD, tuple("-" * len(name) for name in HEAD)]
    for line in lines:
        rows.append(
            (
                line.question,
                line.reader,
                *(f"{spent.wall:.1f}" for spent in (line.hub, line.bare, line.guardian)),
                f"{line.hub.busy:.1f}",
                f"{line.bare.busy:.1f}",
                f"{line.times:.1f}",
                f"{line.above:.1f}",
                f"{line.query_above:+.2f}",
                f"{line.times_guardian:.1f}",
                str(line.statements),
                verdict(line),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def said(facts: dict[str, Any], lines: list[Line]) -> str:
    """The table, and what else was measured in words."""
    whole, suspended = facts["release_to_all"], facts["suspended"]
    return f"""
{facts["bulletins"]:,} bulletins, {facts["agencies"]} agencies, {facts["grants"]:,} grants, {facts["faces"]:,} faces

{table(lines)}

Milliseconds, medians. "busy" is processor time, ours and the database's; times, above and in query are of it, times by
guardian are by the clock.

released to {facts["agencies"]} agencies: {whole["wall"]:.0f} ms, busy {whole["busy"]:.0f}
suspended an agreement behind {suspended["grants"]:,} grants: committed after {suspended["denied"]["wall"]:.0f} ms,
when {suspended["read_after_commit"]:,} of them could still be read; settled after {suspended["settled_s"]:.1f} s"""


def machine() -> dict[str, Any]:
    """What it ran on; `load` is of how many processes wanted a processor when it began."""
    said = Path("/proc/cpuinfo")
    names = said.read_text().splitlines() if said.exists() else []
    cpu = next(
        (line.partition(":")[2].strip() for line in names if "model name" in line), platform.processor()
    )
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def keep(folder: Path, facts: dict[str, Any], lines: list[Line], at: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"bench-{facts['bulletins']}-{at:%Y%m%dT%H%M%S}.json"
    said = facts | {
        "at": at.isoformat(),
        "lines": [asdict(line) | {"missed": verdict(line)} for line in lines],
    }
    path.write_text(json.dumps(said, indent=1) + "\n")
    return path


def keep_sending(folder: Path, found: dict[str, Any]) -> Path:
    return _keep(folder, f"sending-{found['deliveries']}", found)


def keep_feeds(folder: Path, found: dict[str, Any]) -> Path:
    return _keep(folder, f"feeds-{max(found['first_ever_a_second'])}", found)


def keep_files(folder: Path, found: dict[str, Any]) -> Path:
    return _keep(folder, f"files-{found['rows']}", found)


def _keep(folder: Path, name: str, found: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{os.getpid()}.json"
    path.write_text(json.dumps(found | {"machine": machine()}, indent=1) + "\n")
    return path
