"""Into a community and out of it: from now, with history, by invitation, by code; told, and taken away at once."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.database.context import viewing
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.membership import Extent, history, losses
from sharing.audiences.models import Withdrawal
from sharing.communities.models import Community, Joining, Membership
from sharing.flow.admitting import confirm, leave, remove
from sharing.flow.belonging import confirm_child, name_parent
from sharing.flow.joining import accept, ask, decline, invite, withdraw
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.communities.conftest import by, confirmed, holds, join, operation, spokesman, told

pytestmark = pytest.mark.django_db


def shared(community: Community, *also: str, tlp: str = "TLP:GREEN", author: str = "cbp.officer", **values):
    bulletin = published_bulletin(author, **values)
    by_whom = {"cbp.officer": "cbp.releaser", "cbsa.officer": "cbsa.releaser"}[author]
    released(bulletin, f"community:{community.code}", *also, tlp=tlp, by=by_whom)
    return bulletin.ref


def nothing_to_mend() -> bool:
    found = rebuild_grants(timezone.now())
    return not (found.granted or found.changed or found.withdrawn)


def test_who_joins_from_now_has_what_is_released_from_then_on():
    group = operation("CBP", "HSI")
    before = shared(group)
    join(group, "TXDPS")
    after = shared(group)
    assert holds("HSI") == {before, after}
    assert holds("TXDPS") == {after}
    assert nothing_to_mend()


def test_who_joins_with_history_has_what_was_released_before():
    group = operation("CBP", "HSI")
    green, amber = shared(group), shared(group, tlp="TLP:AMBER")
    join(group, "TXDPS", with_history=True)
    # TLP:AMBER was for those who were members then: history extends no need to know.
    assert holds("HSI") == {green, amber} and holds("TXDPS") == {green}
    assert nothing_to_mend()


def test_history_never_extends_an_originators_consent():
    group = operation("CBP", "HSI")
    own = shared(group)
    others = shared(group, originator=agency("DEA"))
    join(group, "TXDPS", with_history=True)
    assert holds("TXDPS") == {own} and others not in holds("TXDPS")


def test_history_crosses_a_border_under_an_agreement_alone():
    group = operation("CBP", "HSI")
    ref = shared(group)
    join(group, "CBSA", with_history=True)
    join(group, "RCMP", with_history=True)
    assert holds("CBSA") == {ref} and holds("RCMP") == set()


def test_before_the_lead_confirms_nothing_is_given():
    group = operation("CBP", "HSI")
    shared(group)
    joining = by("CBP", invite, group, "TXDPS")
    by("TXDPS", accept, joining, with_history=True, reason="Ours")
    assert holds("TXDPS") == set()
    assert by("CBP", history, group.pk, agency("TXDPS").pk) == Extent(1, 1)
    confirmed(group, joining, with_history=True)
    assert len(holds("TXDPS")) == 1


def test_owners_are_told_how_many_of_theirs_history_reached():
    group = operation("CBP", "HSI", "CBSA")
    refs = {shared(group), shared(group), shared(group, author="cbsa.officer")}
    shared(group, tlp="TLP:AMBER")
    join(group, "TXDPS", with_history=True)
    assert holds("TXDPS") <= refs
    word = {"what": "community.history", "agency": "TXDPS", "community": "Night Haul"}
    assert {**word, "records": 2} in told("CBP")
    # CBSA has an agreement with CBP, not with Texas: nothing of its own went there, and it is told nothing.
    assert not [each for each in told("CBSA") if each["what"] == "community.history"]
    assert told("TXDPS")[-1] == {
        "what": "community.confirmed_with_history", "community": "Night Haul", "records": 2, "owners": 1,
    }  # fmt: skip


def test_joining_from_now_tells_no_owner():
    group = operation("CBP", "HSI")
    shared(group)
    join(group, "TXDPS")
    assert not [each for each in told("CBP") if each["what"].startswith("community.history")]
    assert told("TXDPS")[-1] == {"what": "community.confirmed", "community": "Night Haul"}


def test_who_joined_a_hidden_roster_with_history_is_told_to_no_owner():
    group = operation("CBP", "HSI", "CBSA", listed=False)
    shared(group, author="cbsa.officer")
    shared(group)
    join(group, "TXDPS", with_history=True)
    said = [each for each in told("CBSA") if each["what"].startswith("community.history")]
    assert said == [{"what": "community.history_unlisted", "community": "Night Haul"}]


def test_the_number_counts_only_what_the_lead_holds_itself():
    """RCMP's record is in the group and not with its lead: a number that counted it would tell that it is there."""
    group = operation("CBP", "HSI", "RCMP")
    ref = shared(group)
    theirs = published_bulletin("rcmp.officer")
    released(theirs, f"community:{group.code}", tlp="TLP:GREEN", by="rcmp.officer")
    assert holds("CBP") == set()
    assert by("CBP", history, group.pk, agency("CBSA").pk) == Extent(1, 1)
    join(group, "CBSA", with_history=True)
    assert holds("CBSA") == {ref, theirs.ref}


