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
    """Which aims the line misses; empty when none."""
    missed = []
    if line.question.startswith(("latest", "open")):
        if line.above > ABOVE_MS:
            missed.append(f"{line.above:.1f} ms above")
        if line.query_above > QUERY_ABOVE_MS:
            missed.append(f"{line.query_above:.1f} ms above in the query")
    elif line.times > (TIMES_SOME if line.reader.startswith("5") else TIMES):
        missed.append(f"{line.times:.1f} times")
    if line.guardian > GUARDIAN_FROM_MS and line.guardian < GUARDIAN_TIMES * line.hub:
        missed.append(f"guardian only {line.guardian / line.hub:.1f} times")
    return ", ".join(missed)


def table(lines: list[Line]) -> str:
    head = (
        "asked",
        "sees",
        "hub ms",
        "without ms",
        "times",
        "above ms",
        "in query ms",
        "guardian ms",
        "times",
        "SQL",
        "missed",
    )
    rows = [head, tuple("-" * len(name) for name in head)]
    for line in lines:
        rows.append(
            (
                line.question,
                line.reader,
                f"{line.hub:.1f}",
                f"{line.bare:.1f}",
                f"{line.times:.1f}",
                f"{line.above:.1f}",
                f"{line.query_above:+.2f}",
                f"{line.guardian:.1f}",
                f"{line.guardian / line.hub:.1f}",
                str(line.statements),
                verdict(line),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def machine() -> dict[str, Any]:
    cpu = (
        next(
            (
                line.partition(":")[2].strip()
                for line in Path("/proc/cpuinfo").read_text().splitlines()
                if "model name" in line
            ),
            platform.processor(),
        )
        if Path("/proc/cpuinfo").exists()
        else platform.processor()
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
