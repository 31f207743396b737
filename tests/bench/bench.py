"""The whole of it in order: fill, read, release, suspend, say."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from hub import env
from tests.bench.filling import fill
from tests.bench.logins import as_owner, run
from tests.bench.measuring import lines, release_to_all
from tests.bench.report import keep, machine, table


def bench(size: int, *, enough_s: float = 4.0, quiet: bool = False) -> dict[str, Any]:
    """Measure at `size` bulletins; prints the table unless `quiet`, keeps the figures, returns them."""
    filled = fill(size, quiet=quiet)
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
    released = release_to_all(filled)
    facts["release_to_all"] = asdict(released)
    path = keep(env.ROOT / "build" / "bench", facts, found, timezone.now())
    if not quiet:
        print(
            f"\n{size:,} bulletins, {facts['agencies']} agencies, {filled.grants:,} grants, {filled.faces:,} faces\n"
        )
        print(table(found))
        print(f"\nreleased to {facts['agencies']} agencies: {released.wall:.0f} ms, busy {released.busy:.0f}")
        print(f"kept in {path.relative_to(env.ROOT)}")
    return facts