def test_a_number_that_has_changed_since_it_was_shown_stops_the_confirmation():
    group = operation("CBP", "HSI")
    shared(group)
    joining = by("CBP", invite, group, "TXDPS")
    by("TXDPS", accept, joining, with_history=True, reason="")
    seen = by("CBP", history, group.pk, agency("TXDPS").pk)
    shared(group)
    with pytest.raises(ValidationError, match="changed since you looked"):
        by("CBP", confirm, joining, group, seen=seen)
    assert not Membership.objects.filter(agency=agency("TXDPS"), community=group).exists()
    confirmed(group, joining, with_history=True)
    assert len(holds("TXDPS")) == 2


def test_leaving_takes_away_what_came_only_through_it():
    group = operation("CBP", "HSI", "TXDPS")
    only, named, region = shared(group), shared(group, "TXDPS"), shared(group, "community:HIDTA-STX")
    assert holds("TXDPS") == {only, named, region}
    assert by("TXDPS", losses, group.pk) == Extent(1, 1)
    by("TXDPS", leave, group)
    assert holds("TXDPS") == {named, region} and holds("HSI") == {only, named, region}
    who = spokesman("TXDPS")
    with viewing(who):
        assert set(Withdrawal.objects.values_list("ref", "kind")) == {(only, "ended")}
    assert {"what": "community.left", "agency": "TXDPS", "community": "Night Haul"} in told("CBP")
    assert nothing_to_mend()


def test_the_lead_takes_a_member_out_and_says_why():
    group = operation("CBP", "HSI", "TXDPS")
    ref = shared(group)
    assert holds("TXDPS") == {ref}
    with pytest.raises(ValidationError, match="Say why"):
        by("CBP", remove, group, agency("TXDPS"), reason=" ")
    by("CBP", remove, group, agency("TXDPS"), reason="The operation moved east")
    assert holds("TXDPS") == set() and holds("HSI") == {ref}
    assert told("TXDPS")[-1]["reason"] == "The operation moved east"
    with pytest.raises(ValidationError, match="meanwhile"):
        by("CBP", remove, group, agency("TXDPS"), reason="Again")


def test_joining_again_is_another_membership():
    group = operation("CBP", "TXDPS")
    first = shared(group, tlp="TLP:AMBER")
    by("TXDPS", leave, group)
    between = shared(group)
    assert holds("TXDPS") == set()
    join(group, "TXDPS")
    assert holds("TXDPS") == set()
    by("TXDPS", leave, group)
    join(group, "TXDPS", with_history=True)
    # What it had at TLP:AMBER it was released by name of the roster then.
    assert holds("TXDPS") == {first, between}
    with viewing(spokesman("TXDPS")):
        assert Membership.objects.filter(community=group, agency=agency("TXDPS")).count() == 3


def test_the_clients_of_a_member_come_and_go_with_it():
    by("DEA", name_parent, "HSI")
    by("HSI", confirm_child, agency("DEA"))
    group = operation("CBP")
    ref = shared(group)
    assert holds("DEA") == set()
    join(group, "HSI", with_history=True)
    assert holds("DEA") == {ref} == holds("HSI")
    by("HSI", leave, group)
    assert holds("DEA") == set() == holds("HSI")


def shape(queries: CaptureQueriesContext) -> list[str]:
    """The statements without what stands in them."""
    return [re.sub(r"'[^']*'(::[\w\[\]]+)?|\bs?\d+_?x?\d*\b", "?", query["sql"]) for query in queries]


