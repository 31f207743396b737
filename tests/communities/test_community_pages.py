"""Communities on pages: made, invited to, joined, confirmed, left and closed; others find nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import viewing
from sharing.communities.models import Community, Joining
from sharing.flow.joining import accept, ask, invite
from tests.builders import published_bulletin, released
from tests.cast import agency
from tests.communities.conftest import by, holds, join, operation, spokesman
from tests.disclosures.reader import reader, same_to_a_stranger, text

pytestmark = pytest.mark.django_db


def shared(group: Community) -> str:
    bulletin = published_bulletin()
    released(bulletin, f"community:{group.code}", tlp="TLP:GREEN")
    return bulletin.ref


def test_an_operation_from_made_to_closed_on_pages():
    lead, joiner = reader("cbp.admin"), reader("txdps.trooper")
    day = (timezone.now() + timedelta(days=40)).date()
    made = lead.post(
        "/communities/new/",
        {"name": "Quiet Tank", "description": "Tanks", "last_day": f"{day}", "roster": "unlisted"},
    )
    assert made.status_code == 302
    path = made["Location"]
    code = path.split("/")[2]
    assert "Quiet Tank" in text(lead.get(path)) and joiner.get(path).status_code == 404
    with viewing(spokesman("CBP")):
        group = Community.objects.get(code=code)
    ref = shared(group)
    assert lead.post(f"{path}invite/", {"agency": "TXDPS"}).status_code == 302
    assert "Quiet Tank" in text(joiner.get("/communities/")) and joiner.get(path).status_code == 404
    with viewing(spokesman("TXDPS")):
        joining = Joining.objects.get(code=code)
    page = text(joiner.get(joining.path))
    assert "Invitation to Quiet Tank" in page and "With history" in page
    answered = {"deed": "accept", "how": "history", "reason": "Our roads"}
    assert joiner.post(joining.path, answered).status_code == 302
    assert "TXDPS asks to join Quiet Tank" in text(lead.get("/"))
    asked = text(lead.get(joining.path))
    assert "1 record</strong>" in asked and "of 1 owner" in asked and "Our roads" in asked
    # What the page did not show is not confirmed.
    stale = lead.post(joining.path, {"deed": "confirm", "records": "7", "owners": "1"})
    assert stale.status_code == 400 and "look at it again" in text(stale) and holds("TXDPS") == set()
    assert lead.post(joining.path, {"deed": "confirm", "records": "1", "owners": "1"}).status_code == 302
    assert holds("TXDPS") == {ref} and "TXDPS asks" not in text(lead.get("/"))
    member = text(joiner.get(path))
    assert "Its members are not listed" in member and "/agencies/TXDPS/" in text(lead.get(path))
    assert "TXDPS loses <strong>1 record</strong>" in text(joiner.get(f"{path}leave/"))
    assert joiner.post(f"{path}leave/").status_code == 302
    assert holds("TXDPS") == set() and joiner.get(path).status_code == 404
    assert lead.post(f"{path}close/").status_code == 302
    assert "It is closed" in text(lead.get(path))
    for below in ("edit/", "close/", "invite/", "roster/"):
        assert lead.get(path + below).status_code == 403


def test_what_is_wrong_is_said_and_nothing_is_written():
    lead = reader("cbp.admin")
    answer = lead.post("/communities/new/", {"name": "X", "last_day": "2020-01-01", "roster": "listed"})
    assert answer.status_code == 400 and "must close in the future" in text(answer)
    answer = lead.post("/communities/new/", {"name": "X", "last_day": "9999-12-31", "roster": "listed"})
    assert answer.status_code == 400 and "say when it closes" in text(answer)
    answer = lead.post("/communities/new/", {"name": "X", "roster": "listed"})
    assert answer.status_code == 400 and "This field is required" in text(answer)
    with viewing(spokesman("CBP")):
        assert not Community.objects.filter(name="X").exists()


def test_a_community_of_others_is_a_ghost_on_each_of_its_pages():
    group = operation("CBP", "HSI")
    joining = by("CBP", invite, group, "DEA")
    member, stranger = reader("hsi.agent"), reader("rcmp.officer")
    assert member.get(group.path).status_code == 200
    ghost, none = "/communities/OP-2222-2222/", "00000000-0000-4000-8000-000000000000"
    for below in ("", "edit/", "roster/", "close/", "invite/", "leave/", "remove/HSI/"):
        for method in ("get", "post"):
            real = same_to_a_stranger(getattr(stranger, method)(group.path + below))
            empty = same_to_a_stranger(getattr(stranger, method)(ghost + below))
            assert real == (empty[0], empty[1], empty[2].replace("OP-2222-2222", group.code)), below
            assert real[0] in (404, 405)
    for who in (stranger, member, reader("txdps.trooper")):
        real, empty = who.get(joining.path), who.get(f"/communities/joining/{none}/")
        assert real.status_code == empty.status_code == 404
    assert reader("dea.agent").get(joining.path).status_code == 200


def test_asking_for_a_code_looks_the_same_whether_there_is_such_a_community_or_not():
    group = operation("CBP", "HSI")
    asker = reader("txdps.trooper")

    def asked(code):
        first = asker.post("/communities/join/", {"code": code, "how": "history", "reason": ""})
        listed = asker.get("/communities/")
        with viewing(spokesman("TXDPS")):
            row = Joining.objects.get(code=code)
        page = asker.get(row.path)
        again = asker.post("/communities/join/", {"code": code, "how": "now", "reason": ""})
        taken = asker.post(row.path, {"deed": "withdraw"})
        every = (first, listed, page, again, taken, asker.get("/communities/"))
        return [(each.status_code, plain(text(each))) for each in every]

    assert asked(group.code) == asked("OP-9999-9999")


def plain(page: str) -> list[str]:
    """The lines of a page without what no two answers share."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    page = re.sub(r"<time[^>]*>[^<]*</time>", "", page)
    page = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UID", page)
    return re.sub(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", "REF", page).splitlines()


@pytest.mark.parametrize("role", ["officer", "releaser", "liaison", "auditor"])
def test_who_is_no_administrator_of_the_lead_decides_nothing(role):
    group = operation("CBP", "HSI")
    joining = by("CBP", invite, group, "TXDPS")
    by("TXDPS", accept, joining, with_history=False, reason="")
    Person.objects.filter(username="cbp.officer").update(roles=[role])
    other = reader("cbp.officer")
    assert other.get(joining.path).status_code == 200
    assert other.post(joining.path, {"deed": "confirm"}).status_code == 403
    assert other.post(joining.path, {"deed": "decline"}).status_code == 403
    for below in ("close/", "roster/", "remove/HSI/"):
        assert other.get(group.path + below).status_code == 403
    assert other.get(f"{group.path}invite/").status_code == (200 if role == "liaison" else 403)


def test_a_member_leads_nothing_and_only_its_administrator_leaves():
    group = operation("CBP", "HSI")
    member = reader("hsi.agent")
    for below in ("edit/", "roster/", "close/", "invite/", "remove/CBP/"):
        assert member.get(group.path + below).status_code == 403
    assert member.get(f"{group.path}leave/").status_code == 200
    Person.objects.filter(username="hsi.agent").update(roles=["officer"])
    assert member.get(f"{group.path}leave/").status_code == 403
    assert member.post(f"{group.path}leave/").status_code == 403


def test_the_lists_cost_a_constant_number_of_queries(django_assert_max_num_queries):
    for _number in range(4):
        group = operation("CBP", "HSI")
        by("CBP", invite, group, "TXDPS")
        by("DEA", ask, group.code, with_history=False, reason="")
    client = reader("cbp.admin")
    with django_assert_max_num_queries(20):
        assert text(client.get("/communities/")).count("DEA asks to join") == 4
    with django_assert_max_num_queries(22):
        client.get(group.path)


def test_an_invitation_names_no_member():
    group = operation("CBP", "HSI")
    joining = by("CBP", invite, group, "TXDPS")
    page = text(reader("txdps.trooper").get(joining.path))
    assert "Night Haul" in page and "/agencies/CBP/" in page and "HSI" not in page
    join(group, "DEA")
    assert "HSI" in text(reader("dea.agent").get(group.path))


def test_the_steward_makes_a_community_and_reads_no_record():
    steward = reader("steward")
    made = steward.post(
        "/communities/new/",
        {"kind": "bilateral", "name": "North", "code": "north-2", "lead": "DEA", "roster": "listed"},
    )
    assert made["Location"] == "/communities/NORTH-2/"
    page = steward.get("/communities/NORTH-2/")
    assert page.status_code == 200 and agency("DEA").code in text(page)
    for below in ("invite/", "close/", "roster/"):
        assert steward.get(f"/communities/NORTH-2/{below}").status_code == 403
