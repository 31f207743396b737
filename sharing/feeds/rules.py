"""What the terms of CAP are, of what a record says. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bulletins.markings.models import TLP, Credibility
from bulletins.markings.rules import Marking
from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind

# A feed holds the newest so many, and what it said in so many days.
MOST = 100
KEPT_DAYS = 90
# A message of CAP refers to no more than so many that it takes the place of.
MOST_BEFORE = 30

# CAP 1.2: how sure it is, of the Admiralty code for information. What was seized was seen.
CERTAINTY = {
    Credibility.CONFIRMED.value: "Observed",
    Credibility.PROBABLE.value: "Likely",
    Credibility.POSSIBLE.value: "Possible",
    Credibility.DOUBTFUL.value: "Unlikely",
    Credibility.IMPROBABLE.value: "Unlikely",
}


def scope_of(marking: Marking) -> str:
    """Private names the receiver's agency as the only address; Restricted says to whom it may go. Never Public."""
    return "Private" if TLP(marking.tlp).rank >= TLP.STRICT.rank else "Restricted"


def categories_of(*, hazard: bool) -> tuple[str, ...]:
    return ("Safety", "Security") if hazard else ("Security",)


def urgency_of(kind: str, urgency: str, *, hazard: bool) -> str:
    """A hazard, or what is immediate, calls for action now; a seizure report tells of the past."""
    if hazard or urgency == Urgency.IMMEDIATE:
        return "Immediate"
    if kind == Kind.SEIZURE:
        return "Past"
    return "Expected" if urgency == Urgency.PRIORITY else "Future"


def severity_of(urgency: str, *, hazard: bool) -> str:
    if hazard:
        return "Severe"
    return "Moderate" if urgency in (Urgency.PRIORITY, Urgency.IMMEDIATE) else "Minor"


def certainty_of(kind: str, credibility: str) -> str:
    return "Observed" if kind == Kind.SEIZURE else CERTAINTY.get(credibility, "Unknown")


def cap_time(at: datetime) -> str:
    """`2026-11-26T02:24:00-00:00`: CAP knows neither `Z` nor fractions, and writes UTC with a minus."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def addressed(codes: Sequence[str]) -> str:
    """Addresses are parted by spaces; one that has a space is quoted."""
    return " ".join(f'"{code}"' if " " in code else code for code in codes)