def test_a_request_by_code_waits_alike_whether_there_is_such_a_community_or_not():
    group = operation("CBP")
    shapes = []
    for code in (group.code, "OP-2222-2222"):
        with CaptureQueriesContext(connection) as found:
            row = by("TXDPS", ask, code.lower(), with_history=True, reason="Ours")
        shapes.append(shape(found))
        assert row.code == code and row.outcome == ""
        with pytest.raises(ValidationError, match="asked already"):
            by("TXDPS", ask, code, with_history=False, reason="")
    assert shapes[0] == shapes[1]
    # The lead is asked, and does not take it in: for the agency nothing has happened.
    (asked,) = [each for each in told("CBP") if each["what"] == "community.asked"]
    assert asked == {"what": "community.asked", "agency": "TXDPS", "community": "Night Haul"}
    with viewing(spokesman("CBP")):
        real = Joining.objects.get(code=group.code, agency=agency("TXDPS"))
        assert not Joining.objects.filter(code="OP-2222-2222").exists()
    by("CBP", decline, real, group)
    with pytest.raises(ValidationError, match="asked already"):
        by("TXDPS", ask, group.code, with_history=False, reason="")
    assert told("TXDPS") == []
    with viewing(spokesman("TXDPS")):
        assert not Community.objects.filter(code=group.code).exists()
    # The lead may think again.
    by("CBP", invite, group, "TXDPS")
    confirmed(group, real, with_history=True)
    with viewing(spokesman("TXDPS")):
        assert Community.objects.filter(code=group.code).exists()


def test_a_code_that_cannot_be_one_is_said_to_be_none():
    with pytest.raises(ValidationError, match="Write the code"):
        by("TXDPS", ask, "no such thing!", with_history=False, reason="")


def test_an_invitation_may_be_declined_and_taken_back():
    group = operation("CBP")
    first = by("CBP", invite, group, "TXDPS")
    assert told("TXDPS")[-1] == {"what": "community.invited", "agency": "CBP", "community": "Night Haul"}
    with pytest.raises(ValidationError, match="invited already"):
        by("CBP", invite, group, "TXDPS")
    by("TXDPS", withdraw, first)
    assert told("CBP")[-1]["what"] == "community.declined_by_agency"
    second = by("CBP", invite, group, "TXDPS")
    by("CBP", decline, second, group)
    assert told("TXDPS")[-1]["what"] == "community.declined"
    with pytest.raises(ValidationError, match="meanwhile"):
        by("TXDPS", accept, second, with_history=False, reason="")


def test_what_cannot_be_is_refused_and_writes_nothing(owner_sql):
    group = operation("CBP", "HSI")
    for code in ("NO-SUCH", ""):
        with pytest.raises(ValidationError, match="No active agency"):
            by("CBP", invite, group, code)
    owner_sql("update hub_agency set state = 'suspended' where code = 'UNODC'")
    try:
        with pytest.raises(ValidationError, match="No active agency"):
            by("CBP", invite, group, "UNODC")
    finally:
        owner_sql("update hub_agency set state = 'active' where code = 'UNODC'")
    with pytest.raises(ValidationError, match="member already"):
        by("CBP", invite, group, "HSI")
    with pytest.raises(ValidationError, match="lead stays"):
        by("CBP", leave, group)
    with pytest.raises(PermissionDenied):
        by("HSI", invite, group, "TXDPS")
    with viewing(viewer("cbp.officer")), pytest.raises(PermissionDenied):
        invite(group, "TXDPS", viewer=viewer("cbp.officer"), at=timezone.now())
    assert Joining.objects.filter(agency=agency("TXDPS")).count() == 0


def test_what_was_answered_meanwhile_is_not_answered_again():
    group = operation("CBP")
    joining = by("CBP", invite, group, "TXDPS")
    by("TXDPS", accept, joining, with_history=False, reason="")
    confirmed(group, joining)
    with pytest.raises(ValidationError, match="meanwhile"):
        confirmed(group, joining)
    with pytest.raises(ValidationError, match="meanwhile"):
        by("CBP", decline, joining, group)


def test_a_membership_that_is_over_does_not_begin_again_by_sql():
    """Taken out, an agency would otherwise be in again by whatever of its own rows it may write."""
    group = operation("CBP", "HSI")
    by("CBP", remove, group, agency("HSI"), reason="No longer with us")
    for code in ("HSI", "CBP"):
        undo = "update sharing_membership set left_at = null where community_id = %s and agency_id = %s"
        with (
            viewing(spokesman(code)),
            pytest.raises(DatabaseError, match="does not begin again"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(undo, [group.pk, agency("HSI").pk])
