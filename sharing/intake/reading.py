"""What a STIX object says, as the body of a record. Pure: no database but the vocabulary kept in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import stix2
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import Terms
from sharing.intake.foreign import NARRATIVE_LIMIT, foreign_body
from sharing.intake.markings import Handling, handling_of, with_own
from sharing.stix.ids import EXTENSION

Stix = Mapping[str, Any]

# What becomes a record; every other kind of object is read with those, or tells the hub nothing.
TAKEN = frozenset({"report", "incident", "note", "indicator", "observed-data"})
STUBS = ("Withdrawn", "Recalled")
ID_LIMIT = 120
PATTERN_LIMIT = 5_000  # its checking is not linear
DEPTH = 40
_ID = re.compile(r"[a-z][a-z0-9-]{0,60}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Under other names in a body; what is told elsewhere, or cannot come along.
_NAMED = {"own_reference": "external_id", "month": "occurred_period", "items": "identifiers"}
_NOT_OF_A_BODY = frozenset({"originator", "photographs"})


class Refused(Exception):
    """The object cannot be taken. The message tells its sender why."""


@dataclass(frozen=True)
class Reading:
    """What becomes of an object: `body` as the API takes one; `notes` are for its owner.

    `ours` where the object carries our extension; `originator` is then the code of the agency it names.
    """

    kind: Kind
    body: dict[str, Any]
    handling: Handling
    ours: bool = False
    originator: str = ""
    notes: list[str] = field(default_factory=list)


def checked(stix: Any) -> dict[str, Any]:
    """The object, if it is STIX 2.1 to the letter; raises Refused."""
    if not isinstance(stix, dict) or not isinstance(stix.get("type"), str):
        raise Refused(_("Not an object with a type."))
    if stix.get("spec_version") != "2.1" and not ("spec_version" not in stix and _observable(stix)):
        raise Refused(_("spec_version must be “2.1”."))
    if not isinstance(stix.get("id"), str) or not _ID.fullmatch(stix["id"]) or len(stix["id"]) > ID_LIMIT:
        raise Refused(_("id must be the type, two hyphens and a UUID."))
    _check_texts(stix, DEPTH)
    if stix["type"] == "indicator" and len(str(stix.get("pattern", ""))) > PATTERN_LIMIT:
        raise Refused(_("The pattern is longer than %(most)d characters.") % {"most": PATTERN_LIMIT})
    try:
        parsed = stix2.parse(stix, allow_custom=False, version="2.1")
    except RecursionError:
        raise Refused(_("It is nested too deeply.")) from None
    except Exception as error:  # the library raises its own, and whatever a value of the wrong type sets off
        raise Refused(" ".join(str(error).split())[:300] or type(error).__name__) from None
    _check_kinds(stix, parsed)
    if (
        (modified := _instant(stix, "modified"))
        and (created := _instant(stix, "created"))
        and modified < created
    ):
        raise Refused(_("modified lies before created."))
    return stix


def _check_kinds(stix: Stix, parsed: Any) -> None:
    """The library takes one for a list of one, and "false" for false; what is read here is what was sent."""
    for name, given in stix.items():
        meant = parsed.get(name)
        for kind, said in (
            (list, _("%(name)s must be a list.")),
            (bool, _("%(name)s must be true or false, without quotes.")),
            (str, _("%(name)s must be a text.")),
        ):
            if isinstance(meant, kind) and not isinstance(given, kind):
                raise Refused(said % {"name": name})


def _instant(stix: Stix, name: str) -> datetime | None:
    return parse_datetime(str(stix[name])) if name in stix else None


def instant_in(text: str) -> datetime | None:
    """The instant that a text says; None where it is none, or has no zone."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _observable(stix: Stix) -> bool:
    from stix2.registry import STIX2_OBJ_MAPS

    return stix["type"] in STIX2_OBJ_MAPS["2.1"]["observables"]


def _check_texts(value: Any, depth: int) -> None:
    """No null, no text that a database cannot hold or a screen not show, and no nesting without end."""
    if depth == 0:
        raise Refused(_("It is nested too deeply."))
    if value is None:
        raise Refused(_("STIX knows no null: leave out what has no value."))
    if isinstance(value, str):
        if UNPRINTABLE.search(value):
            raise Refused(_("A text holds a control character."))
    elif isinstance(value, dict):
        for name, each in value.items():
            _check_texts(name, depth - 1)
            _check_texts(each, depth - 1)
    elif isinstance(value, list):
        for each in value:
            _check_texts(each, depth - 1)


