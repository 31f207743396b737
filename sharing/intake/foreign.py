"""Strangers' STIX: what a report, incident, note, indicator or observed-data without our extension tells a bulletin.

What nobody has read goes into the narrative, which is withheld more often than the tear line; what leads to people
goes among the identifiers. Title and narrative alone are filled: method, drugs and tear line are for its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from bulletins.vocabulary.lists import IdentifierKind

Stix = Mapping[str, Any]
Body = dict[str, Any]

TITLE_LIMIT, NARRATIVE_LIMIT, VALUE_LIMIT, URL_LIMIT, ID_LIMIT = 200, 20_000, 200, 500, 60
MOST_IDENTIFIERS = 50
_WEB = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE | re.ASCII)
# `[email-addr:value = 'a@b.org']` and the like, in a pattern of whatever length.
_COMPARISON = re.compile(r"([a-z0-9-]+):([a-z_]+)\s*=\s*'((?:[^'\\]|\\.){1,400})'")
# What leads to somebody, by (type, property) of an observable.
KINDS = {
    ("email-addr", "value"): IdentifierKind.EMAIL,
    ("user-account", "account_login"): IdentifierKind.ACCOUNT,
    ("user-account", "user_id"): IdentifierKind.ACCOUNT,
    ("url", "value"): IdentifierKind.OTHER,
    ("domain-name", "value"): IdentifierKind.OTHER,
    ("ipv4-addr", "value"): IdentifierKind.OTHER,
    ("ipv6-addr", "value"): IdentifierKind.OTHER,
    ("phone-number", "value"): IdentifierKind.PHONE,
}
# Where each type keeps its title and its text.
WORDS = {
    "report": ("name", "description"),
    "incident": ("name", "description"),
    "indicator": ("name", "description"),
    "note": ("abstract", "content"),
    "observed-data": ("", ""),
}


def foreign_body(stix: Stix, beside: Mapping[str, Stix]) -> tuple[Body, list[str]]:
    """(the body of a bulletin, notes for its owner). `beside` are the other objects of the envelope by id."""
    notes: list[str] = []
    title_of, text_of = WORDS[stix["type"]]
    title = _line(stix.get(title_of, "")) or _untitled(stix)
    told = [str(stix.get(text_of, "")).strip(), *_also_told(stix, beside)]
    body: Body = {
        "title": _cut(title, TITLE_LIMIT, _("title"), notes),
        "narrative": _cut("\n\n".join(filter(None, told)), NARRATIVE_LIMIT, _("text"), notes),
    }
    body |= references_in(stix)
    if stix["type"] == "observed-data":
        body["occurred_on"] = str(stix["first_observed"])[:10]
    if found := _identifiers(stix, beside, notes):
        body["identifiers"] = found
    return body, notes


def references_in(stix: Stix) -> Body:
    """The first web address, and the first number under which somebody keeps it."""
    found: Body = {}
    for reference in stix.get("external_references", ()):
        url, number = str(reference.get("url", "")), _line(reference.get("external_id", ""))
        if len(url) <= URL_LIMIT and _WEB.fullmatch(url):
            found.setdefault("source_url", url)
        if 0 < len(number) <= ID_LIMIT:
            found.setdefault("external_id", number)
    return found


def _untitled(stix: Stix) -> str:
    if stix["type"] == "observed-data":
        return _("Observed %(day)s") % {"day": str(stix["first_observed"])[:10]}
    return {"note": _("A note"), "indicator": _("An indicator")}.get(stix["type"], _("Without a title"))


def _also_told(stix: Stix, beside: Mapping[str, Stix]) -> list[str]:
    """Labels, kinds and author, each as a line of the narrative."""
    author = beside.get(str(stix.get("created_by_ref", "")), {}).get("name", "")
    kinds = [*stix.get("report_types", ()), *stix.get("indicator_types", ()), *stix.get("labels", ())]
    lines = [
        (_("Labels: %(words)s"), ", ".join(map(str, dict.fromkeys(kinds)))),
        (_("Written by: %(words)s"), ", ".join(map(str, stix.get("authors", ())))),
        (_("Created by: %(words)s"), _line(author)),
    ]
    return [text % {"words": words} for text, words in lines if words]


def _identifiers(stix: Stix, beside: Mapping[str, Stix], notes: list[str]) -> list[dict[str, str]]:
    if stix["type"] == "indicator":
        found = list(_of_pattern(str(stix.get("pattern", "")), notes))
    elif stix["type"] == "observed-data":
        found = list(_of_observables(beside[ref] for ref in stix.get("object_refs", ()) if ref in beside))
    else:
        return []
    once = list({(each["kind"], each["value"]): each for each in found}.values())
    if len(once) > MOST_IDENTIFIERS:
        notes.append(_("Of its identifiers the first %(most)d were taken.") % {"most": MOST_IDENTIFIERS})
    return once[:MOST_IDENTIFIERS]


def _of_pattern(pattern: str, notes: list[str]) -> Iterable[dict[str, str]]:
    read = False
    for kind, name, value in _COMPARISON.findall(pattern):
        if (kind, name) in KINDS and len(value) <= VALUE_LIMIT:
            read = True
            yield {
                "kind": KINDS[kind, name].value,
                "value": _line(re.sub(r"\\(.)", r"\1", value)),
                "note": kind,
            }
    if not read and pattern.strip():
        value = _cut(_line(pattern), VALUE_LIMIT, _("pattern"), notes)
        yield {"kind": IdentifierKind.OTHER.value, "value": value, "note": _("pattern")}


def _of_observables(observables: Iterable[Stix]) -> Iterable[dict[str, str]]:
    for each in observables:
        for (kind, name), meaning in KINDS.items():
            value = _line(each.get(name, "")) if each.get("type") == kind else ""
            if 0 < len(value) <= VALUE_LIMIT:
                yield {"kind": meaning.value, "value": value, "note": kind}


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _cut(text: str, limit: int, what: str, notes: list[str]) -> str:
    if len(text) <= limit:
        return text
    notes.append(
        _("Its %(what)s is longer than a record holds: the rest stands in the original.") % {"what": what}
    )
    return text[: limit - 1] + "…"
