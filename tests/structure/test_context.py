"""One module says whose eyes a transaction has: what it remembers of that is then true."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_but_viewing_sets_whose_context_it_is():
    setting = [
        str(path.relative_to(ROOT))
        for app in ("hub", "bulletins", "sharing")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        and any(
            name in path.read_text(encoding="utf-8") for name in ('"hub.mine"', "'hub.mine'", "hub.agency'")
        )
    ]
    assert setting == ["hub/database/context.py"]
