"""Whom a release may go to: the picker's communities and agencies, as the viewer may know them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.accounts.viewer import Viewer
from hub.agencies.bands import Band, band_of, country_name
from hub.agencies.models import Agency, AgencyState
from sharing.communities.models import Community, Membership

EVERYBODY = "everybody"
COMMUNITY = "community:"


@dataclass(frozen=True)
class Target:
    """`key` names it in forms. `words` is what the picker's filter looks through."""

    key: str
    label: str
    code: str
    words: str = ""
    agency: int | None = None
    community: int | None = None

    @cached_property
    def slug(self) -> str:
        """The same where only letters, digits and dashes may stand."""
        return slugify(self.key)


@dataclass(frozen=True)
class Targets:
    communities: tuple[Target, ...]
    bands: tuple[tuple[Band, tuple[Target, ...]], ...]
    everybody: Target

    def __iter__(self) -> Iterator[Target]:
        yield from self.communities
        for _band, members in self.bands:
            yield from members
        yield self.everybody


def targets_for(viewer: Viewer) -> Targets:
    """Communities the viewer's agency belongs to or leads, and every other active agency."""
    confirmed = Membership.objects.filter(left_at=None, confirmed_at__isnull=False)
    sizes = dict(confirmed.order_by().values_list("community_id").annotate(Count("id")))
    communities = tuple(
        Target(
            key=f"{COMMUNITY}{community.code}",
            label=_community_label(community, viewer, sizes.get(community.pk, 0)),
            code=community.code,
            words=f"{community.code} {community.name} {community.get_kind_display()}".casefold(),
            community=community.pk,
        )
        for community in Community.objects.exclude(closes_at__lte=timezone.now()).order_by("kind", "name")
    )
    bands: dict[Band, list[Target]] = defaultdict(list)
    others = Agency.objects.filter(state=AgencyState.ACTIVE).exclude(pk=viewer.agency_id)
    for agency in others.order_by("code"):
        words = f"{agency.code} {agency.label} {agency.region} {country_name(agency.country)}"
        bands[band_of(agency)].append(
            Target(agency.code, agency.label, agency.code, words.casefold(), agency=agency.pk)
        )
    return Targets(
        communities,
        tuple((band, tuple(members)) for band, members in sorted(bands.items())),
        Target(EVERYBODY, _("Every agency of the hub (TLP:CLEAR only)"), "", "everybody all every"),
    )


def _community_label(community: Community, viewer: Viewer, size: int) -> str:
    """`South Texas HIDTA (all 13 members)`; beside it, its centre is an agency of the same name."""
    if not community.roster_visible and community.lead_id != viewer.agency_id:
        return _("%(name)s (members not listed)") % {"name": community.name}
    return ngettext("%(name)s (%(n)d member)", "%(name)s (all %(n)d members)", size) % {
        "name": community.name,
        "n": size,
    }
