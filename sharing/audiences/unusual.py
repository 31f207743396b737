"""What is unusual about a release, in words before the button."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.faces.wording import Wording, label_of
from bulletins.markings.models import TLP
from bulletins.models import Record
from bulletins.vocabulary.lists import FieldGroup
from hub.pages.times import zone_name
from sharing.audiences.naming import names_in
from sharing.releases.facts import World
from sharing.releases.grounds import Decision
from sharing.releases.plan import Plan

if TYPE_CHECKING:
    from sharing.audiences.preview import PreviewRow

Content = dict[str, dict[str, Any]]


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
    asked_by: datetime | None = None

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
    if foreseen.asked_by:
        by = localtime(foreseen.asked_by)
        said = f"{date_format(by, 'j M Y, H:i')} {zone_name(by)}"
        found.append(
            _(
                "Each agency is asked to acknowledge by %(by)s. Of one that has not, the desk and the administrators "
                "are told then, and so are you."
            )
            % {"by": said}
        )
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
    told: dict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(list)
    alike: dict[tuple[frozenset[str], Wording], list[int]] = defaultdict(list)
    for pk, each in foreseen.decided.items():
        if each.allowed:
            alike[each.withheld, each.wording].append(pk)
    for (withheld, wording), agencies in alike.items():
        for named in names_in(foreseen.content, withheld, wording):
            told[label_of(named.field), named.group, named.said] += agencies
    return [
        _(
            "%(where)s names %(said)s, but “%(group)s” is withheld from %(codes)s. "
            "Give them other words in its place, withhold the text too, or amend it: else the name goes out."
        )
        % {
            "where": where,
            "said": ", ".join(f"“{name}”" for name in said),
            "group": str(FieldGroup(group).label),
            "codes": foreseen.codes(agencies),
        }
        for (where, group, said), agencies in told.items()
    ]
