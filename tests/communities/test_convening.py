"""Communities are made, extended and closed; what came only through one ends with it, at the instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from hub.database.context import viewing
from sharing.audiences.actions import rebuild_grants
from sharing.communities.models import Community, CommunityKind, Membership
from sharing.flow.convening import close, convene, set_community, show_roster
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.communities.conftest import by, holds, operation, spokesman, told

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def shared(community: Community, *also: str, tlp: str = "TLP:GREEN") -> str:
    bulletin = published_bulletin()
    released(bulletin, f"community:{community.code}", *also, tlp=tlp)
    return bulletin.ref


def test_an_operation_group_closes_at_the_instant_without_any_job(jump):
    group = operation("CBP", "HSI", days=30)
    only, named = shared(group), shared(group, "HSI", tlp="TLP:AMBER")
    assert holds("HSI") == {only, named}
    jump(group.closes_at - timedelta(seconds=1))
    assert holds("HSI") == {only, named}
    jump(group.closes_at)
    # Nothing has run: the rows are as they were, and deny. What also came by name is computed anew soon after.
    assert only not in holds("HSI")
    with viewing(spokesman("HSI")):
        assert not Community.objects.filter(code=group.code).exists()
    rebuild_grants(group.closes_at)
    assert holds("HSI") == {named}


def test_closing_early_takes_away_at_once_and_keeps_what_came_otherwise():
    group = operation("CBP", "HSI", "TXDPS")
    only, named = shared(group), shared(group, "HSI")
    assert holds("HSI") == {only, named}
    by("CBP", close, group)
    assert holds("HSI") == {named} and holds("TXDPS") == set()
    assert told("HSI")[-1] == {"what": "community.closed", "community": "Night Haul"}
    with pytest.raises(ValidationError, match="does not open again"):
        by("CBP", close, group)
    with pytest.raises(ValidationError, match="does not open again"):
        by("CBP", set_community, group, description="", closes_at=timezone.now() + DAY)
    assert rebuild_grants(timezone.now()).withdrawn == []


def test_extending_moves_the_end_of_what_came_through_it(jump):
    group = operation("CBP", "HSI", days=30)
    ref, first_end = shared(group), group.closes_at
    later = first_end + 10 * DAY
    by("CBP", set_community, group, description="Longer", closes_at=later)
    jump(first_end + DAY)
    assert holds("HSI") == {ref}
    jump(later)
    assert holds("HSI") == set()
    assert told("HSI")[-1]["what"] == "community.closes"


def test_an_operation_group_without_a_closing_date_cannot_be():
    values = {"name": "X", "description": "", "roster_visible": True}
    for when, said in (
        (None, "say when it closes"),
        (timezone.now() - DAY, "in the future"),
        (timezone.now() + 400 * DAY, "a year at most"),
    ):
        with pytest.raises(ValidationError, match=said):
            by("CBP", convene, closes_at=when, **values)
    who = spokesman("CBP")
    with viewing(who), pytest.raises(IntegrityError), transaction.atomic():
        Community.objects.create(code="OP-X", name="X", kind="operation", lead_id=who.agency_id)


def test_whoever_makes_a_group_leads_it_and_its_code_is_no_ones_choice():
    group = operation("CBP")
    assert group.lead == agency("CBP") and group.code.startswith("OP-") and len(group.code) == 12
    again = by(
        "CBP", convene, name="Chosen", description="", closes_at=timezone.now() + DAY, roster_visible=True,
        kind=CommunityKind.HIDTA, code="HIDTA-WTX", lead="DEA",
    )  # fmt: skip
    assert again.kind == CommunityKind.OPERATION and again.code != "HIDTA-WTX" and again.lead == agency("CBP")


def test_the_steward_brings_communities_of_every_kind_on_board():
    steward = viewer("steward")
    with viewing(steward):
        found = convene(
            name="Northern Border", description="", closes_at=None, roster_visible=True,
            kind=CommunityKind.BILATERAL, code="north-1", lead="dea", viewer=steward, at=timezone.now(),
        )  # fmt: skip
        assert (found.code, found.lead) == ("NORTH-1", agency("DEA"))
        assert list(Membership.objects.filter(community=found).values_list("agency_id", flat=True)) == [
            agency("DEA").pk
        ]
        with pytest.raises(ValidationError, match="community with this code"):
            convene(
                name="Twice", description="", closes_at=None, roster_visible=True,
                kind=CommunityKind.BILATERAL, code="NORTH-1", lead="DEA", viewer=steward, at=timezone.now(),
            )  # fmt: skip
    with viewing(viewer("inspector")), pytest.raises(PermissionDenied):
        convene(
            name="No", description="", closes_at=None, roster_visible=True, viewer=viewer("inspector"),
            at=timezone.now(),
        )  # fmt: skip


def test_the_lead_alone_switches_the_roster_and_members_are_told():
    group = operation("CBP", "HSI", "TXDPS")

    def roster(code):
        with viewing(spokesman(code)):
            return set(Membership.objects.filter(community=group).values_list("agency__code", flat=True))

    assert roster("HSI") == {"CBP", "HSI", "TXDPS"}
    with pytest.raises(PermissionDenied):
        by("HSI", show_roster, group, visible=False)
    by("CBP", show_roster, group, visible=False)
    assert roster("HSI") == {"HSI"} and roster("CBP") == {"CBP", "HSI", "TXDPS"}
    assert told("HSI")[-1] == {"what": "community.unlisted", "community": "Night Haul"}
    with pytest.raises(ValidationError, match="meanwhile"):
        by("CBP", show_roster, group, visible=False)
    by("CBP", show_roster, group, visible=True)
    assert told("TXDPS")[-1]["what"] == "community.listed"


@pytest.mark.parametrize(
    "sql",
    [
        "update sharing_membership set with_history = true, joined_at = now() where agency_id = %(me)s",
        "insert into sharing_membership (community_id, agency_id, joined_at, confirmed_at, with_history)"
        " values (%(group)s, %(me)s, now(), now(), true)",
        "update sharing_community set lead_id = %(me)s where id = %(group)s",
        "insert into sharing_community (code, name, kind, lead_id, description, roster_visible)"
        " values ('OURS', 'Ours', 'hidta', %(me)s, '', true)",
        "insert into sharing_joining (uid, code, agency_id, invited_at, lapses_at, with_history, reason, outcome)"
        " values (gen_random_uuid(), %(code)s, %(me)s, now(), now(), false, '', '')",
        "delete from sharing_membership where agency_id = %(me)s",
    ],
)
def test_past_the_code_nobody_makes_themselves_a_member_or_a_lead(sql):
    group = operation("CBP")
    who = spokesman("TXDPS")
    parameters = {"me": who.agency_id, "group": group.pk, "code": group.code}
    with viewing(who), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_leaving_is_the_one_change_a_member_makes_to_its_membership():
    group = operation("CBP", "TXDPS", "HSI")
    with viewing(spokesman("TXDPS")), connection.cursor() as cursor:
        cursor.execute(
            "update sharing_membership set left_at = clock_timestamp() where community_id = %s", [group.pk]
        )
        assert cursor.rowcount == 1
