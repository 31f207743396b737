"""The parts of the form that can follow later, each under its own heading."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

EVENT = ("occurred_on", "occurred_time", "port", "place", "state", "country", "occurred_period")


@dataclass(frozen=True)
class Section:
    """A part of the form under its own heading, folded away until it is wanted."""

    key: str
    title: str
    names: tuple[str, ...]
    text: str = ""


def sections(kind: str) -> tuple[Section, ...]:
    """What can follow later, by topic, in the order of the page."""
    journey = ("mode", "conveyance", "origin_country", "transit_countries", "destination")
    found = ("detection", "technique")
    case = ("case_number", "referred_to", "investigators", "prosecution", "people_count", "external_id")
    marking = ("tlp", "controls", "rel_to", "cui_categories", "caveat", "reliability", "credibility")
    source = ("originator", "originator_text", "source_url")
    kept = ("predicate", "predicate_category", "sensitivity", "control_official", "review_due", "certify")
    if kind == "bulletin":
        return (
            Section("words", _("Title and story"), ("title", "concealment", "narrative", "urgency")),
            Section("journey", _("How it travelled"), journey),
            Section("where", _("Where and when"), EVENT),
            Section("found", _("How it was found"), found),
            Section("identifiers", _("Identifiers"), kept),
            Section("case", _("Case"), case),
            Section("marking", _("Marking"), marking),
            Section("source", _("Source and links"), (*source, "seizures")),
        )
    value = ("value_amount", "value_currency", "value_qualifier", "value_usd")
    return (
        Section("journey", _("How it travelled"), journey),
        Section("found", _("How it was found"), found),
        Section("words", _("What happened"), ("concealment", "narrative")),
        Section("identifiers", _("Identifiers"), kept),
        Section("case", _("Case, referral and laboratory"), (*case, "lab_reference")),
        Section("value", _("Value"), value),
        Section("marking", _("Marking"), marking),
        Section("source", _("Source"), (*source, "reported_on", "note")),
    )
