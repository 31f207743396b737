"""Free texts of a version by name, and another wording in their place on a face: what a partner reads instead.

A text is named by its group and field, `core.title`; a caption by its photograph, `detail.caption.<uid>`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bulletins.vocabulary.terms import terms

TITLE = "core.title"
# Field -> what it is called, and how long a wording of it may be.
TEXTS: dict[str, tuple[Promise, int]] = {
    TITLE: (_("The title"), 200),
    "core.tear_line": (_("The tear line"), 1000),
    "core.safety_note": (_("The safety note"), 2000),
    "core.conveyance": (_("The conveyance"), 200),
    "detail.concealment": (_("How it was hidden"), 500),
    "detail.narrative": (_("The narrative"), 20_000),
    "technique.technique": (_("How it was found"), 5000),
}
CAPTION = re.compile(r"(detail|technique)\.caption\.([0-9a-f-]{36})")
CAPTION_LABEL, CAPTION_LENGTH = _("A caption"), 200


class Reworded(NamedTuple):
    """`text` in place of the author's `instead_of`; nothing at all where the author now says something else."""

    field: str
    text: str
    instead_of: str


Wording = tuple[Reworded, ...]


def is_text(field: str) -> bool:
    return field in TEXTS or CAPTION.fullmatch(field) is not None


def label_of(field: str) -> str:
    return str(TEXTS[field][0] if field in TEXTS else CAPTION_LABEL)


def longest(field: str) -> int:
    return TEXTS[field][1] if field in TEXTS else CAPTION_LENGTH


def group_of(field: str) -> str:
    return field.partition(".")[0]


def texts_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Every free text that the content says, by name, in the order in which they are read."""
    found = {}
    for field in TEXTS:
        group, _dot, name = field.partition(".")
        if text := content.get(group, {}).get(name, ""):
            found[field] = str(text)
    for group in ("detail", "technique"):
        for row in content.get(group, {}).get("photographs", []):
            if row.get("caption"):
                found[f"{group}.caption.{row['uid']}"] = str(row["caption"])
    return found


def reworded(content: dict[str, Any], wording: Wording) -> dict[str, Any]:
    """The content with every reworded text in place of its author's.

    A text whose author has since written it anew is left out: what was hidden in the old one may stand in the new.
    Without a title of its own it is named by its drugs and where they were hidden.
    """
    if not wording:
        return content
    said = texts_of(content)
    found = {name: dict(facts) if isinstance(facts, dict) else facts for name, facts in content.items()}
    for field, text, instead_of in wording:
        if field in said:
            _put(found, field, text if said[field] == instead_of else "")
    if TITLE in said and not found["core"].get("title"):
        found["core"]["title"] = plain_title(found["core"])
    return found


def left_out(content: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The content without these texts."""
    return reworded(content, tuple(Reworded(field, "", "") for field in fields))


def _put(content: dict[str, Any], field: str, text: str) -> None:
    group, _dot, name = field.partition(".")
    facts = content[group]
    if caption := CAPTION.fullmatch(field):
        facts["photographs"] = [
            {**row, "caption": text} if row["uid"] == caption[2] else row for row in facts["photographs"]
        ]
    elif text:
        facts[name] = text
    else:
        facts.pop(name, None)


def plain_title(core: Mapping[str, Any]) -> str:
    """A title of the vocabulary's words alone: its drugs, and the narrowest place of concealment."""
    known = terms()
    codes = [row["drug"] for row in core.get("substances", [])]
    drugs = [known.drugs[code].label for code in codes[:3] if code in known.drugs]
    methods = [known.methods[code] for code in core.get("methods", []) if code in known.methods]
    method = max(methods, key=lambda row: row.level, default=None)
    what = ", ".join(drugs) or str(_("Concealment"))
    return f"{what}: {method.label.lower()}"[:200] if method else what[:200]


def without(wording: Iterable[Reworded], withheld: frozenset[str]) -> Wording:
    """What is left of a wording where some groups are not shown at all, in the order of its fields."""
    return tuple(sorted(each for each in wording if group_of(each.field) not in withheld))


def digest_of(wording: Wording) -> str:
    """Names a wording among the faces of a version; empty where there is none."""
    return (
        hashlib.sha256(repr([tuple(each) for each in wording]).encode()).hexdigest()[:32] if wording else ""
    )