def extension_of(stix: Stix) -> dict[str, Any] | None:
    """Our extension on a report, which then is a record of some hub."""
    found = stix.get("extensions", {}).get(EXTENSION)
    return found if isinstance(found, dict) and stix["type"] == "report" else None


def is_stub(stix: Stix) -> bool:
    """What a hub gives in place of a record, or a part of one, that is no longer shared: required fields alone."""
    says = {"report": "name", "note": "content", "indicator": "description"}.get(stix["type"], "type")
    bare = says == "description" or not {"description", "abstract"} & stix.keys()
    return bare and stix.get(says) in STUBS and not {"extensions", "labels"} & stix.keys()


def read(
    stix: Stix,
    *,
    beside: Mapping[str, Stix],
    markings: Mapping[str, Stix],
    words: Terms,
    unmarked: str = TLP.STRICT.value,
    by_hub: bool = False,
) -> Reading:
    """A checked object of a kind that is TAKEN, as a record. Raises Refused where our own extension is broken.

    `by_hub` where another hub gave it, whose photographs are fetched from it.
    """
    handling = handling_of(stix, markings, unmarked)
    extension = extension_of(stix)
    if extension is None:
        body, told = foreign_body(stix, beside)
        return Reading(Kind.BULLETIN, body, handling, notes=told)
    if extension.get("kind") not in Kind.values:
        raise Refused(_("Our extension names no kind of record."))
    kind, facts = Kind(extension["kind"]), extension.get("facts")
    if not isinstance(facts, dict) or not all(isinstance(group, dict) for group in facts.values()):
        raise Refused(_("Our extension has no facts by field group."))
    notes: list[str] = []
    body = _own_body(facts, words, notes)
    if not by_hub and any(group.get("photographs") for group in facts.values()):
        notes.append(_("Its photographs did not come along: no address is fetched for whoever sends."))
    if kind == Kind.SEIZURE:
        body.pop("title", None)  # made of its drugs and where they were
    withheld = extension.get("withheld")
    for each in withheld if isinstance(withheld, list) else ():
        if isinstance(each, dict):
            notes.append(_("Came without “%(group)s”.") % {"group": str(each.get("group", ""))[:40]})
    core = facts.get("core", {})
    named = core.get("originator") or (not core.get("originator_text") and extension.get("originator")) or ""
    return Reading(
        kind,
        body,
        with_own(handling, extension.get("marking")),
        ours=True,
        originator=str(named)[:20],
        notes=notes,
    )


def told_in_full(reading: Reading) -> Reading:
    """Statements for which the caveat has no room stand at the head of the narrative."""
    caveat = reading.handling.marking.caveat
    if not (left := [each for each in reading.handling.statements if each not in caveat]):
        return reading
    told = "\n\n".join(filter(None, [*left, str(reading.body.get("narrative", ""))]))[:NARRATIVE_LIMIT]
    return replace(reading, body={**reading.body, "narrative": told})


def _own_body(facts: dict[str, Any], words: Terms, notes: list[str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for group in facts.values():
        for name, value in group.items():
            if name not in _NOT_OF_A_BODY:
                body[_NAMED.get(name, name)] = value
    if body.get("occurred_on"):
        body.pop("occurred_period", None)
    if isinstance(body.get("substances"), list):
        body["substances"] = [
            {name: value for name, value in row.items() if name != "mass_kg"}
            if isinstance(row, dict)
            else row
            for row in body["substances"]
        ]
    _without_unknown_codes(body, words, notes)
    return body


def _without_unknown_codes(body: dict[str, Any], words: Terms, notes: list[str]) -> None:
    """Codes that this hub's vocabulary does not have are left out and named."""
    lost: list[str] = []
    known: Mapping[str, Any]
    for name, known in (("methods", words.methods), ("detection", words.detections)):
        if isinstance(body.get(name), list):
            lost += [str(code) for code in body[name] if str(code) not in known]
            body[name] = [code for code in body[name] if str(code) in known]
    for name, known in (("mode", words.modes), ("port", words.ports)):
        if body.get(name) and str(body[name]) not in known:
            lost.append(str(body.pop(name)))
    rows = body.get("substances")
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        lost += [str(row.get("drug")) for row in rows if str(row.get("drug")) not in words.drugs]
        body["substances"] = [row for row in rows if str(row.get("drug")) in words.drugs]
    if lost:
        text = _("Not in this hub's vocabulary and left out: %(codes)s.")
        notes.append(text % {"codes": ", ".join(lost)[:300]})
