"""What a release would do, before it is done: a row for each agency picked, and the unusual in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.models import Record, Version
from bulletins.vocabulary.lists import FieldGroup
from bulletins.vocabulary.models import Port
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import engine
from sharing.audiences.models import Grant
from sharing.communities.models import Community
from sharing.releases.facts import World, load, remarked
from sharing.releases.plan import Plan, plan_refusals
from sharing.releases.rules import Decision, decide


@dataclass(frozen=True)
class PreviewRow:
    """`outcome` is all, part or no. A community with a hidden roster is one row without `agency`."""

    code: str
    name: str
    band: str
    outcome: str
    withheld: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    first_time: bool = False
    agency: int | None = None
    country: str = ""
    count: int = 1


@dataclass(frozen=True)
class Preview:
    rows: tuple[PreviewRow, ...]
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def reached(self) -> int:
        return sum(row.count for row in self.rows if row.outcome != "no")

    @property
    def countries(self) -> int:
        return len({row.country for row in self.rows if row.outcome != "no" and row.country})

    def count(self, outcome: str) -> int:
        return sum(row.count for row in self.rows if row.outcome == outcome)


def preview(record: Record, plan: Plan, *, viewer: Viewer, at: datetime) -> Preview:
    """Decide the plan for every agency it picks, without writing anything. `record` is the viewer's own agency's."""
    world = load([record.pk], whole=True)
    planned = _planned(world, record, plan, at)
    own = record.owner_id
    picked = sorted(planned.reachable(record.pk) - {own})
    decided = {
        agency: decide(planned.subjects[record.pk], planned.parties[agency], planned.facts[record.pk], at)
        for agency in picked
    }
    refusals = plan_refusals(plan, owner_country=world.parties[own].country, at=at)
    known = _known_partners(own)
    rows = _rows(decided, planned, plan, viewer, known)
    return Preview(tuple(rows), tuple(refusals), tuple(_warnings(record, rows, decided, planned, own)))


def _planned(world: World, record: Record, plan: Plan, at: datetime) -> World:
    """The world as the plan would make it: its marking, and its releases in place of all to the same targets."""
    subject = remarked(world.subjects[record.pk], tlp=plan.tlp, controls=plan.controls, rel_to=plan.rel_to)
    facts = world.facts[record.pk]
    fresh = plan.reaches(record.latest, facts.rosters, at)
    return replace(world, subjects={record.pk: subject}, facts={record.pk: replace(facts, releases=fresh)})


def _known_partners(owner: int) -> set[int]:
    """Agencies that hold something of the owner's already."""
    with engine():
        return set(Grant.objects.filter(face__owner_id=owner).values_list("group_id", flat=True).distinct())


def _rows(
    decided: dict[int, Decision], world: World, plan: Plan, viewer: Viewer, known: set[int]
) -> list[PreviewRow]:
    agencies = Agency.objects.in_bulk(list(decided))
    hidden = _hidden(plan, viewer)
    named = {pick.agency for pick in plan.picks if pick.agency}
    rows = []
    for community, members in hidden.items():
        inside = [decided[member] for member in members if member in decided and member not in named]
        rows.append(_hidden_row(community, inside))
    covered = {member for members in hidden.values() for member in members} - named
    for pk, found in decided.items():
        if pk not in covered:
            rows.append(_row(agencies[pk], found, pk not in known))
    order = {"all": 0, "part": 0, "no": 1}
    return sorted(rows, key=lambda row: (order[row.outcome], BANDS.index(row.band), row.code))


BANDS = ["us_federal", "us_other", "foreign", "international", "community"]


def band_label(band: str) -> str:
    return {
        "us_federal": _("United States, federal"),
        "us_other": _("United States, HIDTA, state, local and tribal"),
        "foreign": _("Foreign partners"),
        "international": _("International bodies"),
        "community": _("Communities with a hidden roster"),
    }[band]


def _band(agency: Agency) -> str:
    if agency.kind == "international":
        return "international"
    if agency.country != "US":
        return "foreign"
    return "us_federal" if agency.kind == "federal" else "us_other"


def _row(agency: Agency, found: Decision, first_time: bool) -> PreviewRow:
    outcome = "no" if not found.allowed else "part" if found.withheld else "all"
    return PreviewRow(
        code=agency.code,
        name=agency.label,
        band=_band(agency),
        outcome=outcome,
        withheld=tuple(
            str(FieldGroup(group).label) for group in FieldGroup.values if group in found.withheld
        ),
        reasons=found.reasons,
        first_time=found.allowed and first_time,
        agency=agency.pk,
        country=agency.country,
    )


