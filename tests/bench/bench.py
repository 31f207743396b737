"""The whole of it in order: fill, read, release, suspend, say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.bench.filling import fill
from tests.bench.logins import as_owner, run
from tests.bench.measuring import ENOUGH_S, lines, release_to_all, suspend_the_agreement
from tests.bench.report import keep, machine, said


def bench(size: int, folder: Path, *, enough_s: float = ENOUGH_S) -> None:
    """Measure at `size` bulletins; prints a table and keeps the figures in `folder`."""
    filled = fill(size)
    facts: dict[str, Any] = {
        "bulletins": size,
        "agencies": len(filled.bodies.shares),
        "grants": filled.grants,
        "faces": filled.faces,
        "machine": machine(),
    }
    with as_owner():
        facts["postgres"] = run("show server_version")[0][0]
    found = lines(filled, enough_s=enough_s)
    facts["release_to_all"] = asdict(release_to_all(filled))
    facts["suspended"] = asdict(suspend_the_agreement(filled))
    path = keep(folder, facts, found, timezone.now())
    print(said(facts, found))
    print(f"\nkept in {path}")
