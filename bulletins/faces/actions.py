"""Writing faces, as the engine: the one place that does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from bulletins.faces.content import WITHHOLDABLE, columns_of, drop
from bulletins.faces.wording import Wording, digest_of, reworded
from bulletins.faces.words import words_of
from bulletins.markings.models import MARKING_FIELDS
from bulletins.models import Face, Record, Version
from hub.database.context import engine


class Cut(NamedTuple):
    """What of a version is shown: all but the withheld groups, some texts in another wording."""

    withheld: frozenset[str] = frozenset()
    wording: Wording = ()


def faces_of(records: Iterable[int]) -> dict[tuple[int, int, frozenset[str], str], int]:
    """(record, version, withheld set, digest of the wording) -> face id, of every face the records have."""
    with engine():
        rows = Face.objects.filter(record_id__in=list(records)).values_list(
            "record_id", "version", "withheld", "wording", "id"
        )
        return {
            (record, version, frozenset(withheld), wording): pk
            for record, version, withheld, wording, pk in rows
        }


def make_faces(record: Record, version: int, cuts: Iterable[Cut]) -> dict[Cut, int]:
    """Make sure there is a face of `version` for each cut; return cut -> face id.

    The record must be locked by the caller. Runs as engine: the version may be another agency's.
    """
    wanted = set(cuts)
    with engine():
        there = {
            (frozenset(withheld), wording): pk
            for pk, withheld, wording in Face.objects.filter(record=record, version=version).values_list(
                "id", "withheld", "wording"
            )
        }
        found = {
            cut: there[key] for cut in wanted if (key := (cut.withheld, digest_of(cut.wording))) in there
        }
        missing = wanted - found.keys()
        if missing:
            frozen = Version.objects.get(record=record, number=version)
            for cut in missing:
                found[cut] = _insert(record, frozen, cut)
    return found


def remark_faces(record: Record) -> None:
    """Write the record's marking, as it now is, onto all its faces."""
    with engine():
        Face.objects.filter(record=record).update(**{name: getattr(record, name) for name in MARKING_FIELDS})


def mark_faces(record: int, *, tlp: str, controls: Iterable[str], rel_to: Iterable[str]) -> bool:
    """Write the marking in force onto the record's faces: that of what is derived follows its sources too.

    Whether that changed any.
    """
    wanted = {"tlp": tlp, "controls": sorted(controls), "rel_to": sorted(rel_to)}
    with engine():
        others = [
            face.pk
            for face in Face.objects.filter(record_id=record).only("id", *wanted)
            if (face.tlp, sorted(face.controls), sorted(face.rel_to)) != tuple(wanted.values())
        ]
        return bool(others) and Face.objects.filter(pk__in=others).update(**wanted) > 0


def _insert(record: Record, version: Version, cut: Cut) -> int:
    shown = reworded(drop(version.content, cut.withheld), cut.wording)
    columns = columns_of(shown)
    a, b, c, d = words_of(shown, ref=record.ref, owner=f"{record.owner.code} {record.owner.name}")
    values = {
        "record_id": record.pk,
        "owner_id": record.owner_id,
        "version": version.number,
        "withheld": [group for group in WITHHOLDABLE if group in cut.withheld],
        "wording": digest_of(cut.wording),
        "reworded": [each.field for each in cut.wording],
        "kind": record.kind,
        "uid": record.uid,
        "ref": record.ref,
        "issued_at": version.published_at,
        "shown": json.dumps(shown),
        "linked": version.linked,
        "audience": [],
        **columns,
        **{name: getattr(record, name) for name in MARKING_FIELDS},
    }
    names = ", ".join(connection.ops.quote_name(name) for name in values)
    places = ", ".join(["%s"] * len(values))
    vector = " || ".join(f"setweight(to_tsvector('english', %s), '{weight}')" for weight in "ABCD")
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into bulletins_face ({names}, words) values ({places}, {vector}) returning id",  # noqa: S608  names are ours
            [*values.values(), a, b, c, d],
        )
        (pk,) = cursor.fetchone()
    return int(pk)