def _hidden(plan: Plan, viewer: Viewer) -> dict[Community, list[int]]:
    """Communities picked whose roster the viewer may not see, with their members."""
    ids = [pick.community for pick in plan.picks if pick.community]
    with engine():
        found = Community.objects.filter(pk__in=ids, roster_visible=False).exclude(lead_id=viewer.agency_id)
        return {
            community: list(community.memberships.filter(left_at=None).values_list("agency_id", flat=True))
            for community in found
        }


def _hidden_row(community: Community, inside: list[Decision]) -> PreviewRow:
    reached = [found for found in inside if found.allowed]
    part = sum(1 for found in reached if found.withheld)
    words = ngettext("%(n)d agency", "%(n)d agencies", len(reached)) % {"n": len(reached)}
    return PreviewRow(
        code=community.code,
        name=community.name,
        band="community",
        outcome="no" if not reached else "part" if part else "all",
        reasons=(words, _("%(n)d in part") % {"n": part}) if part else (words,),
        count=len(reached),
    )


def _warnings(
    record: Record, rows: list[PreviewRow], decided: dict[int, Decision], world: World, owner: int
) -> list[str]:
    """The unusual, in words."""
    found = []
    reached = [row for row in rows if row.outcome != "no"]
    for row in reached:
        if row.first_time:
            found.append(_("First time anything of yours goes to %(code)s.") % {"code": row.code})
    refused = sum(row.count for row in rows if row.outcome == "no")
    if refused:
        found.append(
            ngettext(
                "%(n)d agency you picked is not reached. It learns nothing, not even that this exists.",
                "%(n)d agencies you picked are not reached. They learn nothing, not even that this exists.",
                refused,
            )
            % {"n": refused}
        )
    home = world.parties[owner].nation
    subject = world.subjects[record.pk]
    abroad = [
        world.parties[pk].code
        for pk, each in decided.items()
        if each.allowed and world.parties[pk].nation != home and "identifiers" not in each.withheld
    ]
    if abroad and subject.has_identifiers:
        found.append(_("Identifiers cross a border to %(codes)s.") % {"codes": ", ".join(abroad)})
    found += naming_warnings(record, decided, world)
    return found


def naming_warnings(record: Record, decided: dict[int, Decision], world: World) -> list[str]:
    """Free text that names what a group withholds: "the title names Otay Mesa; place is withheld from CBSA"."""
    version = Version.objects.filter(record=record, number=record.latest).first()
    if version is None:
        return []
    content = version.content
    core, detail, technique = content["core"], content.get("detail", {}), content.get("technique", {})
    texts = {
        _("the title"): (None, core.get("title", "")),
        _("the tear line"): (None, core.get("tear_line", "")),
        _("the safety note"): (None, core.get("safety_note", "")),
        _("the conveyance"): (None, core.get("conveyance", "")),
        _("the narrative"): ("detail", f"{detail.get('narrative', '')} {detail.get('concealment', '')}"),
        _("a caption"): ("detail", " ".join(row.get("caption", "") for row in detail.get("photographs", []))),
        _("the technique"): ("technique", technique.get("technique", "")),
    }
    found = []
    for group, names in _names(content).items():
        holders = [
            (world.parties[pk].code, each.withheld)
            for pk, each in decided.items()
            if each.allowed and group in each.withheld
        ]
        for where, (own_group, text) in texts.items():
            said = sorted(name for name in names if name.casefold() in text.casefold())
            shown_to = [code for code, withheld in holders if own_group not in withheld]
            if said and shown_to:
                found.append(
                    _(
                        "%(where)s names %(said)s; %(group)s is withheld from %(codes)s. Change the text or withhold it."
                    )
                    % {
                        "where": where.capitalize(),
                        "said": ", ".join(said),
                        "group": str(FieldGroup(group).label).lower(),
                        "codes": ", ".join(sorted(shown_to)),
                    }
                )
    return found


def _names(content: dict[str, dict]) -> dict[str, set[str]]:  # type: ignore[type-arg]
    """What each withholdable group names, as words that free text might repeat."""
    place, case = content.get("place", {}), content.get("case", {})
    port = Port.objects.filter(code=place.get("port", "")).values_list("label", flat=True).first()
    return {
        "place": {name for name in (place.get("place"), place.get("state"), port) if name and len(name) > 3},
        "identifiers": {
            row["value"] for row in content.get("identifiers", {}).get("items", []) if len(row["value"]) > 3
        },
        "case": {
            name for name in (case.get("case_number"), case.get("investigators")) if name and len(name) > 3
        },
    }
