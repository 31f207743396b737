"""The ends of STIX objects for one caller: when it changed for them, what marks it, what is withheld from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from bulletins.markings.rules import Marking
from sharing.disclosures.disclosure import TERMS, Disclosure, Terms, Withheld
from sharing.disclosures.shapes import marking_shape
from sharing.stix.context import Ready, everywhere, identity, ready, statement, terms_statement, tlp_marking
from sharing.stix.ids import EXTENSION, MAKER, identity_id, part_id, record_id, stamp
from sharing.stix.rendering import Source

# The ranges of STIX 2.1, appendix A, for the Admiralty code's credibility; 6 cannot be judged and has none.
CONFIDENCE = {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10}
ALWAYS = (MAKER, EXTENSION)


class Tail(NamedTuple):
    """What differs by caller and time. `since` is when the caller was given it, from which days to keep count;
    `acknowledge_by` until when the caller's agency is asked to acknowledge this version."""

    modified: datetime
    since: datetime
    marking: Marking
    owner: str
    owner_name: str
    withheld: tuple[Withheld, ...] = ()
    terms: tuple[Terms, ...] = ()
    owner_renamed_at: datetime | None = None
    acknowledge_by: datetime | None = None


class Finished(NamedTuple):
    """A record's objects, its own first, and all that they refer to. `parts` names the others that are shown."""

    objects: tuple[Ready, ...]
    context: tuple[Ready, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Ending:
    inside: bytes
    after: bytes
    keep: timedelta | None
    context: tuple[Ready, ...]


def finished(heads: str, tail: Tail, *, gone: Iterable[str] = ()) -> Finished:
    """`gone`: names of parts the caller was once given of the record; those that are no longer there are withdrawn."""
    first, *lines = heads.split("\n")
    about = orjson.loads(first)
    ending = _ending(tail.marking, tail.withheld, tail.terms)
    after = b',"modified":"%b"%b' % (stamp(tail.modified).encode(), ending.after)
    own, *rest = (line.encode() for line in lines)
    texts = [
        own + ending.inside + _until(tail, ending.keep) + b"}}" + after,
        *(line + after for line in rest),
    ]
    objects = [
        Ready(id_, id_.partition("--")[0], text) for id_, text in zip(about["ids"], texts, strict=True)
    ]
    for part in gone:
        if part not in about["parts"]:
            created, modified = about["created"], stamp(tail.modified)
            objects.append(_stub(about["uid"], part, created, modified, tail.owner, revoked=False))
    return Finished(tuple(objects), _context(about, tail, ending), tuple(about["parts"]))


def _until(tail: Tail, keep: timedelta | None) -> bytes:
    found = b""
    if keep is not None:
        found = b',"keep_until":"%b"' % stamp(tail.since + keep).encode()
    if tail.acknowledge_by is not None:
        found += b',"acknowledge_by":"%b"' % stamp(tail.acknowledge_by).encode()
    return found


def named(about: str, tail: Tail, *, gone: Iterable[str] = ()) -> Finished:
    """The same of a rendering's first line, with no text but that of what it refers to: for who asks for names."""
    found = orjson.loads(about)
    uid = UUID(found["uid"])
    ids = [*found["ids"], *(part_id(uid, part) for part in gone if part not in found["parts"])]
    objects = tuple(Ready(id_, id_.partition("--")[0], b"") for id_ in ids)
    context = _context(found, tail, _ending(tail.marking, tail.withheld, tail.terms))
    return Finished(objects, context, tuple(found["parts"]))


def _context(about: dict[str, Any], tail: Tail, ending: _Ending) -> tuple[Ready, ...]:
    known = everywhere()
    return (
        identity(tail.owner, tail.owner_name, tail.owner_renamed_at),
        *(known[each] for each in (*ALWAYS, *about["refs"]) if each in known),
        *ending.context,
    )


def renamed(heads: str, uid: UUID) -> str:
    """The same rendering, or its first line, under the ids of `uid`: of a record that comes again after a recall. Its
    facts keep their own."""
    first, end, rest = heads.partition("\n")
    about = orjson.loads(first)
    about["uid"] = str(uid)
    ids = [record_id(uid), *(part_id(uid, part) for part in about["parts"])]
    for old, new in zip(about["ids"], ids, strict=True):
        rest = rest.replace(old, new)
    about["ids"] = ids
    return f"{orjson.dumps(about).decode()}{end}{rest}"


def stubs(
    uid: UUID,
    *,
    created: datetime,
    modified: datetime,
    revoked: bool,
    owner: str,
    owner_name: str,
    owner_renamed_at: datetime | None = None,
    parts: Iterable[str] = (),
) -> Finished:
    """What stands where a record's objects stood: required fields only. `revoked` (a recall) is for good."""
    made = [
        _stub(str(uid), part, stamp(created), stamp(modified), owner, revoked=revoked)
        for part in ("", *parts)
    ]
    return Finished(tuple(made), (identity(owner, owner_name, owner_renamed_at),))


def statements_of(marking: Marking, terms: Iterable[Terms]) -> list[Ready]:
    """What marks a record in words."""
    banner = [statement(marking.caveats)] if marking.caveats else []
    return [*banner, *map(terms_statement, terms)]


def source_of(shown: Disclosure, *, created: datetime) -> Source:
    return Source(
        uid=shown.uid,
        ref=shown.ref,
        kind=shown.kind,
        version=shown.version,
        owner=shown.owner.code,
        created=created,
        issued_at=shown.issued_at,
        facts=shown.facts,
    )


def tail_of(shown: Disclosure, *, modified: datetime) -> Tail:
    return Tail(
        modified=modified,
        since=shown.visible_since,
        marking=shown.marking,
        owner=shown.owner.code,
        owner_name=shown.owner.name,
        withheld=shown.withheld,
        terms=shown.terms,
        owner_renamed_at=shown.owner.renamed_at,
        acknowledge_by=shown.acknowledge_by,
    )


@lru_cache(maxsize=4096)
def _ending(marking: Marking, withheld: tuple[Withheld, ...], terms: tuple[Terms, ...]) -> _Ending:
    """The same for the many records that are marked, withheld and bound alike."""
    marks = list(dict.fromkeys([tlp_marking(marking.tlp), *statements_of(marking, terms)]))
    # STIX has no empty lists: nothing withheld, and no terms, are absent.
    inside: dict[str, Any] = {
        "marking": _filled(marking_shape(marking)),
        "withheld": [_filled({"group": row.group, "by": row.by, "under": row.under}) for row in withheld],
        "terms": [_filled({name: getattr(each, name) for name in TERMS}) for each in terms],
    }
    after: dict[str, Any] = {"object_marking_refs": [mark.id for mark in marks]}
    if marking.credibility in CONFIDENCE:
        after["confidence"] = CONFIDENCE[marking.credibility]
    days = [each.keep_days for each in terms if each.keep_days]
    return _Ending(
        inside=b"," + orjson.dumps(_filled(inside))[1:-1],
        after=b"," + orjson.dumps(after)[1:],
        keep=timedelta(days=min(days)) if days else None,
        context=tuple(marks),
    )


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _stub(uid: str, part: str, created: str, modified: str, owner: str, *, revoked: bool) -> Ready:
    """Of a record, or with `part` of that part. A version's creator may not change, so its owner stays named."""
    name = "Recalled" if revoked else "Withdrawn"
    record = record_id(UUID(uid))
    id_ = part_id(UUID(uid), part) if part else record
    type_ = id_.partition("--")[0]
    required: dict[str, dict[str, Any]] = {
        "report": {"name": name, "published": created, "object_refs": [identity_id(owner)]},
        "note": {"content": name, "object_refs": [record]},
        "sighting": {"sighting_of_ref": record},
        # A pattern that nothing matches, and which has ended.
        "indicator": {
            "name": name,
            "description": name,
            "pattern": "[url:value = 'about:blank']",
            "pattern_type": "stix",
            "valid_from": created,
            **({"valid_until": modified} if modified > created else {}),
        },
    }
    return ready(
        {
            "type": type_,
            "spec_version": "2.1",
            "id": id_,
            "created_by_ref": identity_id(owner),
            "created": created,
            "modified": modified,
            **({"revoked": True} if revoked else {}),
            **required[type_],
        }
    )
