"""Records for tests, made through the same doors as people use."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, SeizureReport
from bulletins.records.actions import write_down
from bulletins.records.models import Kind
from bulletins.vocabulary.models import Mode, Port
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from sharing.audiences.actions import Changes
from sharing.communities.models import Community
from sharing.disclosures.reading import shown_to
from sharing.flow import release
from sharing.releases.plan import Pick, Plan
from sharing.requests.actions import ask, grant
from sharing.requests.models import OnwardRequest
from sharing.requests.rules import Terms
from tests.cast import agency, viewer

# A word of its own in each field group, so that a test can tell what leaked.
CANARIES = {
    "core": "zebrafinch",
    "detail": "kingfisher",
    "place": "nightjar",
    "technique": "goldcrest",
    "identifiers": "CANARY77",
    "case": "waxwing",
}


def draft_bulletin(author: str = "cbp.officer", **values: Any) -> Bulletin:
    """A bulletin of the author's agency with a canary in every field group. The caller's context is left as it was."""
    at = timezone.now()
    who = viewer(author)
    bulletin = Bulletin(kind=Kind.BULLETIN)
    facts = {
        "title": f"Fentanyl in a fuel tank {CANARIES['core']}",
        "tear_line": "Fentanyl powder is carried in a false fuel tank of a pickup.",
        "methods": ["VEH-MECH-FUEL"],
        "mode": Mode(code="passenger_vehicle"),
        "hazard": True,
        "safety_note": "Wear a respirator when opening the tank.",
        "narrative": f"The tank rang hollow near a {CANARIES['detail']}.",
        "place": f"Lane 7, {CANARIES['place']}",
        "port": Port.objects.filter(label__startswith="Laredo").first(),
        "occurred_on": at.date(),
        "detection": ["canine"],
        "technique": f"A dog named {CANARIES['technique']} alerted.",
        "case_number": f"CASE-{CANARIES['case']}",
        "predicate": "Found in possession",
        "predicate_category": "trafficking",
        **values,
    }
    with viewing(who):
        write_down(
            bulletin,
            facts,
            viewer=who,
            at=at,
            substances=[{"drug": "fentanyl", "quantity": Decimal("12.5"), "unit": "lb", "form": "powder"}],
            identifiers=[{"kind": "plate", "value": CANARIES["identifiers"]}],
            certify=True,
        )
    return bulletin


def published_bulletin(author: str = "cbp.officer", **values: Any) -> Bulletin:
    bulletin = draft_bulletin(author, **values)
    who = viewer(author)
    with viewing(who):
        publish(bulletin, viewer=who, at=timezone.now())
    return bulletin


def published_seizure(author: str = "cbp.officer", **values: Any) -> SeizureReport:
    at = timezone.now()
    who = viewer(author)
    report = SeizureReport(kind=Kind.SEIZURE)
    facts = {
        "methods": ["VEH-BODY-QTR"],
        "mode": Mode(code="passenger_vehicle"),
        "occurred_on": at.date(),
        **values,
    }
    with viewing(who):
        write_down(
            report,
            facts,
            viewer=who,
            at=at,
            substances=[{"drug": "cocaine", "quantity": Decimal(20), "unit": "kg"}],
        )
        publish(report, viewer=who, at=at)
    return report


def pick(target: str, *withheld: str) -> Pick:
    """A pick by code: an agency's, or `community:CODE`."""
    if target.startswith("community:"):
        code = target.partition(":")[2]
        return Pick(community=Community.objects.get(code=code).pk, withheld=frozenset(withheld))
    return Pick(agency=agency(target).pk, withheld=frozenset(withheld))


def plan(*picks: Pick, tlp: str = "TLP:AMBER", **values: Any) -> Plan:
    defaults: dict[str, Any] = {
        "need_to_know": "Commercial traffic at land ports",
        "right_to_know": "Drug enforcement in their own jurisdiction",
    }
    return Plan(picks=picks, tlp=tlp, **{**defaults, **values})


def released(
    record: Any,
    *targets: str | tuple[str, ...],
    by: str = "cbp.releaser",
    tlp: str = "TLP:AMBER",
    at: datetime | None = None,
) -> Changes:
    """Release to agencies and communities by code; a tuple withholds: ("CBSA", "place", "identifiers")."""
    who: Viewer = viewer(by)
    with viewing(who):
        picks = [pick(each) if isinstance(each, str) else pick(*each) for each in targets]
        return release([record], plan(*picks, tlp=tlp), viewer=who, at=at or timezone.now())


def asked(
    record: Any,
    to: str,
    *,
    by: str,
    need: str = "Their trucks cross the same lanes",
    right: str = "Drug enforcement in their own jurisdiction",
    at: datetime | None = None,
) -> OnwardRequest:
    """A request of somebody who holds the record, or whose agency owns it, to share it on."""
    who = viewer(by)
    with viewing(who):
        shown = shown_to(who, record.kind, record.ref)
        assert shown is not None, f"{by} does not hold {record.ref}"
        return ask(shown, to, need_to_know=need, right_to_know=right, viewer=who, at=at or timezone.now())


def granted(
    request: OnwardRequest,
    *withheld: str,
    by: str,
    until: datetime | None = None,
    at: datetime | None = None,
) -> Changes:
    who = viewer(by)
    with viewing(who):
        return grant(request, Terms(frozenset(withheld), until), viewer=who, at=at or timezone.now())


def consented(record: Any, to: str, *withheld: str, by: str, asker: str = "cbp.releaser") -> OnwardRequest:
    """The owner asks one that its record rests on, which consents that `to` has it."""
    request = asked(record, to, by=asker)
    granted(request, *withheld, by=by)
    return request
