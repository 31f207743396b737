"""What binds a record that came from another hub: its marking there, and whose finding it is.

`Record.origin` is JSON: `hub` and `uid`, which name it there for good, `name` as that hub is called here, `ref`,
`version`, `owner`, `originator`, `marking`, and where there are any `withheld` (group, by, under, at), `terms` (each
with `at`), `keep_until`, and `via` (hub, name), the hubs it came through after the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking, loosenings

# Whose finding it is says its hub.
FIXED = ("originator", "originator_text")


def floor_of(origin: Mapping[str, Any]) -> Marking:
    """The marking it came with."""
    marking = origin["marking"]
    return Marking(marking["tlp"], tuple(marking.get("controls", ())), tuple(marking.get("rel_to", ())))


def below_origin(origin: Mapping[str, Any] | None, marking: Marking) -> list[str]:
    """Why `marking` is too low for what came from another hub; empty where it is not, or came from none."""
    lower = loosenings(floor_of(origin), marking) if origin else []
    if not lower:
        return []
    text = _("It came from %(hub)s marked %(marking)s, and is not marked lower here (%(what)s).")
    assert origin is not None
    return [text % {"hub": origin["name"], "marking": floor_of(origin).banner, "what": "; ".join(lower)}]
