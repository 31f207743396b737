"""The demo's records: real public seizures as reports, and bulletins derived from them, plausibly released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Count

from bulletins.flow import publish
from bulletins.models import Bulletin, SeizureReport, SourceLink
from bulletins.records.actions import write_down
from bulletins.records.models import Kind
from bulletins.seizures.importing import import_file
from bulletins.vocabulary.models import Method, Mode
from hub.accounts.viewer import Viewer, desk_of, viewer_of
from hub.agencies.models import Agency, Person
from hub.database.context import viewing
from sharing.communities.models import Community
from sharing.demo.wording import Wording, word
from sharing.flow import release
from sharing.releases.plan import Pick, Plan

SEIZURES = Path(__file__).resolve().parents[2] / "bulletins/seizures/data/seizures.csv"

# How far a bulletin may go by its owner: (agencies, communities, TLP). What an agreement does not cover falls out.
AUDIENCES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "CBP": (("HSI", "DEA", "CBSA"), ("HIDTA-STX", "HIDTA-SDI", "DHE"), "TLP:AMBER"),
    "USBP": (("CBP", "HSI", "DEA"), ("HIDTA-STX", "HIDTA-AZ"), "TLP:AMBER"),
    "CBSA": (("CBP", "RCMP", "OPP"), (), "TLP:AMBER"),
    "TXDPS": (("CBP", "HSI", "DEA"), ("HIDTA-STX", "DHE"), "TLP:GREEN"),
    "NSP": ((), ("DHE",), "TLP:GREEN"),
    "USCG": (("CBP", "DEA", "HSI", "JIATF-S"), (), "TLP:AMBER"),
}
AUTHORS = {"CBP": "cbp.releaser", "CBSA": "cbsa.releaser"}
RECENT = 5
# Whose newest bulletin is to be acknowledged by when, from loading on; the one before is overdue.
ASKING, ASKED_FOR, OVERDUE_SINCE = "CBP", timedelta(hours=6), timedelta(hours=2)
GROUPS = 12
NEED, RIGHT = "Concealment seen in your field of work", "Drug enforcement in the recipient's own jurisdiction"


def load_records(at: datetime) -> dict[str, int]:
    """Import the public seizures, derive and release bulletins; return counts. Running it again adds nothing."""
    counts = {"seizures": 0, "bulletins": 0}
    if _is_loaded():
        return counts
    for outcome in import_file(SEIZURES, at=at, poster="CBP", backdate=True):
        counts["seizures"] = outcome.created
    for code in AUDIENCES:
        agency = Agency.objects.get(code=code)
        who = _author(agency)
        with viewing(who):
            if Bulletin.objects.filter(owner=agency, external_id__startswith="DEMO-").exists():
                continue
            _release_reports(agency, who, at)
            counts["bulletins"] += _bulletins(agency, who, at)
    _unfinished(at)
    return counts


def _is_loaded() -> bool:
    """Whether the last thing that loading writes is there."""
    officer = viewer_of(Person.objects.get(username="cbp.officer"))
    with viewing(officer):
        return Bulletin.objects.filter(owner_id=officer.agency_id, external_id="DAY-2").exists()


def _author(agency: Agency) -> Viewer:
    username = AUTHORS.get(agency.code)
    return viewer_of(Person.objects.get(username=username)) if username else desk_of(agency)


def _release_reports(agency: Agency, who: Viewer, at: datetime) -> None:
    """All reports of the agency to its audience, as of a month ago, without alerts."""
    reports = list(SeizureReport.objects.filter(owner=agency, originator=agency, latest__gt=0).order_by("id"))
    if reports:
        release(
            reports, _plan(agency, "TLP:GREEN", at), viewer=who, at=at - timedelta(days=30), announce=False
        )


def _bulletins(agency: Agency, who: Viewer, at: datetime) -> int:
    """One bulletin for each method and mode the agency has reported, newest last, the last few announced."""
    made = 0
    groups = list(_groups(agency))
    for number, (method, mode, reports) in enumerate(groups):
        age = timedelta(hours=7) * (len(groups) - number) + timedelta(minutes=11 * number)
        bulletin = _write(agency, who, f"DEMO-{number + 1}", word(method, mode, reports), reports, at - age)
        plan = replace(
            _plan(agency, AUDIENCES[agency.code][2], at, hold_back=number % 3 == 0),
            acknowledge_by=_asked_by(agency, len(groups) - number, at),
        )
        recent = len(groups) - number <= RECENT
        release([bulletin], plan, viewer=who, at=at - age + timedelta(minutes=20), announce=recent)
        made += 1
    return made


def _asked_by(agency: Agency, place: int, at: datetime) -> datetime | None:
    """Until when the bulletin is to be acknowledged; `place` is 1 for the agency's newest."""
    if agency.code != ASKING:
        return None
    return {1: at + ASKED_FOR, 2: at - OVERDUE_SINCE}.get(place)


