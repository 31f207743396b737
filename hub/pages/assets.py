"""Where the built front end is: static files lie below a folder named by the digest of them all."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.templatetags.static import static

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "build" / "assets.json"
ICONS = ROOT / "assets" / "icons"


@cache
def _digest_at(changed_ns: int) -> str:
    return str(json.loads(MANIFEST.read_text(encoding="utf-8"))["digest"])


def digest() -> str:
    """The name of the current build; empty where nothing is built yet."""
    try:
        return _digest_at(MANIFEST.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


def asset_url(path: str) -> str:
    """The address of a built file such as `hub.css` or `scripts/hub.js`; it changes with any of them."""
    built = digest()
    return static(f"{built}/{path}" if built else path)


@cache
def icon_names() -> frozenset[str]:
    lines = (ICONS / "uswds.txt").read_text(encoding="utf-8").splitlines()
    named = {line for line in lines if line and not line.startswith("#")}
    return frozenset(named | {path.stem for path in ICONS.glob("*.svg")})
