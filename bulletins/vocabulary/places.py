"""From a place as written to a port of the vocabulary, where that is certain, and to a region."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

from bulletins.vocabulary.lists import PortKind, Region

SAME_PLACE_KM = 3.0
# How far inland the Border Patrol works: 100 air miles of 1,852 m (8 CFR 287.1).
BORDER_ZONE_KM = 185.2

# Words that say what kind of place it is, or nothing at all; what is left is its name.
KINDS = (
    (PortKind.EXPRESS, re.compile(r"\b(?:express|consignment|worldport|air hub|fedex|ups|dhl)\b")),
    (PortKind.MAIL, re.compile(r"\bmail\b")),
    (PortKind.AIR, re.compile(r"\b(?:airport|air cargo)\b")),
    (PortKind.RAIL, re.compile(r"\brail\b")),
    (PortKind.LAND, re.compile(r"\b(?:port of entry|bridge|crossing|cargo facility)\b")),
    (PortKind.SEA, re.compile(r"\b(?:seaport|port of|port)\b")),
)
_NOISE = (
    "air airport and bridge cargo centre center consignment crossing customs entry express facility hub"
    " international mail of office port processing rail seaport the truck"
)
NOISE = frozenset(_NOISE.split())


class PortFacts(Protocol):
    """What is needed of a port: a row of the vocabulary has it."""

    code: str
    label: str
    state: str
    country: str
    kind: str
    region: str
    lat: Decimal
    lon: Decimal


@dataclass(frozen=True)
class Place:
    """A place as a report gives it; what it does not give is empty or None."""

    text: str
    country: str
    state: str = ""
    lat: Decimal | None = None
    lon: Decimal | None = None


@dataclass(frozen=True)
class _Entry:
    port: PortFacts
    words: frozenset[str]
    name: frozenset[str]


class PortBook:
    """The ports, indexed once for many look-ups."""

    def __init__(self, ports: Iterable[PortFacts] = ()) -> None:
        self._by_country: dict[str, list[_Entry]] = {}
        for port in ports:
            entry = _Entry(port, _words(port.label), name_words(port.label))
            self._by_country.setdefault(port.country, []).append(entry)

    def find(self, place: Place) -> PortFacts | None:
        """The one port the place can mean; None where it means none, or may mean several."""
        words, kind = name_words(place.text), kind_of(place.text)
        entries = [
            entry
            for entry in self._by_country.get(place.country, ())
            if not place.state or not entry.port.state or place.state == entry.port.state
        ]
        found = [entry.port for entry in entries if entry.words == _words(place.text)]
        if not found and kind and words:  # "San Luis, AZ" is a town; "San Luis Port of Entry" is not
            alike = [entry for entry in entries if entry.port.kind == kind]
            found = [entry.port for entry in alike if entry.name == words]
            # "Ysleta" is "El Paso - Ysleta" where coordinates agree; "Nogales" may be any of its crossings.
            if not found and place.lat is not None:
                found = [entry.port for entry in alike if words <= entry.name or entry.name <= words]
        if len(found) != 1 or (place.lat is not None and km_between(place, found[0]) > SAME_PLACE_KM):
            return None
        return found[0]

    def region(self, place: Place, port: PortFacts | None = None) -> Region:
        """The port's region; without a port that of the country, and in the U.S. of the border nearby."""
        if port is not None:
            return Region(port.region)
        if place.country != "US":
            return {"CA": Region.CANADA, "MX": Region.MEXICO}.get(place.country, Region.ELSEWHERE)
        if place.lat is None:
            return Region.COASTAL_INTERIOR
        crossings = [
            (km_between(place, entry.port), entry.port.region)
            for entry in self._by_country.get("US", ())
            if entry.port.region != Region.COASTAL_INTERIOR
        ]
        distance, region = min(crossings, default=(BORDER_ZONE_KM + 1, Region.COASTAL_INTERIOR))
        return Region(region) if distance <= BORDER_ZONE_KM else Region.COASTAL_INTERIOR


def kind_of(text: str) -> PortKind | None:
    """The kind of port the words themselves tell."""
    plain = _plain(text)
    return next((kind for kind, pattern in KINDS if pattern.search(plain)), None)


def name_words(text: str) -> frozenset[str]:
    """The words that name the place: "Nogales - Mariposa" and "Nogales Mariposa Port of Entry" are alike."""
    return _words(text) - NOISE


def km_between(one: Place | PortFacts, other: Place | PortFacts) -> float:
    """Great-circle distance; both must have coordinates."""
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        raise ValueError("a place without coordinates has no distance")
    lat1, lon1, lat2, lon2 = (radians(float(x)) for x in (one.lat, one.lon, other.lat, other.lon))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * asin(min(1.0, sqrt(half)))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", _plain(text)))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    return "".join(char for char in folded if not unicodedata.combining(char)).lower()