def _groups(agency: Agency) -> Iterator[tuple[Method, Mode, list[SeizureReport]]]:
    """The agency's reports by method and mode, the newest report and the most frequent way last.

    The vague ones are left out.
    """
    methods, modes = Method.objects.in_bulk(), Mode.objects.in_bulk()
    found: dict[tuple[str, str], list[SeizureReport]] = defaultdict(list)
    reports = SeizureReport.objects.filter(owner=agency, originator=agency).prefetch_related(
        "substances__drug"
    )
    for report in reports.annotate(drugs=Count("substances")).filter(drugs__gt=0).order_by("id"):
        for code in report.methods[:1]:
            if report.mode_id and not code.endswith(("UNSP", "MULTI", "UNDECL")):
                found[code, report.mode_id].append(report)
    for (code, mode), members in sorted(found.items(), key=lambda item: (len(item[1]), item[0]))[-GROUPS:]:
        members.sort(key=lambda report: (report.occurred_on is not None, str(report.occurred_on), report.pk))
        yield methods[code], modes[mode], members


def _write(
    agency: Agency, who: Viewer, name: str, wording: Wording, reports: list[SeizureReport], at: datetime
) -> Bulletin:
    newest = reports[-1]
    bulletin = Bulletin(kind=Kind.BULLETIN)
    values = {
        "external_id": name,
        "title": wording.title,
        "tear_line": wording.tear_line,
        "narrative": wording.narrative,
        "hazard": bool(wording.safety_note),
        "safety_note": wording.safety_note,
        "source_url": newest.source_url,
        "methods": sorted({code for report in reports for code in report.methods}),
        "tlp": AUDIENCES[agency.code][2],
        "urgency": "priority" if wording.safety_note else "routine",
        **{
            field: getattr(newest, field)
            for field in (
                "mode", "occurred_on", "occurred_period", "country", "region", "state", "place", "port", "latitude",
                "longitude", "conveyance", "origin_country", "concealment", "detection", "referred_to", "packages",
            )
        },
    }  # fmt: skip
    substances = [
        {
            "drug": row.drug_id,
            "quantity": row.quantity,
            "unit": row.unit,
            "qualifier": row.qualifier,
            "form": row.form,
        }
        for row in newest.substances.all()
    ]
    write_down(bulletin, values, viewer=who, at=at, substances=substances)
    SourceLink.objects.bulk_create(SourceLink(bulletin=bulletin, source=report) for report in reports)
    publish(bulletin, viewer=who, at=at)
    return bulletin


def _plan(agency: Agency, tlp: str, at: datetime, *, hold_back: bool = False) -> Plan:
    agencies, communities, _ = AUDIENCES[agency.code]
    held = frozenset({"technique"} if hold_back else ())
    picks: list[Pick] = [
        Pick(agency=pk, withheld=held if code == "CBSA" else frozenset()) for code, pk in _ids(agencies)
    ]
    picks += [
        Pick(community=pk)
        for pk in Community.objects.filter(code__in=communities).values_list("pk", flat=True)
    ]
    return Plan(picks=tuple(picks), tlp=tlp, need_to_know=NEED, right_to_know=RIGHT)


def _ids(codes: Iterable[str]) -> list[tuple[str, int]]:
    return list(Agency.objects.filter(code__in=list(codes)).order_by("code").values_list("code", "pk"))


def _unfinished(at: datetime) -> None:
    """What a working day leaves: a draft, and a bulletin that waits for its release."""
    officer = viewer_of(Person.objects.get(username="cbp.officer"))
    with viewing(officer):
        if Bulletin.objects.filter(owner_id=officer.agency_id, external_id__startswith="DAY-").exists():
            return
        for name, title, tear_line, methods, ready in (
            ("DAY-1", "Fentanyl pills in a speaker box", "", ["VEH-INT-SPKR"], False),
            (
                "DAY-2",
                "Cocaine in the frame rails of a trailer",
                "Cocaine bricks lie in the frame rails of an empty trailer, behind a bolted end plate.",
                ["TRK-FRAME"],
                True,
            ),
        ):
            bulletin = Bulletin(kind=Kind.BULLETIN)
            values = {"external_id": name, "title": title, "tear_line": tear_line, "methods": methods}
            drug = "cocaine" if ready else "fentanyl"
            rows = [{"drug": drug, "quantity": 42 if ready else 9, "unit": "lb"}]
            when = at - timedelta(hours=3)
            write_down(bulletin, values, viewer=officer, at=when, substances=rows)
            if ready:
                publish(bulletin, viewer=officer, at=when)
