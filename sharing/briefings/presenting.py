"""From a pack to what its pages show: rows, charts whose numbers lead to their records, what fell out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.markings.rules import Marking
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from sharing.briefings.attendees import Attendees, Party
from sharing.briefings.figures import Figure
from sharing.briefings.models import Briefing
from sharing.briefings.packs import Left, Pack
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.presenting import Event, RecordRow, event_of, row_of

ON_A_WALL = 10


@dataclass(frozen=True)
class Line:
    """A briefing in the list, as parts/record_row.html takes it."""

    href: str
    title: str
    meta: tuple[str, ...]
    more: tuple[str, ...]
    key: str
    icon: str = "groups"


@dataclass(frozen=True)
class Head:
    """What every page of a briefing says of it."""

    ref: str
    title: str
    month: str
    owner: str
    attendees: tuple[Party, ...]
    agencies: int
    refusals: tuple[str, ...]
    bulletins: int
    reports: int
    page_only: int
    marking: Marking | None

    @property
    def path(self) -> str:
        return f"/briefings/{self.ref}/"


@dataclass(frozen=True)
class Report:
    """A seizure report in the table of a pack."""

    ref: str
    event: Event
    mode: str
    marking: Marking
    without: str


@dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    labels: str
    rows: tuple[tuple[str, Any, str], ...]

    @property
    def shown(self) -> tuple[tuple[str, Any, str], ...]:
        """The largest, as many as a wall shows, their numbers leading to the briefing's own page."""
        return tuple((label, value, f"../{to}") for label, value, to in self.rows[:ON_A_WALL])


@dataclass(frozen=True)
class Chip:
    label: str
    remove: str


def line_of(briefing: Briefing) -> Line:
    codes = [each.code for each in briefing.communities.all()] + [
        each.code for each in briefing.agencies.all()
    ]
    return Line(
        href=f"/briefings/{briefing.ref}/",
        title=briefing.title,
        meta=(date_format(briefing.month, "F Y"), _("for %(codes)s") % {"codes": ", ".join(sorted(codes))}),
        more=(briefing.ref, _("made %(day)s") % {"day": date_format(briefing.made_at, "j M Y")}),
        key=briefing.ref,
    )


def head_of(briefing: Briefing, attendees: Attendees, pack: Pack) -> Head:
    return Head(
        ref=briefing.ref,
        title=briefing.title,
        month=date_format(briefing.month, "F Y"),
        owner=briefing.owner.code,
        attendees=(*attendees.agencies, *attendees.communities),
        agencies=len(attendees.seats),
        refusals=attendees.refusals,
        bulletins=len(pack.bulletins),
        reports=len(pack.seizures),
        page_only=pack.page_only,
        marking=pack.marking,
    )


def bulletin_row(shown: Disclosure) -> RecordRow:
    """A line of the list; what is left out of it for all stands as a tag."""
    without = without_in_words(shown)
    return replace(row_of(shown), tags=(shown.marking.tlp, *((without,) if without else ())))


def report_of(shown: Disclosure, mode: str) -> Report:
    return Report(shown.ref, event_of(shown), mode, shown.marking, without_in_words(shown))


def without_in_words(shown: Disclosure) -> str:
    """`Without identifiers, exact place and time`; nothing where an attendee would miss nothing."""
    held = shown.facts.get("withheld", [])
    labels = [str(group.label).lower() for group in FieldGroup if group in held]
    return _("Without %(groups)s") % {"groups": ", ".join(labels)} if labels else ""


def charts(drugs: Sequence[Figure], modes: Sequence[Figure]) -> list[tuple[Chart, Chart]]:
    """Reports and weights by drug and by mode. Each number leads to the table of the reports behind it."""
    found = []
    for figures, name, labels, counted, weighed in (
        (drugs, "drug", _("Drug"), _("Seizure reports by drug"), _("Weight by drug")),
        (modes, "mode", _("Mode"), _("Seizure reports by mode"), _("Weight by mode")),
    ):
        rows = [(each, f"?{urlencode({name: each.code})}#reports") for each in figures]
        heavy = sorted((row for row in rows if row[0].kg), key=lambda row: -row[0].kg)
        counts, weights = (
            Chart(counted, _("reports"), labels, tuple((each.label, each.events, to) for each, to in rows)),
            Chart(weighed, _("kg"), labels, tuple((each.label, each.kg, to) for each, to in heavy)),
        )
        found.append((counts, weights))
    return found


def chips(drugs: Iterable[Figure], modes: Iterable[Figure], drug: str, mode: str) -> list[Chip]:
    """The filters of the table of reports, to take off."""
    known = {
        "drug": {each.code: each.label for each in drugs},
        "mode": {each.code: each.label for each in modes},
    }
    labels = {"drug": _("Drug: %(name)s"), "mode": _("Mode: %(name)s")}
    chosen = {"drug": drug, "mode": mode}
    return [
        Chip(
            labels[name] % {"name": known[name].get(value, value)},
            f"{query({**chosen, name: ''})}#reports",
        )
        for name, value in chosen.items()
        if value
    ]


def query(values: dict[str, Any]) -> str:
    return "?" + urlencode({name: value for name, value in values.items() if value})


def fallen_in_words(left: Sequence[Left]) -> str:
    """`3 bulletins and 1 seizure report are not in the pack: not all attendees may see them.`"""
    bulletins = sum(1 for each in left if each.shown.kind == Kind.BULLETIN)
    reports = len(left) - bulletins
    parts = [
        ngettext("%(n)d bulletin", "%(n)d bulletins", bulletins) % {"n": bulletins} if bulletins else "",
        ngettext("%(n)d seizure report", "%(n)d seizure reports", reports) % {"n": reports}
        if reports
        else "",
    ]
    what = _(" and ").join(part for part in parts if part)
    return ngettext(
        "%(what)s is not in the pack: not all attendees may see it.",
        "%(what)s are not in the pack: not all attendees may see them.",
        len(left),
    ) % {"what": what}
