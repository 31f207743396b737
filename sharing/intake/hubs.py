"""What comes from another hub: which record it is there, whose finding, and what binds whoever has it here.

Its word is taken for its own records alone: a peer that names another hub than its own, or a record that is kept up to
date by another peer, changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking
from bulletins.records.models import Record
from bulletins.vocabulary.lists import FieldGroup
from hub.agencies.models import Agency
from sharing.intake.markings import CAVEAT_LIMIT, Handling
from sharing.intake.models import Original, OriginalState
from sharing.intake.pulling.models import Arrival, Peer
from sharing.intake.reading import Reading, Refused, Stix, extension_of, instant_in

TEXT_LIMIT, MOST = 300, 50
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What our extension says of hubs: whose record it is, and which it came through, this one's first.

    `acknowledge_by` is until when that hub asks the agency of the account to acknowledge this version.
    """

    hub: UUID
    uid: UUID
    version: int
    first_hub: UUID
    first_uid: UUID
    passed: frozenset[UUID]
    acknowledge_by: datetime | None = None

    @property
    def direct(self) -> bool:
        return self.hub == self.first_hub


def told_by(extension: Mapping[str, Any]) -> Told | None:
    """None where it names no hub, or not as it should."""
    origin = extension.get("origin")
    first = origin if isinstance(origin, dict) else extension
    hub, uid, version = _uuid(extension.get("hub")), _uuid(extension.get("uid")), extension.get("version")
    first_hub, first_uid = _uuid(first.get("hub")), _uuid(first.get("uid"))
    via = [_uuid(each.get("hub")) for each in _rows(first.get("via"))]
    if not (hub and uid and first_hub and first_uid and isinstance(version, int) and 0 < version < 2**31):
        return None
    passed = frozenset({hub, first_hub, *filter(None, via)})
    asked = instant_in(_text(extension.get("acknowledge_by"), 40))
    return Told(hub, uid, version, first_hub, first_uid, passed, asked)


def is_echo(extension: Mapping[str, Any]) -> bool:
    """Whether it began in this hub, or came through it: what goes round changes nothing."""
    told = told_by(extension)
    return told is not None and settings.HUB_ID in told.passed


class FromHub:
    """One page of a peer that is a hub: which of its records are here already, and by whose word."""

    def __init__(self, peer: Peer, objects: Collection[Stix], chains: Iterable[Original]) -> None:
        self.peer = peer
        told = [
            found for stix in objects if (extension := extension_of(stix)) and (found := told_by(extension))
        ]
        rows = Arrival.objects.filter(agency_id=peer.agency_id).select_related("peer")
        by_uid = rows.filter(uid__in={each.first_uid for each in told})
        by_record = rows.filter(record_id__in={row.record_id for row in chains if row.record_id})
        bare = [_uuid(stix["id"].partition("--")[2]) for stix in objects if extension_of(stix) is None]
        left = rows.filter(peer_uid__in={uid for uid in bare if uid}, peer__removed_at__isnull=False)
        self._left = {row.peer_uid: row for row in left}
        self._by_uid = {(row.hub, row.uid): row for row in by_uid}
        self._by_record = {row.record_id: row for row in by_record}
        self._coming: dict[tuple[UUID, UUID], str] = {}

    def judge(self, stix: Stix, known: Original | None) -> tuple[Original | None, str]:
        """(the original it follows, what is said where nothing is done). Raises Refused."""
        extension = extension_of(stix)
        if extension is None:  # a stub: of what this peer keeps up to date
            if known is None:
                return self._left_by_another(stix), ""
            arrival = self._by_record.get(known.record_id) if known.record_id else None
            return known, "" if arrival is None or arrival.peer_id == self.peer.pk else self._elsewhere(
                arrival
            )
        told = told_by(extension)
        if told is None:
            raise Refused(_("Our extension does not say from which hub it is."))
        self._believe(told.hub)
        name = (told.first_hub, told.first_uid)
        if self._coming.setdefault(name, stix["id"]) != stix["id"]:
            return known, _("It came already, as another record of that hub.")
        arrival = self._by_uid.get(name)
        if arrival is None:
            return known, ""
        if arrival.peer_id == self.peer.pk:
            return self._again(told, arrival, known)
        passed_on = arrival.peer.hub != arrival.hub
        if arrival.peer.removed_at is None and not (told.direct and passed_on):
            return known, self._elsewhere(arrival)
        return known or self._followed(arrival), ""

    def _left_by_another(self, stix: Stix) -> Original | None:
        """What is ended by the same hub that gave it, by way of a peer that was removed since."""
        uid = _uuid(stix["id"].partition("--")[2])
        arrival = self._left.get(uid) if uid else None
        same = arrival is not None and self.peer.hub is not None and arrival.peer.hub == self.peer.hub
        return self._followed(arrival) if arrival is not None and same else None

    def _again(self, told: Told, arrival: Arrival, known: Original | None) -> tuple[Original | None, str]:
        """A later version. Released again after a recall it has another id there: here it is another record then."""
        if known is not None and known.record_id == arrival.record_id:
            return known, ""
        if known is not None or told.uid != arrival.peer_uid:
            return known, _("It came already, as another record of that hub.")
        recalled = Record.objects.filter(pk=arrival.record_id, recalled_at__isnull=False).exists()
        return (None if recalled else self._followed(arrival)), ""

    def _believe(self, hub: UUID) -> None:
        """The first id a peer tells is its own for good, if no other server of the agency's peers has it."""
        if self.peer.hub is None:
            others = Peer.objects.filter(agency_id=self.peer.agency_id, hub=hub, removed_at=None)
            server = urlsplit(self.peer.url).netloc
            if any(urlsplit(url).netloc != server for url in others.values_list("url", flat=True)):
                raise Refused(_("It says it is a hub that your agency knows at another address."))
            Peer.objects.filter(pk=self.peer.pk).update(hub=hub)
            self.peer.hub = hub
        if self.peer.hub != hub:
            raise Refused(_("It names another hub than the one it comes from."))

    def _followed(self, arrival: Arrival) -> Original | None:
        """What was written last of a record that another peer kept up to date until now."""
        rows = Original.objects.filter(record_id=arrival.record_id)
        row = (
            rows.exclude(state__in=(OriginalState.PART, OriginalState.MARKING))
            .order_by("-taken_at", "-id")
            .first()
        )
        if row is not None:
            row.modified_at = LONG_AGO
        return row

    def _elsewhere(self, arrival: Arrival) -> str:
        return _("It came already, by way of “%(peer)s”.") % {"peer": arrival.peer.title}


