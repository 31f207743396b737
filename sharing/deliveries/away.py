"""While you were away: when somebody last looked, and what came meanwhile, counted as they see it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from sharing.audiences.models import Received
from sharing.deliveries.models import AlertKind, Visit
from sharing.deliveries.querysets import InboxItemQuerySet, inbox_items
from sharing.disclosures.wording import word

# Whoever has not looked for so long was away. When they look is kept to the hour.
AWAY = timedelta(hours=48)
KEPT_TO = timedelta(hours=1)
# Counted to so many: what comes beyond is seen in the list.
MOST = 1_000
NAMED = 6

# What came, in the order it is told: name in an address -> the items it means.
CAME: dict[str, Any] = {
    "hazards": lambda items: items.filter(hazard=True).exclude(alert=AlertKind.RECALLED),
    "recalled": lambda items: items.filter(alert=AlertKind.RECALLED),
    "amended": lambda items: items.filter(alert=AlertKind.AMENDED),
    "new": lambda items: items.filter(alert=AlertKind.NEW),
}


@dataclass(frozen=True)
class Number:
    """How many, and the list of just these."""

    label: str
    count: int
    href: str


@dataclass(frozen=True)
class Meanwhile:
    """`by_owner` and `by_method` break down what is new."""

    since: datetime
    numbers: dict[str, Number]
    by_owner: tuple[Number, ...]
    by_method: tuple[Number, ...]


def note_visit(viewer: Viewer, *, at: datetime) -> datetime | None:
    """Keep that the person looked, to the hour; return since when they have been away, until they say they saw it."""
    if viewer.person_id is None or viewer.agency_id is None:
        return None
    visit, made = Visit.objects.get_or_create(person_id=viewer.person_id, defaults={"seen_at": at})
    if made or at - visit.seen_at < KEPT_TO:
        return visit.away_since
    if at - visit.seen_at >= AWAY and visit.away_since is None:
        visit.away_since = visit.seen_at
    visit.seen_at = at
    visit.save(update_fields=["seen_at", "away_since"])
    return visit.away_since


def come_back(viewer: Viewer) -> None:
    """The person has seen what came while they were away."""
    Visit.objects.filter(person_id=viewer.person_id or 0).update(away_since=None)


def came(
    viewer: Viewer, what: str, since: datetime, *, owner: str = "", method: str = ""
) -> InboxItemQuerySet:
    """The items that `what` means, since then; of one owner, or with a method on what the viewer is shown."""
    found: InboxItemQuerySet = CAME[what](inbox_items(viewer).filter(at__gte=since))
    if owner:
        found = found.filter(owner__code=owner)
    if method:
        shown = Received.objects.visible_to(viewer).filter(methods__contains=[method])
        found = found.filter(record_id__in=shown.values("record_id"))
    return found


def meanwhile(viewer: Viewer, since: datetime) -> Meanwhile | None:
    """What came since then, where anything did. What is still shown is looked at twice before it is counted."""
    since = since.replace(microsecond=0)
    rows = list(
        inbox_items(viewer)
        .filter(at__gte=since)
        .values_list("record_id", "alert", "hazard", "owner__code")[:MOST]
    )
    records = [record for record, alert, _h, _o in rows if alert != AlertKind.RECALLED]
    shown: dict[int, list[str]] = dict(
        Received.objects.visible_to(viewer)
        .filter(record_id__in=records)
        .order_by()
        .look("record_id", "methods", most=MOST)
    )
    counts, owners, methods = Counter[str](), Counter[str](), Counter[str]()
    for record, alert, hazard, owner in rows:
        if alert != AlertKind.RECALLED and record not in shown:
            continue
        counts[alert] += 1
        counts["hazards"] += hazard and alert != AlertKind.RECALLED
        if alert == AlertKind.NEW:
            owners[owner] += 1
            methods.update(_places(shown[record]))
    if not rows:
        return None

    def number(what: str, label: str, count: int, **narrowed: str) -> Number:
        return Number(label, count, address(what, since, **narrowed))

    known = terms().methods
    return Meanwhile(
        since=since,
        numbers={what: number(what, "", counts[what]) for what in CAME if counts[what]},
        by_owner=tuple(number("new", code, n, owner=code) for code, n in owners.most_common(NAMED)),
        by_method=tuple(
            number("new", word(known, code), n, method=code) for code, n in methods.most_common(NAMED)
        ),
    )


def address(what: str, since: datetime, **narrowed: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in narrowed.items())
    return f"/inbox/?came={what}&since={since.timestamp():.0f}{more}"


def _places(codes: list[str]) -> set[str]:
    """Of the codes on a face, which hold those above each: the second level of the vocabulary, or the first alone."""
    known = terms().methods
    second = {code for code in codes if code in known and known[code].level == 2}
    above = {known[code].parent_id for code in second}
    return second | {code for code in codes if code in known and known[code].level == 1 and code not in above}
