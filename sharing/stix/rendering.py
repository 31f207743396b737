"""From a record's shown facts to STIX objects, all but their ends: rendered once a face, for every caller."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson
import pycountry
from django.conf import settings
from django.utils import translation

from bulletins.markings.rules import Marking
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import Terms as Vocabulary
from bulletins.vocabulary.terms import terms as vocabulary
from sharing.disclosures.disclosure import Desk, Disclosure
from sharing.disclosures.facts import facts_of
from sharing.stix.context import SOURCE, WORLD
from sharing.stix.extension import FACTS_SCHEMA, ORIGIN, VERSION, kept
from sharing.stix.ids import EXTENSION, identity_id, location_id, method_id, part_id, record_id, stamp
from sharing.stix.patterns import pattern_of

# Raise it with any change of what is rendered: what is kept with faces is then rendered anew.
RENDERING = 3
PERIOD = re.compile(r"([1-9]\d{3})(?:-(0[1-9]|1[0-2])(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Source:
    """A face as rendering reads it. `facts` is what it shows by field group; `created` when its record came first."""

    uid: UUID
    ref: str
    kind: str
    version: int
    owner: str
    created: datetime
    issued_at: datetime
    facts: dict[str, Any]

    @property
    def core(self) -> dict[str, Any]:
        return dict(self.facts["core"])

    @property
    def url(self) -> str:
        path = "bulletins" if self.kind == Kind.BULLETIN else "seizures"
        return f"{settings.SITE_URL}/{path}/{self.ref}/"

    def address_of(self, photograph: str) -> str:
        """Where the photograph is fetched from by who may: it is asked for anew each time."""
        return f"{self.url}photographs/{photograph}/"


def renderer() -> str:
    """What a rendering depends on beside its source, as 32 characters: one made by another renderer is stale."""
    made_of = f"{RENDERING} {VERSION} {settings.HUB_ID} {settings.SITE_URL}"
    return blake2b(made_of.encode(), digest_size=16).hexdigest()


def heads(source: Source) -> str:
    """Line 1 is JSON: uid, created; ids and parts in the order of the lines; refs to context objects.

    Then one object a line without its end, the record's own first: `finished` adds the ends for a caller.
    """
    words = vocabulary()
    methods = [method_id(code) for code in source.core.get("methods", []) if code in words.methods]
    places = _places(source, words)
    parts = _note(source) | _sightings(source, methods, places) | _indicators(source)
    record = _report(source, methods, places, parts)
    record["extensions"] = {EXTENSION: _extension(source, words)}
    about = {
        "uid": str(source.uid),
        "created": stamp(source.created),
        "ids": [record["id"], *(part["id"] for part in parts.values())],
        "parts": list(parts),
        "refs": [*methods, *places],
    }
    # The record's own line ends inside its extension, for the end to name what is withheld from the caller.
    ends = [orjson.dumps(record)[:-3], *(orjson.dumps(part)[:-1] for part in parts.values())]
    return b"\n".join([orjson.dumps(about), *ends]).decode()


def _report(
    source: Source, methods: list[str], places: list[str], parts: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """It refers to vocabulary and its own parts, never to another record; its note refers to it."""
    core = source.core
    own = [part["id"] for name, part in parts.items() if name != "note"]
    common = _common(source, record_id(source.uid))
    return {
        **common,
        "external_references": [*common["external_references"], *_photographs(source)],
        "name": core.get("title") or source.ref,
        **_given("description", _in_words(source)),
        "report_types": [_report_type(source, methods)],
        "published": stamp(source.issued_at),
        "object_refs": list(dict.fromkeys([*methods, *places, *own])) or [identity_id(source.owner)],
        "labels": _labels(source),
    }


def _report_type(source: Source, methods: list[str]) -> str:
    if source.kind == Kind.SEIZURE:
        return "observed-data"
    return "attack-pattern" if methods else "threat-report"


def _in_words(source: Source) -> str:
    """For people whose tools know nothing of the extension: tear line, narrative, and the facts a line each."""
    core, detail = source.core, source.facts.get("detail", {})
    shown = Disclosure(
        key=0,
        uid=source.uid,
        ref=source.ref,
        kind=source.kind,
        version=source.version,
        owner=Desk(0, source.owner, ""),
        own=False,
        marking=Marking(),
        issued_at=source.issued_at,
        visible_since=source.issued_at,
        until=None,
        facts=source.facts,
    )
    with translation.override(None):
        lines = [
            f"{row.label}: {'; '.join((row.value or row.href).splitlines())}" for row in facts_of(shown, {})
        ]
    paragraphs = [core.get("tear_line"), detail.get("narrative"), "\n".join(lines)]
    return "\n\n".join(each for each in paragraphs if each)


def _note(source: Source) -> dict[str, dict[str, Any]]:
    """The officer safety note, for programs that show notes beside what they are about."""
    if not (words := source.core.get("safety_note")):
        return {}
    note = {
        **_common(source, part_id(source.uid, "note")),
        "abstract": "Officer safety",
        "content": words,
        "object_refs": [record_id(source.uid)],
    }
    return {"note": note}


def _sightings(source: Source, methods: list[str], places: list[str]) -> dict[str, dict[str, Any]]:
    """That a method was met: once, by a seizure report, where and when as far as that is shown."""
    if source.kind != Kind.SEIZURE:
        return {}
    seen = _seen(source)
    return {
        (part := f"sighting-{number}"): {
            **_common(source, part_id(source.uid, part)),
            **seen,
            "count": 1,
            "sighting_of_ref": method,
            **_given("where_sighted_refs", places),
        }
        for number, method in enumerate(methods, 1)
    }


def _indicators(source: Source) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for item in source.facts.get("identifiers", {}).get("items", []):
        if pattern := pattern_of(item):
            part = f"indicator-{len(found) + 1}"
            found[part] = {
                **_common(source, part_id(source.uid, part)),
                "name": item["value"],
                "description": item.get("note") or f"Named in {source.ref}",
                "indicator_types": ["unknown"],
                "pattern": pattern,
                "pattern_type": "stix",
                "valid_from": stamp(source.issued_at),
            }
    return found


def _common(source: Source, id_: str) -> dict[str, Any]:
    return {
        "type": id_.partition("--")[0],
        "spec_version": "2.1",
        "id": id_,
        "created_by_ref": identity_id(source.owner),
        "created": stamp(source.created),
        "lang": "en",
        "external_references": [{"source_name": SOURCE, "url": source.url, "external_id": source.ref}],
    }


def _photographs(source: Source) -> list[dict[str, Any]]:
    """Each that is shown, by its address: a feed carries no bytes."""
    return [
        {
            "source_name": "photograph",
            **_given("description", ", ".join(filter(None, [row.get("caption"), said]))),
            "url": source.address_of(row["uid"]),
            # A version from before digests were published has none.
            **({"hashes": {"SHA-256": row["sha256"]}} if row.get("sha256") else {}),
            "external_id": row["uid"],
        }
        for group, said in (("detail", ""), ("technique", "how it was found"))
        for row in source.facts.get(group, {}).get("photographs", [])
    ]


def _given(name: str, value: Any) -> dict[str, Any]:
    """STIX has no empty values: what is not known is absent."""
    return {name: value} if value else {}


def _labels(source: Source) -> list[str]:
    """What programs filter by: `seizure`, `hazard`, `urgency:immediate`, `mode:bus`, `drug:fentanyl`."""
    core = source.core
    found = [
        source.kind,
        "hazard" if core.get("hazard") else "",
        f"urgency:{core['urgency']}" if core.get("urgency") else "",
        f"mode:{core['mode']}" if core.get("mode") else "",
        *(f"drug:{row['drug']}" for row in core.get("substances", [])),
    ]
    return list(dict.fromkeys(label for label in found if label))


def _places(source: Source, words: Vocabulary) -> list[str]:
    """The port where it is shown, else country and region: ids of locations."""
    core, port = source.core, source.facts.get("place", {}).get("port", "")
    if port in words.ports:
        return [location_id("port", port)]
    country, region = core.get("country", ""), core.get("region", "")
    found = [location_id("country", country)] if pycountry.countries.get(alpha_2=country) else []
    return [*found, location_id("region", region)] if region in WORLD else found


def _seen(source: Source) -> dict[str, str]:
    """The day where it is shown, else the month or year: from its beginning to its end, UTC. Clocks are local ones."""
    known = PERIOD.fullmatch(source.facts.get("place", {}).get("occurred_on") or source.core.get("month", ""))
    if known is None:
        return {}
    year, month, day = known.groups()
    last = f"{year}-{month or '12'}"
    last_day = day or f"{monthrange(int(year), int(month or 12))[1]:02}"
    return {
        "first_seen": f"{year}-{month or '01'}-{day or '01'}T00:00:00Z",
        "last_seen": f"{last}-{last_day}T23:59:59Z",
    }


def _extension(source: Source, words: Vocabulary) -> dict[str, Any]:
    core = source.core
    facts = kept(FACTS_SCHEMA, _with_links(source))
    return {
        "extension_type": "property-extension",
        "kind": source.kind,
        "uid": str(source.uid),
        "ref": source.ref,
        "version": source.version,
        "issued_at": stamp(source.issued_at),
        "hub": str(settings.HUB_ID),
        "owner": source.owner,
        "originator": core.get("originator") or core.get("originator_text") or source.owner,
        **({"origin": kept(ORIGIN, core["origin"])} if core.get("origin") else {}),
        **_given("urgency", core.get("urgency")),
        "hazard": bool(core.get("hazard")),
        "facts": {group: values for group, values in facts.items() if values or group == "core"},
        **_given("labels", _spelled(facts, words)),
    }


def _with_links(source: Source) -> dict[str, Any]:
    """The facts by group, photographs with their address."""
    return {
        group: {
            **values,
            "photographs": [{**row, "url": source.address_of(row["uid"])} for row in values["photographs"]],
        }
        if "photographs" in values
        else values
        for group, values in source.facts.items()
        if isinstance(values, dict)
    }


def _spelled(facts: dict[str, Any], words: Vocabulary) -> dict[str, dict[str, str]]:
    """Of every code that the facts use, by list, its label in English."""
    core = facts["core"]
    used = (
        ("methods", words.methods, core.get("methods", [])),
        ("drugs", words.drugs, [row["drug"] for row in core.get("substances", [])]),
        ("modes", words.modes, [core.get("mode", "")]),
        ("detections", words.detections, facts.get("technique", {}).get("detection", [])),
        ("ports", words.ports, [facts.get("place", {}).get("port", "")]),
    )
    found = {
        name: {code: known[code].label for code in codes if code in known} for name, known, codes in used
    }
    return {name: labels for name, labels in found.items() if labels}