def origin_of(extension: Mapping[str, Any], told: Told, peer: Peer, marking: Marking) -> dict[str, Any]:
    """What is kept with the record, as bulletins/records/origins.py has it."""
    before = extension["origin"] if isinstance(extension.get("origin"), dict) else {}
    first = before or extension
    own = [{"hub": str(told.hub), "name": peer.title}] if before else []
    via = [
        {"hub": str(hub), "name": _text(each.get("name"))}
        for each in _rows(before.get("via"))
        if (hub := _uuid(each.get("hub")))
    ]
    found = {
        "hub": str(told.first_hub),
        "name": _text(before.get("name")) or peer.title,
        "uid": str(told.first_uid),
        "ref": _text(first.get("ref"))[:20],
        "version": told.version if not before else _count(before.get("version")),
        "owner": _text(first.get("owner"))[:40],
        "originator": _text(first.get("originator"))[:200],
        "marking": {"tlp": marking.tlp, "controls": list(marking.controls), "rel_to": list(marking.rel_to)},
        "withheld": [*_withheld(before, ""), *_withheld(extension, peer.title)],
        "terms": [*_terms(before, ""), *_terms(extension, peer.title)],
        "keep_until": _first_of(before.get("keep_until"), extension.get("keep_until")),
        "via": [*via, *own],
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def originator_of(
    extension: Mapping[str, Any], told: Told, peer: Peer, known: Mapping[str, Agency]
) -> tuple[Agency | None, str]:
    """Whose finding it is: an agency here that the code stands for, or in words.

    An agency has that code here too only where it has said so, and where the finding was its own to give.
    """
    origin = extension["origin"] if isinstance(extension.get("origin"), dict) else {}
    first = origin or extension
    finder, owner = _text(first.get("originator"))[:80], _text(first.get("owner"))[:40]
    if told.direct and finder == owner and owner in known:
        return known[owner], ""
    name = _text(origin.get("name"))[:60] or peer.title[:60]
    said = [finder if finder == owner else f"{finder}, {owner}", f"({name})"]
    if not told.direct:
        said.append(f"{_text(extension.get('owner'))[:40]} ({peer.title[:30]})")
    return None, " ".join(said)[:200]


def as_there(reading: Reading, extension: Mapping[str, Any]) -> Reading:
    """Of the caveat, its own words alone: what agreements bind to is kept with the record's origin."""
    given = extension.get("marking")
    marking = reading.handling.marking
    words = _text(given.get("caveats") if isinstance(given, dict) else "")
    own = words.removeprefix(replace(marking, caveat="").caveats).removeprefix("; ")
    return replace(reading, handling=Handling(replace(marking, caveat=own[:CAVEAT_LIMIT])))


def _withheld(said: Mapping[str, Any], at: str) -> list[dict[str, str]]:
    """Which groups stayed behind, by whom and under what; `at` which hub, where that is not said."""
    rows = [
        {
            "group": str(row.get("group")),
            "by": _text(row.get("by")),
            "under": _text(row.get("under")),
            "at": at or _text(row.get("at")),
        }
        for row in _rows(said.get("withheld"))
        if row.get("group") in FieldGroup.values and row.get("group") != FieldGroup.CORE
    ]
    return [{name: value for name, value in row.items() if value} for row in rows if row["by"] and row["at"]]


def _terms(said: Mapping[str, Any], at: str) -> list[dict[str, Any]]:
    found = []
    for row in _rows(said.get("terms")):
        names = ("agreement", "giver", "caveat", "legal_basis", "permitted_use")
        kept: dict[str, Any] = {name: _text(row.get(name), 2_000) for name in names}
        kept["keep_days"] = _count(row.get("keep_days"))
        kept["at"] = at or _text(row.get("at"))
        if kept["agreement"] and kept["giver"] and kept["at"]:
            found.append({name: value for name, value in kept.items() if value})
    return found


def _first_of(*instants: Any) -> str:
    found = [each for each in instants if isinstance(each, str) and instant_in(each)]
    return min(found, key=lambda each: instant_in(each) or LONG_AGO) if found else ""


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value[:MOST] if isinstance(each, dict)] if isinstance(value, list) else []


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 2**31 else 1 if value else 0


def _text(value: Any, limit: int = TEXT_LIMIT) -> str:
    return " ".join(value.split())[:limit] if isinstance(value, str) else ""


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
