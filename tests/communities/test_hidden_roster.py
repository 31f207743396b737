"""A hidden roster stays its lead's when members join, leave and it closes: no owner learns a name by it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.audiences.holders import holders_of
from sharing.audiences.models import Grant
from sharing.communities.models import Membership
from sharing.flow.admitting import leave
from sharing.flow.convening import close, show_roster
from sharing.releases.targets import targets_for
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.communities.conftest import by, holds, join, operation
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db


def held_by(bulletin) -> tuple[list[str], tuple[str, ...]]:
    who = viewer("cbp.releaser")
    with viewing(who):
        found = holders_of(bulletin.pk, who)
    return [each.code for each in found.agencies], found.communities


def shared_by_a_member():
    """CBP's bulletin, released to a hidden roster that CBSA leads, and to HSI by name."""
    group = operation("CBSA", "CBP", "HSI", "DEA", listed=False)
    bulletin = published_bulletin()
    released(bulletin, f"community:{group.code}", "HSI", tlp="TLP:GREEN")
    return group, bulletin


def test_an_owner_that_has_left_is_told_of_no_member():
    group, bulletin = shared_by_a_member()
    assert held_by(bulletin) == (["HSI"], ("Night Haul",))
    by("CBP", leave, group)
    assert holds("DEA") == {bulletin.ref} == holds("HSI")
    assert held_by(bulletin) == (["HSI"], ("Night Haul",))
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/"))
    assert "HSI" in page and "DEA" not in page


def test_an_owner_is_told_of_no_member_when_it_has_closed():
    group, bulletin = shared_by_a_member()
    other = operation("CBSA", "DEA", listed=False)
    join(other, "CBP")
    released(bulletin, f"community:{other.code}", tlp="TLP:GREEN")
    by("CBSA", close, group)
    assert holds("DEA") == {bulletin.ref}
    assert "DEA" not in held_by(bulletin)[0]


def test_a_client_of_a_member_and_a_member_are_told_nothing_of_each_other():
    group, _bulletin = shared_by_a_member()
    for code in ("HSI", "DEA"):
        who = viewer({"HSI": "hsi.agent", "DEA": "dea.agent"}[code])
        with viewing(who):
            seen = Membership.objects.filter(community=group).values_list("agency__code", flat=True)
            assert list(seen) == [code]


def test_a_closed_community_is_picked_no_more():
    group = operation("CBP", "HSI")

    def picks(username):
        who = viewer(username)
        with viewing(who):
            return {target.code for target in targets_for(who).communities}

    assert group.code in picks("cbp.releaser") and group.code in picks("hsi.agent")
    by("CBP", close, group, at=timezone.now())
    assert group.code not in picks("cbp.releaser") and group.code not in picks("hsi.agent")


def test_what_a_roster_now_hidden_gave_rests_on_another_release_where_there_is_one():
    group, other = operation("CBP", "DEA"), operation("CBP", "DEA")
    bulletin = published_bulletin()
    released(bulletin, f"community:{group.code}", f"community:{other.code}", tlp="TLP:GREEN")
    for listed in (group, other):
        by("CBP", show_roster, listed, visible=False)
        with engine():
            rows = Grant.objects.filter(content_object=bulletin, group__agency__code="DEA")
            resting = rows.values_list("release__community_id", flat=True).get()
        # The one that is still listed; of two that are not, the earlier.
        assert resting == (other.pk if listed == group else group.pk)
