"""Renderings kept with faces: made once, as the engine, for everybody who is given the face; and given out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from hub.accounts.viewer import Viewer
from hub.database.context import engine
from sharing.audiences.numbering import note_parts, say_anew
from sharing.disclosures.disclosure import Rendered
from sharing.disclosures.kept import Rendering, disclose_kept
from sharing.disclosures.rules import Channel
from sharing.stix.rendering import Source, heads, renderer

log = logging.getLogger(__name__)
# Ahead of numbering no more are rendered than this: what is left is rendered for who asks first.
AHEAD = 200

# Locked in their order, as the trigger on grants locks them.
HOLD = "select id from bulletins_face where id = any(%s) order by id for no key update"
READ = """
    select f.id, f.record_id, f.uid, f.ref, f.kind, f.version, a.code, v.published_at, f.issued_at, f.shown::text,
           f.stix_of <> '' and f.stix = ''
    from bulletins_face f join hub_agency a on a.group_id = f.owner_id
    join bulletins_version v on v.record_id = f.record_id and v.number = 1
    where f.id = any(%s) and f.stix_of <> %s
"""
KEEP = """
    update bulletins_face f set stix = t.stix, stix_of = %s
    from json_to_recordset(%s::json) t(id bigint, stix text) where f.id = t.id
"""
# What another renderer could not render.
FAILED = "select id from bulletins_face where stix = '' and stix_of not in ('', %s) limit %s"
UNNUMBERED = """
    select distinct f.id from sharing_entry e join bulletins_face f on f.id = e.face_id
    where e.n is null and f.stix_of <> %s limit %s
"""


def disclose_rendered(
    viewer: Viewer, records: Sequence[int], channel: Channel, *, at: datetime | None = None
) -> list[Rendered]:
    """As `disclose`, with each record's face as it stands in STIX, for `finished`."""
    return disclose_in_turn(viewer, [records], channel, fits=lambda shown: True, at=at)


def disclose_in_turn(
    viewer: Viewer,
    batches: Iterable[Sequence[int]],
    channel: Channel,
    *,
    fits: Callable[[Rendered], bool | None],
    names: bool = False,
    at: datetime | None = None,
) -> list[Rendered]:
    """The same in batches, as long as `fits` takes them, and with one row of the ledger: see `disclose_kept`."""
    rendering = Rendering(renderer(), render)
    return disclose_kept(viewer, batches, channel, rendering, fits=fits, names=names, at=at)


def render(faces: Sequence[int]) -> None:
    """Render faces anew and keep that. One that cannot be rendered is kept as nothing, and the log says so.

    It has its date all the same: once it can be rendered, it comes anew to everybody who has it, under a later one.
    """
    with engine(), connection.cursor() as cursor:
        cursor.execute(HOLD, [list(faces)])
        cursor.execute(READ, [list(faces), renderer()])
        rows = cursor.fetchall()
        if not rows:
            return
        texts = [_heads(row) for row in rows]
        # As JSON: of an array of texts the driver looks at every sign.
        made = [{"id": row[0], "stix": text} for row, text in zip(rows, texts, strict=True)]
        cursor.execute(KEEP, [renderer(), orjson.dumps(made).decode()])
        note_parts([row[1] for row in rows], [row[0] for row in rows])
        say_anew([row[0] for row, text in zip(rows, texts, strict=True) if row[10] and text])


def render_ahead() -> int:
    """Render what has been given since numbers were last given, and what the renderer before could not; how many."""
    with engine():
        faces = _faces(UNNUMBERED) + _failed_before()
        render(faces)
    return len(faces)


# The renderers under which everything was looked through, by this process.
_looked: set[str] = set()


def _failed_before() -> list[int]:
    """Looked for until there is none, once for each renderer: it means going through all faces."""
    if renderer() in _looked:
        return []
    faces = _faces(FAILED)
    if not faces:
        _looked.add(renderer())
    return faces


def _faces(query: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, [renderer(), AHEAD])
        return [face for (face,) in cursor.fetchall()]


def _heads(row: tuple[Any, ...]) -> str:
    uid, ref, kind, version, owner, created, issued_at, shown = row[2:10]
    try:
        return heads(Source(uid, ref, kind, version, owner, created, issued_at, orjson.loads(shown)))
    except Exception:
        log.exception("a face cannot be rendered as STIX", extra={"face": row[0]})
        return ""
