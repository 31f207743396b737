"""Communities over REST: lists, members, joining, confirming, leaving; a code that is none answers as one that is."""

from __future__ import annotations

from uuid import uuid4

import pytest

from sharing.communities.models import Community
from sharing.flow.convening import show_roster
from sharing.flow.joining import invite
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.api.test_hidden import plain
from tests.builders import published_bulletin, released
from tests.communities.conftest import by, holds, operation

pytestmark = pytest.mark.django_db


def shared(group: Community) -> str:
    bulletin = published_bulletin()
    released(bulletin, f"community:{group.code}", tlp="TLP:GREEN")
    return bulletin.ref


def test_a_community_is_joined_with_history_and_left_over_the_api(caller):  # noqa: F811
    group = operation("CBP", "HSI")
    ref = shared(group)
    lead, joiner = caller("cbp.admin"), caller("txdps.trooper")
    invited = lead.post(f"communities/{group.code}/invite/", {"agency": "TXDPS"})
    assert invited.status_code == 201 and invited.json()["state"] == "invited"
    uid = invited.json()["uid"]
    (mine,) = joiner.get("communities/joinings/").json()["results"]
    assert (mine["uid"], mine["state"], mine["gives"]) == (uid, "invited", None)
    answered = joiner.post("communities/join/", {"joining": uid, "with_history": True})
    assert answered.status_code == 202 and answered.json()["state"] == "waiting"
    assert joiner.get(f"communities/joinings/{uid}/").json()["gives"] is None
    gives = lead.get(f"communities/joinings/{uid}/").json()["gives"]
    assert gives == {"records": 1, "owners": 1} and holds("TXDPS") == set()
    assert lead.post(f"communities/joinings/{uid}/confirm/", {}).status_code == 400
    assert joiner.post(f"communities/joinings/{uid}/confirm/", {"gives": gives}).status_code == 404
    assert lead.post(f"communities/joinings/{uid}/confirm/", {"gives": gives}).status_code == 204
    assert holds("TXDPS") == {ref}
    assert lead.post(f"communities/joinings/{uid}/confirm/", {"gives": gives}).status_code == 400
    assert joiner.get(f"communities/{group.code}/").json()["leads"] is False
    assert joiner.post(f"communities/{group.code}/leave/", {}).status_code == 204
    assert holds("TXDPS") == set() and joiner.get(f"communities/{group.code}/").status_code == 404


def test_members_are_listed_for_each_other_or_for_the_lead_alone(caller):  # noqa: F811
    group = operation("CBP", "HSI", "TXDPS")
    lead, member = caller("cbp.admin"), caller("hsi.agent")
    path = f"communities/{group.code}/members/"

    def listed(who):
        return [row["agency"] for row in who.get(path).json()["results"]]

    assert listed(member) == listed(lead) == ["CBP", "HSI", "TXDPS"]
    by("CBP", show_roster, group, visible=False)
    assert listed(lead) == ["CBP", "HSI", "TXDPS"]
    refused = member.get(path)
    assert refused.status_code == 403 and "TXDPS" not in refused.content.decode()
    assert member.get(f"communities/{group.code}/").json()["members_listed"] is False


def test_a_code_that_is_none_is_answered_as_one_that_is(caller):  # noqa: F811
    group, asker = operation("CBP", "HSI"), caller("txdps.trooper")

    def answers(code):
        first = asker.post("communities/join/", {"code": code, "with_history": True})
        uid = first.json()["uid"]
        again = asker.post("communities/join/", {"code": code})
        seen = asker.get(f"communities/joinings/{uid}/")
        confirmed = asker.post(f"communities/joinings/{uid}/confirm/", {})
        taken = asker.post(f"communities/joinings/{uid}/decline/", {})
        kept = {"state", "with_history", "agency", "gives", "invited_at", "reason"}
        shown = [{name: each.json()[name] for name in kept} for each in (first, seen)]
        return shown, plain(again), plain(confirmed), taken.status_code

    assert answers(group.code) == answers("OP-2345-2345")
    assert asker.post("communities/join/", {"code": "no such"}).status_code == 400


def test_communities_and_joinings_of_others_are_ghosts(caller):  # noqa: F811
    group = operation("CBP", "HSI")
    joining = by("CBP", invite, group, "DEA")
    assert caller("hsi.agent").get(f"communities/{group.code}/").status_code == 200
    assert caller("dea.agent").get(f"communities/joinings/{joining.uid}/").status_code == 200
    for username in ("rcmp.officer", "txdps.trooper", "inspector"):
        asker = caller(username)
        for below in ("", "members/", "invite/", "leave/"):
            for method in ("GET", "POST", "PATCH", "DELETE"):
                real = asker.ask(method, f"communities/{group.code}/{below}", {})
                none = asker.ask(method, f"communities/OP-2345-2345/{below}", {})
                assert plain(real) == plain(none) and real.status_code == 404
        for below in ("", "confirm/", "decline/"):
            for method in ("GET", "POST"):
                real = asker.ask(method, f"communities/joinings/{joining.uid}/{below}", {})
                none = asker.ask(method, f"communities/joinings/{uuid4()}/{below}", {})
                assert plain(real) == plain(none) and real.status_code == 404
        codes = [row["code"] for row in asker.get("communities/?limit=200").json()["results"]]
        assert group.code not in codes
        assert asker.get("communities/joinings/").json()["results"] == []


def test_lists_are_paged_and_narrowed(caller):  # noqa: F811
    group = operation("CBP", "HSI")
    lead = caller("cbp.admin")
    assert [row["code"] for row in lead.get("communities/?kind=operation").json()["results"]] == [group.code]
    first = lead.get("communities/?limit=2").json()
    assert len(first["results"]) == 2 and first["next"]
    assert lead.get("communities/?knd=operation").status_code == 400
    for code in ("TXDPS", "DEA", "RCMP"):
        by("CBP", invite, group, code)
    page = lead.get("communities/joinings/?limit=2").json()
    more = lead.get(page["next"]).json()
    assert [row["agency"] for row in (*page["results"], *more["results"])] == ["TXDPS", "DEA", "RCMP"]
