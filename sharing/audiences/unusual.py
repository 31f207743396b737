"""What is unusual about a release, in words before the button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.markings.models import TLP
from bulletins.models import Record
from bulletins.vocabulary.lists import FieldGroup
from bulletins.vocabulary.terms import terms
from sharing.releases.facts import World
from sharing.releases.grounds import Decision
from sharing.releases.plan import Plan

if TYPE_CHECKING:
    from sharing.audiences.preview import PreviewRow

Content = dict[str, dict[str, Any]]
SHORTEST = 4


@dataclass(frozen=True)
class Foreseen:
    """All that a preview found out. `decided` holds only agencies that the viewer may be told of."""

    record: Record
    plan: Plan
    world: World
    decided: dict[int, Decision]
    content: Content
    rows: tuple[PreviewRow, ...]
    lost: frozenset[int]
    begins: datetime | None

    def codes(self, agencies: Iterable[int]) -> str:
        return ", ".join(sorted(self.world.parties[pk].code for pk in agencies))


def unusual(foreseen: Foreseen) -> list[str]:
    return [
        *_new_and_lost(foreseen),
        *_clients(foreseen),
        *_borders(foreseen),
        *_photographs(foreseen),
        *_names(foreseen),
    ]


def _new_and_lost(foreseen: Foreseen) -> list[str]:
    found = []
    first = sorted(row.code for row in foreseen.rows if row.first_time)
    if first:
        found.append(_("First time anything of yours goes to %(codes)s.") % {"codes": ", ".join(first)})
    refused = sum(1 for row in foreseen.rows if row.outcome == "no" and row.agency not in foreseen.lost)
    if refused:
        found.append(
            ngettext(
                "%(n)d agency you picked is not reached. It learns nothing, not even that this exists.",
                "%(n)d agencies you picked are not reached. They learn nothing, not even that this exists.",
                refused,
            )
            % {"n": refused}
        )
    losing = [row.agency for row in foreseen.rows if row.outcome == "no" and row.held and row.agency]
    if losing:
        found.append(
            _("%(codes)s would lose what they have, and be told that it is no longer shared.")
            % {"codes": foreseen.codes(losing)}
        )
    if foreseen.begins:
        start = date_format(localtime(foreseen.begins), "j M Y, H:i")
        found.append(_("Nobody gets it before %(start)s.") % {"start": start})
    return found


def _clients(foreseen: Foreseen) -> list[str]:
    """Agencies reached through their parent, which nobody picked by name."""
    named = {pick.agency for pick in foreseen.plan.picks if pick.agency}
    clients = [
        pk
        for pk, each in foreseen.decided.items()
        if each.allowed and pk not in named and foreseen.world.parties[pk].parent in named
    ]
    if not clients or foreseen.plan.tlp == TLP.CLEAR:
        return []
    return [
        _("%(codes)s get it as clients of agencies you named; TLP:AMBER+STRICT leaves clients out.")
        % {"codes": foreseen.codes(clients)}
    ]


def _borders(foreseen: Foreseen) -> list[str]:
    world, record = foreseen.world, foreseen.record
    home = world.parties[record.owner_id].nation
    abroad = [
        pk
        for pk, each in foreseen.decided.items()
        if each.allowed and world.parties[pk].nation != home and FieldGroup.IDENTIFIERS not in each.withheld
    ]
    if not abroad or not foreseen.content.get(FieldGroup.IDENTIFIERS):
        return []
    return [_("Identifiers cross a border, to %(codes)s.") % {"codes": foreseen.codes(abroad)}]


def _photographs(foreseen: Foreseen) -> list[str]:
    """Photographs are withheld with their group: who gets fewer is easily overlooked."""
    telling = foreseen.content.get(FieldGroup.TECHNIQUE, {}).get("photographs")
    without = [
        pk for pk, each in foreseen.decided.items() if each.allowed and FieldGroup.TECHNIQUE in each.withheld
    ]
    if not telling or not without:
        return []
    return [
        _("Photographs that show how it was found stay behind for %(codes)s.")
        % {"codes": foreseen.codes(without)}
    ]


def _names(foreseen: Foreseen) -> list[str]:
    """Free text that names what a group withholds: the title names Otay Mesa, and CBSA gets no place."""
    found = []
    for group, names in _named_by(foreseen.content).items():
        without = {
            pk: each.withheld
            for pk, each in foreseen.decided.items()
            if each.allowed and group in each.withheld
        }
        for where, holder, text in _texts(foreseen.content):
            said = sorted(name for name in names if name.casefold() in text.casefold())
            told = [pk for pk, withheld in without.items() if holder not in withheld]
            if said and told:
                found.append(
                    _(
                        "%(where)s names %(said)s, but “%(group)s” is withheld from %(codes)s. "
                        "Amend the text, or withhold it too."
                    )
                    % {
                        "where": where,
                        "said": ", ".join(f"“{name}”" for name in said),
                        "group": str(FieldGroup(group).label),
                        "codes": foreseen.codes(told),
                    }
                )
    return found


def _texts(content: Content) -> list[tuple[str, str, str]]:
    """Free texts: what each is called, the group it goes with, what it says."""
    core, detail = content.get("core", {}), content.get("detail", {})
    technique = content.get("technique", {})

    def captions(facts: dict[str, Any]) -> str:
        return " ".join(row.get("caption", "") for row in facts.get("photographs", []))

    return [
        (_("The title"), "core", core.get("title", "")),
        (_("The tear line"), "core", core.get("tear_line", "")),
        (_("The safety note"), "core", core.get("safety_note", "")),
        (_("The conveyance"), "core", core.get("conveyance", "")),
        (_("The narrative"), "detail", f"{detail.get('narrative', '')} {detail.get('concealment', '')}"),
        (_("A caption"), "detail", captions(detail)),
        (_("How it was found"), "technique", f"{technique.get('technique', '')} {captions(technique)}"),
    ]


def _named_by(content: Content) -> dict[str, set[str]]:
    """What a group that can be withheld names, as words that free text might repeat."""
    place, case = content.get("place", {}), content.get("case", {})
    port = terms().ports.get(place.get("port", ""))
    places = [place.get("place"), port.label if port else ""]
    places += [str(name).split(",")[0] for name in places if name]
    found = {
        "place": places,
        "identifiers": [row["value"] for row in content.get("identifiers", {}).get("items", [])],
        "case": [case.get("case_number"), case.get("investigators"), case.get("own_reference")],
    }
    return {
        group: {str(name).strip() for name in names if name and len(str(name).strip()) >= SHORTEST}
        for group, names in found.items()
    }
