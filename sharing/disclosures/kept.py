"""`disclose` for faces in a form made of them once and kept: the same question, the same rule, the same ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.utils import timezone

from bulletins.markings.rules import Marking
from hub.accounts.viewer import Viewer
from hub.database.context import require_viewer
from sharing.audiences.numbering import ABOUT
from sharing.disclosures.actions import GIVEN_TO_ME, RELEASED, Bound, Given, Row, enter, withheld_by
from sharing.disclosures.disclosure import Rendered, Terms, Withheld
from sharing.disclosures.rules import Carries, Channel, carries

# Of what the face shows only who withholds is read; the rest is in what was kept.
KEPT = f"""
    select g.record_id, f.id, f.version, f.withheld, g.release_id, g.agreement_id, f.tlp, f.controls, f.rel_to,
           f.cui_categories, f.caveat, f.reliability, f.credibility, a.code, a.name,
           case when g.directions <> '{{{{}}}}' then g.visible_since end, g.directions,
           case when f.withheld <> '{{{{}}}}' then array(select jsonb_array_elements_text(f.shown -> 'withheld')) end,
           case when f.withheld <> '{{{{}}}}' then f.shown -> 'core' ->> 'originator' end, f.stix_of, {{kept}},
           a.renamed_at,
           case when g.acknowledge_by > g.visible_since and g.group_id <> f.owner_id then g.acknowledge_by end
    {GIVEN_TO_ME}
"""
WHOLE, NAMES = (KEPT.format(which=RELEASED, kept=kept) for kept in ("f.stix", ABOUT))
TERMS_OF = "select * from hub_terms(%s::bigint[])"


@dataclass(frozen=True)
class Rendering:
    """How faces are rendered: `of` names the renderer, as kept with what it made; `make` makes those of faces anew."""

    of: str
    make: Callable[[Sequence[int]], None]


def disclose_kept(
    viewer: Viewer,
    batches: Iterable[Sequence[int]],
    channel: Channel,
    rendering: Rendering,
    *,
    fits: Callable[[Rendered], bool | None] | None = None,
    names: bool = False,
    at: datetime | None = None,
) -> list[Rendered]:
    """As `disclose`, of channels that carry all or nothing, with each face as it was rendered and kept.

    A rendering that is missing or stale is made first. `fits` is asked of each in turn: None leaves that one out,
    False ends before it, and no further batch is asked for. With `names`, where an answer says no more than that there
    is such a record, only the first line of what was kept is read, and no ledger row is written. Who serves STIX calls
    `disclose_rendered` in sharing/stix/keeping.py.
    """
    require_viewer(viewer)
    found: list[Rendered] = []
    given: list[Given] = []
    for said, answer in _each(viewer, batches, channel, rendering, NAMES if names else WHOLE):
        fit = fits is None or fits(answer)
        if fit is False:
            break
        if fit:
            found.append(answer)
            given.append(said)
    enter([] if names else [(viewer, given)], channel, at or timezone.now())
    return found


def _each(
    viewer: Viewer, batches: Iterable[Sequence[int]], channel: Channel, rendering: Rendering, query: str
) -> Iterator[tuple[Given, Rendered]]:
    """What the channel carries, batch by batch, with what the ledger is to say of it."""
    for records in batches:
        rows = _read(viewer, records, query)
        if stale := [row[1] for row in rows if row[19] != rendering.of]:
            rendering.make(stale)
            rows = _read(viewer, records, query)
        terms = terms_of({row[0] for row in rows if row[16]})
        for row in rows:
            marking = _marking(row[6], tuple(row[7]), tuple(row[8]), tuple(row[9]), *row[10:13])
            # What could not be rendered is kept empty.
            if not row[20] or carries(marking, channel) != Carries.ALL:
                continue
            withheld: tuple[Withheld, ...] = ()
            bound: tuple[Terms, ...] = ()
            if row[16] or row[17]:
                under = [terms[direction] for direction in row[16]]
                bound = tuple(term for term, _withholds in under)
                withheld = tuple(withheld_by(group, row[13], row[18] or "", under) for group in row[17] or ())
            yield (
                (row[0], row[2], ",".join(row[3]), row[4] or 0, row[5] or 0),
                Rendered(row[0], row[2], row[13], row[14], marking, row[15], withheld, bound, *row[20:23]),
            )


# Few are in use, and each is compared and looked up for thousands of records.
_marking = lru_cache(maxsize=4096)(Marking)


def _read(viewer: Viewer, records: Sequence[int], query: str) -> list[Row]:
    if not records:
        return []
    with connection.cursor() as cursor:
        cursor.execute(query, [list(records), viewer.person_id])
        return cursor.fetchall()


def terms_of(records: Collection[int]) -> dict[int, Bound]:
    """What the viewer is bound to by the agreements under which any of these crossed, by direction."""
    if not records:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(TERMS_OF, [sorted(records)])
        return {row[0]: (Terms(*row[1:7]), frozenset(row[7])) for row in cursor.fetchall()}
