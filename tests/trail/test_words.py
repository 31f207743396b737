"""Every event of the trail is told in words."""

from __future__ import annotations

import re
from pathlib import Path

from hub.trail.words import EVENTS

ROOT = Path(__file__).resolve().parents[2]
# What writes to the trail, and the event as its first argument; records name their own kind.
WRITERS = re.compile(
    r"""\b(?:record|write_trail|refuse|_tell|_tell_of|_own)\(\s*(?:pack, )?(f?)"([a-z_{}.]+\.[a-z_]+)\""""
)


def written() -> set[str]:
    found = set()
    for app in ("hub", "bulletins", "sharing"):
        for path in (ROOT / app).rglob("*.py"):
            for formatted, event in WRITERS.findall(path.read_text(encoding="utf-8")):
                kinds = ("bulletin", "seizure") if formatted else ("",)
                found |= {re.sub(r"{[^}]*}", kind, event) for kind in kinds}
    return found


def test_every_event_written_has_its_words():
    events = written()
    assert {"photograph.add", "record.release", "seizure.draft", "person.sign_in"} <= events
    assert events - set(EVENTS) == set()
