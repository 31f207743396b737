"""What a program is told of what it may not have: nothing; and of what it may have no longer: that, and no more."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.models import Record
from hub.agencies.models import Agency, AgencyState, Person
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.disclosures.models import LedgerRow
from sharing.feeds.taxii.collections import EVERYTHING, community_id
from sharing.flow import Handling, mark, recall, release
from sharing.flow.admitting import leave
from sharing.releases.plan import Pick
from sharing.stix import keeping
from sharing.stix.ids import part_id
from tests.agreements.conftest import Side
from tests.builders import CANARIES, plan, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer
from tests.communities.conftest import by, join, operation
from tests.disclosures.reader import same_to_a_stranger, take_back
from tests.feeds.conftest import COLLECTIONS, Resuming, numbered
from tests.recalls.conftest import amend, carried
from tests.structure.test_states import STATES, in_state
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db
OBJECTS = f"{COLLECTIONS}{EVERYTHING}/objects/"


@pytest.fixture
def admins(db):
    for username in ("cbp.admin", "cbsa.liaison", "txdps.trooper", "hsi.agent"):
        Person.objects.filter(username=username).update(roles=["officer", "releaser", "admin"])


def places(uid):
    """Every address by which the feed can be asked for a record, with the method."""
    ids = [f"report--{uid}", part_id(uid, "note"), f"incident--{uid}"]
    for id_ in ids:
        yield "get", f"{OBJECTS}{id_}/"
        yield "get", f"{OBJECTS}{id_}/versions/"
        yield "get", f"{OBJECTS}?match[id]={id_}"
        yield "get", f"{COLLECTIONS}{EVERYTHING}/manifest/?match[id]={id_}"
        yield "delete", f"{OBJECTS}{id_}/"
        yield "post", f"{OBJECTS}{id_}/"
    yield "get", f"{OBJECTS}report--{uid}/?match[version]=all&nothing=1"


def answers(program, uid):
    found = []
    for method, path in places(uid):
        status, headers, body = same_to_a_stranger(getattr(program.client, method)(path))
        found.append((status, headers, body.replace(str(uid), "UID")))
    return found


@pytest.mark.parametrize("username", ["ncb.officer", "rcmp.officer", "steward", "inspector"])
def test_in_every_state_what_is_hidden_answers_as_a_ghost(program, username):
    outsider, partner = program(username), program("cbsa.officer")
    expected = answers(outsider, uuid4())
    states = STATES if username == "ncb.officer" else ["released"]
    records = {state: in_state(state, "bulletin") for state in states}
    numbered()
    for state, record in records.items():
        assert answers(outsider, record.uid) == expected, state
    if viewer(username).agency_id:
        assert outsider.records() == []
    assert answers(partner, records["released"].uid) != answers(partner, uuid4())


def test_what_is_hidden_takes_the_statements_that_a_ghost_takes(program):
    hidden = published_bulletin()
    released(hidden, "CBSA")
    numbered()

    def cost(who, uid):
        found = []
        for method, path in places(uid):
            with CaptureQueriesContext(connection) as statements:
                getattr(who.client, method)(path)
            found.append(len(statements))
        return found

    outsider = program("ncb.officer")
    cost(outsider, uuid4())
    assert cost(outsider, hidden.uid) == cost(outsider, uuid4())
    assert cost(program("cbsa.officer"), hidden.uid) != cost(outsider, hidden.uid)


def test_no_form_says_what_is_withheld_or_who_else_has_it(program):
    bulletin, seizure = (
        published_bulletin(),
        published_seizure(narrative="A kingfisher", place="By the nightjar"),
    )
    for each in (bulletin, seizure):
        released(each, ("CBSA", "place", "technique", "identifiers", "case"), "RCMP", "HSI")
    numbered()
    partner = program("cbsa.officer")
    whole = b"".join(
        partner.get(path).content
        for path in ("/taxii2/", "/taxii2/hub/", COLLECTIONS, OBJECTS, OBJECTS.replace("objects", "manifest"))
    ).decode()
    assert CANARIES["core"] in whole
    assert CANARIES["detail"] in whole
    for group in ("place", "technique", "identifiers", "case"):
        assert CANARIES[group] not in whole, group
    assert "Royal Canadian" not in whole
    assert "Homeland Security" not in whole


def test_a_partner_added_later_gets_what_is_older(program):
    older, newer = published_bulletin(), published_bulletin()
    released(newer, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    feed.poll()
    assert list(feed.records) == [f"report--{newer.uid}"]
    released(older, "CBSA")
    numbered()
    assert [each["id"] for each in feed.poll() if each["type"] == "report"] == [f"report--{older.uid}"]


def test_while_an_agreement_is_suspended_there_is_a_stub_and_then_the_record_again(program, admins):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    before = next(each for each in feed.poll() if each["type"] == "report")
    side = Side("cbp.admin")
    side.suspend("CBP-CBSA")
    numbered()
    came = {each["type"]: each for each in feed.poll()}
    stub = came["report"]
    assert (stub["id"], stub["name"]) == (before["id"], "Withdrawn")
    assert stub["modified"] > before["modified"]
    assert "revoked" not in stub
    assert "description" not in stub
    assert CANARIES["core"] not in str(came)
    assert came["note"]["content"] == "Withdrawn"
    side.resume("CBP-CBSA")
    numbered()
    after = next(each for each in feed.poll() if each["type"] == "report")
    assert (after["id"], after["name"]) == (before["id"], before["name"])
    assert after["modified"] > stub["modified"]
    assert after["created"] == stub["created"] == before["created"]


def marked(record, tlp, *controls):
    who = viewer("cbp.releaser")
    with viewing(who):
        row = Record.objects.get(pk=record.pk)
        mark(row, Handling(tlp, tuple(controls)), reason="other facts", viewer=who, at=timezone.now())
    numbered()


@pytest.mark.parametrize("marking", [("TLP:RED",), ("TLP:GREEN", "DISPLAY ONLY")])
def test_what_machines_may_carry_no_more_is_gone_at_once_and_comes_back(program, marking):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    numbered()
    partner = program("cbsa.officer")
    feed = Resuming(partner)
    feed.poll()
    assert list(feed.records) == [f"report--{bulletin.uid}"]
    who = viewer("cbp.releaser")
    with viewing(who):
        row = Record.objects.get(pk=bulletin.pk)
        mark(row, Handling(marking[0], marking[1:]), reason="more", viewer=who, at=timezone.now())
    # Before anything is numbered it is only absent.
    assert CANARIES["core"] not in partner.objects().content.decode()
    numbered()
    feed.poll()
    assert feed.records == {}
    assert CANARIES["core"] not in partner.objects().content.decode()
    marked(bulletin, "TLP:GREEN")
    feed.poll()
    assert list(feed.records) == [f"report--{bulletin.uid}"]


def test_a_marking_changed_in_place_reaches_those_who_have_it(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    before = next(each for each in feed.poll() if each["type"] == "report")
    marked(bulletin, "TLP:AMBER")
    after = next(each for each in feed.poll() if each["type"] == "report")
    assert before["object_marking_refs"] != after["object_marking_refs"]
    assert (before["id"], before["modified"] < after["modified"]) == (after["id"], True)


def test_what_is_recalled_is_revoked_without_a_word_of_it_and_comes_back_under_another_name(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    partner = program("cbsa.officer")
    feed = Resuming(partner)
    feed.poll()
    take_back(bulletin)
    numbered()
    came = feed.poll()
    report = next(each for each in came if each["type"] == "report")
    assert (report["id"], report["revoked"]) == (f"report--{bulletin.uid}", True)
    assert all(each.get("revoked") for each in came if each["type"] != "identity")
    for word in (*CANARIES.values(), "Fentanyl", bulletin.ref):
        assert word not in str(came)
    released(bulletin, "CBSA")
    numbered()
    feed.poll()
    (again,) = feed.records.values()
    assert again["id"] != report["id"]
    assert again["name"].startswith("Fentanyl")
    one = partner.object(again["id"]).json()["objects"]
    assert one == [again]
    assert partner.object(report["id"]).json()["objects"][0]["revoked"] is True


def test_of_one_version_taken_back_there_is_a_stub_and_the_next_version_takes_its_place(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    feed.poll()
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="wrong", viewer=who, at=timezone.now(), version=1)
    numbered()
    stub = next(each for each in feed.poll() if each["type"] == "report")
    assert (stub["name"], stub.get("revoked")) == ("Withdrawn", None)
    amend(bulletin)
    released(bulletin, "CBSA")
    numbered()
    feed.poll()
    assert list(feed.records) == [f"report--{bulletin.uid}"]


def test_an_amendment_is_a_newer_version_and_what_it_left_out_is_withdrawn(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"))
    first = {each["type"]: each for each in feed.poll()}
    amend(bulletin, hazard=False, safety_note="", narrative="It was sugar.")
    numbered()
    assert feed.poll() == []  # it was not carried over
    carried(bulletin, "CBSA")
    numbered()
    second = {each["type"]: each for each in feed.poll()}
    assert second["report"]["id"] == first["report"]["id"]
    assert "sugar" in str(second["report"])
    assert (second["note"]["id"], second["note"]["content"]) == (first["note"]["id"], "Withdrawn")
    assert CANARIES["detail"] not in str(feed.program.all())


def test_nothing_red_is_given_to_the_programs_of_those_named(program):
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        named = Pick(agency=agency("CBSA").pk, persons=frozenset({person("cbsa.officer").pk}))
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
    numbered()
    for username in ("cbsa.officer", "cbp.officer", "cbp.releaser"):
        assert program(username).records() == [], username


# --- Collections ---------------------------------------------------------------------------------------------


def listed(program):
    return program.get(COLLECTIONS).json().get("collections", [])


def test_collections_are_listed_by_id_with_titles_of_their_own_and_only_those_one_may_use(program):
    mine = subscribed("cbsa.officer", title="Tanks")
    desk = subscribed("cbsa.liaison", desk=True, title="Tanks")
    other = subscribed("cbsa.liaison", title="A colleague's")
    partner = program("cbsa.officer")
    found = listed(partner)
    assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    titles = [each["title"] for each in found]
    assert len(titles) == len(set(titles))
    ids = {each["id"] for each in found}
    assert {str(EVERYTHING), str(mine.uid), str(desk.uid)} <= ids
    assert str(other.uid) not in ids
    for each in found:
        assert each["can_read"] is not each["can_write"]
        assert partner.objects(each["id"]).status_code == (200 if each["can_read"] else 403)
        assert partner.get(f"{COLLECTIONS}{each['id']}/").json() == each
    for username in ("cbsa.officer", "rcmp.officer"):
        for below in ("", "objects/", "manifest/", f"objects/report--{uuid4()}/"):
            hidden = program(username).get(f"{COLLECTIONS}{other.uid}/{below}")
            ghost = program(username).get(f"{COLLECTIONS}{uuid4()}/{below}")
            assert same_to_a_stranger(hidden) == same_to_a_stranger(ghost), below
            assert hidden.status_code == 404


@pytest.mark.parametrize("username", ["steward", "inspector"])
def test_whoever_is_of_no_agency_has_no_collection(program, username):
    found = program(username).get(COLLECTIONS)
    assert (found.status_code, found.json()) == (200, {})
    assert program(username).objects().status_code == 404


def test_a_subscriptions_collection_has_what_it_asks_for_and_goes_on_telling_of_it(program):
    asked = subscribed("cbsa.officer", title="Tanks", methods=("VEH-MECH-FUEL",))
    tank, door = published_bulletin(), published_bulletin(methods=["VEH-BODY-DOOR"])
    released(tank, "CBSA")
    released(door, "CBSA")
    numbered()
    feed = Resuming(program("cbsa.officer"), asked.uid)
    feed.poll()
    assert list(feed.records) == [f"report--{tank.uid}"]
    assert program("cbsa.officer").object(f"report--{door.uid}", asked.uid).status_code == 404
    # It was something else: who was told of it is told that, too.
    amend(tank, methods=["VEH-BODY-DOOR"])
    carried(tank, "CBSA")
    numbered()
    (report,) = [each for each in feed.poll() if each["type"] == "report"]
    assert "VEH-BODY-DOOR" in str(report)
    take_back(tank)
    take_back(door)
    numbered()
    came = [each for each in feed.poll() if each["type"] == "report"]
    assert [(each["id"], each["revoked"]) for each in came] == [(f"report--{tank.uid}", True)]


def test_a_collection_says_nothing_of_what_a_record_was_before_it_gave_it(program):
    """Recalled, and released again as another: whoever began to ask in between is told of the second alone."""
    record = published_bulletin()
    released(record, "CBSA")
    numbered()
    take_back(record)
    released(record, "CBSA")
    numbered()
    asked = subscribed("cbsa.officer", title="Tanks", methods=("VEH-MECH-FUEL",))
    partner = program("cbsa.officer")
    (given,) = partner.records(asked.uid)
    assert given["id"] != f"report--{record.uid}"
    assert [each["id"] for each in partner.records(asked.uid)] == [given["id"]]
    take_back(record)
    numbered()
    assert [(each["id"], each["revoked"]) for each in partner.records(asked.uid)] == [(given["id"], True)]


def test_what_is_withheld_makes_nothing_match(program):
    asked = subscribed("cbsa.officer", title="Nightjars", words=CANARIES["place"])
    shown, hidden = published_bulletin(), published_bulletin()
    released(shown, "CBSA")
    released(hidden, ("CBSA", "place"))
    numbered()
    found = program("cbsa.officer").records(asked.uid)
    assert [each["id"] for each in found] == [f"report--{shown.uid}"]


def test_a_communitys_collection_is_its_members_and_tells_who_left_what_became_of_it(program, admins):
    group = operation("CBP", "TXDPS", "HSI")
    shared, direct, both = published_bulletin(), published_bulletin(), published_bulletin()
    for record, targets in (
        (shared, [f"community:{group.code}"]),
        (direct, ["TXDPS"]),
        (both, ["TXDPS", f"community:{group.code}"]),
    ):
        released(record, *targets, tlp="TLP:GREEN")
    numbered()
    trooper = program("txdps.trooper")
    collection = community_id(group.pk)
    feed = Resuming(trooper, collection)
    feed.poll()
    assert set(feed.records) == {f"report--{shared.uid}", f"report--{both.uid}"}
    assert {each["id"] for each in program("cbp.officer").records(collection)} == set(feed.records)
    assert any(each["id"] == str(collection) and group.name in each["title"] for each in listed(trooper))
    outsider = program("cbsa.officer")
    assert outsider.objects(collection).content == outsider.objects(uuid4()).content
    by("TXDPS", leave, group)
    numbered()
    came = [each for each in feed.poll() if each["type"] == "report"]
    assert {each["id"]: each["name"] == "Withdrawn" for each in came} == {
        f"report--{shared.uid}": True,
        f"report--{both.uid}": False,
    }
    later = published_bulletin()
    released(later, "TXDPS", f"community:{group.code}", tlp="TLP:GREEN")
    numbered()
    assert feed.poll() == []
    (left,) = [each for each in listed(trooper) if each["id"] == str(collection)]
    assert group.name not in str(left)
    join(group, "TXDPS", with_history=True)
    numbered()
    feed.poll()
    assert f"report--{later.uid}" in feed.records


def test_whoever_was_never_given_anything_by_a_community_they_left_is_told_nothing_of_it(program, admins):
    group = operation("CBP", "TXDPS")
    by("TXDPS", leave, group)
    collection = community_id(group.pk)
    assert str(collection) not in {each["id"] for each in listed(program("txdps.trooper"))}
    assert program("txdps.trooper").objects(collection).status_code == 404


# --- People and agencies -------------------------------------------------------------------------------------


def test_who_is_no_longer_active_or_of_an_agency_at_work_is_answered_no_more(program):
    released(published_bulletin(), "CBSA")
    numbered()
    officer, liaison = program("cbsa.officer"), program("cbsa.liaison")
    assert officer.objects().status_code == 200
    Person.objects.filter(username="cbsa.officer").update(is_active=False)
    assert officer.objects().status_code == 401
    Agency.objects.filter(code="CBSA").update(state=AgencyState.SUSPENDED)
    assert liaison.objects().status_code == 401


def test_whoever_moves_agency_keeps_nothing(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    mover = program("cbsa.officer")
    next_ = mover.objects(limit=1).json()["next"]
    Person.objects.filter(username="cbsa.officer").update(agency=agency("RCMP"))
    assert mover.records() == []
    assert "report" not in mover.objects(next=next_).content.decode()
    assert mover.object(f"report--{bulletin.uid}").status_code == 404


# --- What is written down ------------------------------------------------------------------------------------


def test_each_answer_that_gives_content_is_one_row_of_the_ledger_and_each_pull_is_on_the_trail(program):
    records = [published_bulletin() for _ in range(3)]
    for each in records:
        released(each, ("CBSA", "place"))
    numbered()
    partner = program("cbsa.officer")

    def ledger():
        with engine():
            return list(LedgerRow.objects.filter(channel="taxii").order_by("id"))

    partner.get(f"{COLLECTIONS}{EVERYTHING}/manifest/")
    partner.get(f"{OBJECTS}report--{records[0].uid}/versions/")
    partner.client.delete(f"{OBJECTS}report--{records[0].uid}/")
    assert ledger() == []
    partner.objects()
    (row,) = ledger()
    assert (row.agency_id, row.person) == (agency("CBSA").pk, "cbsa.officer")
    assert sorted(row.records) == sorted(each.pk for each in records)
    assert [each.split(",")[0] for each in row.withheld] == ["place"] * 3
    partner.object(f"report--{records[0].uid}")
    assert ledger()[-1].records == [records[0].pk]
    partner.objects(**{"match[type]": "identity"})
    assert len(ledger()) == 2
    with engine():
        pulls = TrailRow.objects.filter(event="feed.pulled").order_by("id")
        assert [row.facts["what"] for row in pulls] == ["manifest", "objects", "object", "objects"]
        assert pulls[1].rows > 3
        assert pulls[1].bytes_out > 1000


def test_a_page_that_ends_within_a_record_says_of_no_other_that_it_was_given(program):
    for _ in range(3):
        released(published_bulletin(), "CBSA")
    numbered()
    for page in program("cbsa.officer").pages(limit=3):
        with engine():
            given = LedgerRow.objects.filter(channel="taxii").order_by("-id").first()
        own = [each for each in page.json()["objects"] if each["type"] in ("report", "note")]
        if own:
            assert given is not None
            assert len(given.records) <= len(own)


def test_a_face_is_rendered_once_for_everybody(program, monkeypatch):
    rendered = []
    heads = keeping.heads
    monkeypatch.setattr(keeping, "heads", lambda source: rendered.append(source.ref) or heads(source))
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI", "DEA")
    numbered()
    for username in ("cbsa.officer", "hsi.agent", "dea.agent"):
        assert len(program(username).records()) == 1
    assert rendered.count(bulletin.ref) <= 2  # the owner's face and that of others, where they differ
    monkeypatch.setattr(keeping, "renderer", lambda: "another")
    assert len(program("cbsa.officer").records()) == 1
    assert len(rendered) > 1


def test_what_cannot_be_rendered_stops_nothing_else(program, monkeypatch, caplog):
    broken, whole = published_bulletin(), published_bulletin()
    heads = keeping.heads

    def fail(source):
        if source.ref == broken.ref:
            raise ValueError("zebrafinch")
        return heads(source)

    monkeypatch.setattr(keeping, "heads", fail)
    for each in (broken, whole):
        released(each, "CBSA")
    numbered()
    assert [each["id"] for each in program("cbsa.officer").records()] == [f"report--{whole.uid}"]
    assert "cannot be rendered" in caplog.text


def test_what_an_agreement_binds_to_comes_with_the_record(program):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    found = program("cbsa.officer").all()
    (report,) = [each for each in found if each["type"] == "report"]
    marks = {each["id"]: each for each in found if each["type"] == "marking-definition"}
    said = [
        marks[ref]["definition"]["statement"]
        for ref in report["object_marking_refs"]
        if "definition" in marks[ref]
    ]
    assert any("CBP-CBSA" in each for each in said)
