"""TAXII push: what a partner's collection is given, asked again at sending; and what stands there afterwards."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
import stix2
from django.utils import timezone

from hub.accounts.viewer import Viewer
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.deliveries.collection import basic
from sharing.deliveries.ends.actions import tell_ends
from sharing.deliveries.models import Endpoint
from sharing.disclosures.models import LedgerRow
from sharing.flow import Handling, mark, release
from sharing.releases.plan import Pick
from sharing.stix.ids import EXTENSION
from sharing.subscriptions.actions import change
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import wish_of
from tests.builders import CANARIES, pick, plan, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.deliveries.collecting import ID, PASSWORD, STATUS, TYPE, Collection, serving
from tests.deliveries.conftest import collection_for, deliveries, recalled, send, states
from tests.recalls.conftest import amend, carried, taken_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushed(collection):
    collection_for("CBSA", collection)
    return collection


def test_a_release_is_added_to_the_collection_as_stix_and_in_the_ledger(pushed):
    bulletin, seizure = published_bulletin(), published_seizure()
    released(bulletin, ("CBSA", "place", "identifiers"))
    released(seizure, "CBSA")
    send()
    assert states("CBSA")[("new", "taxii")] == "sent"
    assert (
        [head["Content-Type"] for head in pushed.heads] == [TYPE, TYPE] == [h["Accept"] for h in pushed.heads]
    )
    for record, envelope in zip((bulletin, seizure), pushed.envelopes, strict=True):
        assert set(envelope) == {"objects"}
        ids = {each["id"] for each in envelope["objects"]}
        for each in envelope["objects"]:
            stix2.parse(each, allow_custom=False)
            # All that it refers to is there.
            assert {*each.get("object_refs", ()), *each.get("object_marking_refs", ())} <= ids
            assert each.get("created_by_ref", next(iter(ids))) in ids
        assert pushed.told(record.uid)
    with engine():
        rows = LedgerRow.objects.filter(agency=agency("CBSA"), channel="taxii").order_by("id")
        assert [row.records for row in rows] == [[bulletin.pk], [seizure.pk]]


def test_what_is_withheld_is_in_no_envelope(pushed):
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place", "identifiers"))
    send()
    (body,) = pushed.bodies
    assert CANARIES["detail"] in body.decode()
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] not in body.decode()
    # Nor that its officers were warned in words of another group.
    assert pushed.told(bulletin.uid)[0]["extensions"]


@pytest.mark.parametrize("marked", ["TLP:RED", "DISPLAY ONLY", None])
def test_what_programs_may_not_carry_is_never_pushed(marked, pushed):
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    controls = ("DISPLAY ONLY",) if marked == "DISPLAY ONLY" else ()
    with viewing(who):
        if marked == "TLP:RED":
            person = viewer("cbsa.officer")
            named = Pick(agency=person.agency_id, persons=frozenset({person.person_id}))
            release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
        else:
            release([bulletin], plan(pick("CBSA"), controls=controls), viewer=who, at=timezone.now())
    send()
    assert bool(pushed.bodies) is (marked is None)
    rows = deliveries("CBSA", "taxii")
    assert [row.state for row in rows] == ([] if marked == "TLP:RED" else ["cancelled" if marked else "sent"])


def test_amber_strict_goes_to_the_agencys_own_collection_alone(pushed):
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick("CBSA"), tlp="TLP:AMBER+STRICT"), viewer=who, at=timezone.now())
    send()
    assert len(pushed.told(bulletin.uid)) == 1


def test_a_marking_raised_between_queueing_and_sending_keeps_it_in(pushed):
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "CBSA")
    with viewing(who):
        handling = Handling(tlp="TLP:AMBER+STRICT", controls=("DISPLAY ONLY",))
        mark(bulletin, handling, reason="", viewer=who, at=timezone.now())
    send()
    assert pushed.bodies == [] and states("CBSA")[("new", "taxii")] == "cancelled"


def test_a_recall_between_queueing_and_sending_sends_nothing_and_after_it_revokes_for_good(pushed):
    first, second = published_bulletin(), published_bulletin()
    released(first, "CBSA")
    recalled(first)
    released(second, "CBSA")
    send()
    assert pushed.told(first.uid) == [] and len(pushed.told(second.uid)) == 1
    recalled(second)
    send()
    before, after = pushed.told(second.uid)
    assert after["revoked"] is True and after["id"] == before["id"] and after["modified"] > before["modified"]
    assert after["created"] == before["created"] and "extensions" not in after
    text = pushed.bodies[-1].decode()
    for word in (*CANARIES.values(), second.ref, second.title, "sugar"):
        assert word not in text
    stix2.parse(after, allow_custom=False)


def test_one_version_taken_back_leaves_a_stub_or_what_is_left_to_them(collection):
    """The id is not revoked for good: another version may follow."""
    collection_for("TXDPS", collection)
    bare, falling = published_bulletin(), published_bulletin()
    for bulletin in (bare, falling):
        released(bulletin, "community:DHE", "TXDPS")
    send()
    for bulletin in (bare, falling):
        amend(bulletin)
        carried(bulletin, "TXDPS")
    send()
    assert [each["name"] for each in collection.told(bare.uid)] == [bare.title] * 2
    taken_back(bare, version=2)
    taken_back(falling, version=2, fall_back=True)
    send()
    _first, second, stub = collection.told(bare.uid)
    assert stub["name"] == "Withdrawn" and "revoked" not in stub and stub["modified"] > second["modified"]
    first, second, left = collection.told(falling.uid)
    assert left["name"] == falling.title and left["modified"] > second["modified"]
    assert "It was sugar" in str(second) and left["extensions"] == first["extensions"]
    assert [row.state for row in deliveries("TXDPS", "taxii")] == ["sent"] * 6


@pytest.mark.parametrize("status", [500, 503, 429, 400, 401, 422])
def test_a_server_that_does_not_take_it_is_tried_again_with_the_same_objects(status, pushed):
    released(published_bulletin(), "CBSA")
    pushed.answers = [status, 202]
    send()
    (row,) = deliveries("CBSA", "taxii")
    assert (row.state, row.failure) == ("waiting", f"the endpoint answered {status}")
    assert send(at=row.due_at) == 1
    first, second = pushed.bodies
    assert first == second and deliveries("CBSA", "taxii")[0].state == "sent"


@pytest.mark.parametrize(
    ("status", "why"), [(404, "(404)"), (410, "(410)"), (302, "answered 302"), (200, "not as TAXII has it")]
)
def test_a_collection_that_is_not_there_is_given_up_or_said(status, why, pushed):
    released(published_bulletin(), "CBSA")
    pushed.answers = [(status, {"Location": pushed.url})]
    send()
    (row,) = deliveries("CBSA", "taxii")
    assert why in row.failure and row.state == ("waiting" if status == 200 else "failed")
    assert len(pushed.bodies) == 1


def test_a_server_that_asks_for_time_is_given_it(pushed):
    released(published_bulletin(), "CBSA")
    pushed.answers = [(503, {"Retry-After": "3600"}), 202]
    send()
    (row,) = deliveries("CBSA", "taxii")
    assert row.due_at - timezone.now() > timedelta(minutes=59)


def test_an_object_of_the_records_that_is_refused_is_tried_again_and_holds_nothing_else_up(pushed):
    bad, good = published_bulletin(), published_bulletin()
    pushed.failing = lambda each: each["id"].endswith(str(bad.uid))
    for record in (bad, good):
        released(record, "CBSA")
    for _round in range(6):
        at = max(row.due_at for row in deliveries("CBSA", "taxii"))
        send(at=at)
    refused, taken = deliveries("CBSA", "taxii")
    assert (refused.state, taken.state) == ("waiting", "sent") and refused.attempts > 4
    assert refused.failure == "the collection refused 1 of the record's 2 objects"
    with engine():
        endpoint = Endpoint.objects.get(pk=refused.endpoint_id)
        assert endpoint.resting_until is None and endpoint.failing_since is None
    pushed.failing = lambda each: False
    send(at=refused.due_at)
    assert deliveries("CBSA", "taxii")[0].state == "sent"


def test_a_marking_or_agency_that_the_server_keeps_its_own_way_is_no_failure(pushed):
    pushed.failing = lambda each: each["type"] in ("marking-definition", "identity", "extension-definition")
    released(published_bulletin(), "CBSA")
    send()
    assert states("CBSA")[("new", "taxii")] == "sent"


@pytest.mark.parametrize(("pending", "bad"), [(1, False), (2, True), (99, True)])
def test_a_server_that_is_still_at_it_is_asked_a_few_times_and_then_believed(
    pending, bad, pushed, monkeypatch
):
    monkeypatch.setattr("sharing.deliveries.notifiers.taxii.WAITS_S", (0.01, 0.01, 0.01))
    bulletin = published_bulletin()
    pushed.pending = pending
    pushed.failing = lambda each: bad and each["id"].endswith(str(bulletin.uid))
    released(bulletin, "CBSA")
    send()
    asked = [path for path in pushed.asked if "/status/" in path]
    assert len(asked) == min(pending, 3) and set(asked) == {f"/api/status/{STATUS}/"}
    assert states("CBSA")[("new", "taxii")] == ("waiting" if bad and pending < 3 else "sent")


def test_neither_what_lets_the_hub_in_nor_what_is_pushed_is_logged_or_on_the_trail(pushed, caplog):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    pushed.answers = [500, 410]
    with caplog.at_level(logging.DEBUG):
        send()
        send(at=timezone.now() + timedelta(hours=1))
    with viewing(Viewer(roles=frozenset({"inspector"}))):
        kept = str(list(TrailRow.objects.values()))
    assert "endpoint.add" in kept
    with engine():
        kept += str(Endpoint.objects.values().get())
    for words in (PASSWORD, "Authorization", "Basic ", basic("hub", PASSWORD)):
        assert words not in caplog.text and words not in kept
    for words in (*CANARIES.values(), bulletin.title, ID):
        assert words not in caplog.text
    assert ID not in kept.replace(pushed.url, "")


def test_several_agencies_are_each_given_what_is_theirs(collection, receiver):
    collection_for("CBSA", collection)
    other = Collection()
    with serving(other):
        collection_for("DEA", other)
        bulletin = published_bulletin()
        released(bulletin, ("CBSA", "place", "identifiers"), "DEA")
        send()
    (mine,), (theirs,) = collection.told(bulletin.uid), other.told(bulletin.uid)
    assert CANARIES["place"] in str(theirs) and CANARIES["place"] not in str(mine)
    assert "agreement" in str(mine["extensions"]) and mine["id"] == theirs["id"]
    assert receiver.received == []


def test_the_parts_of_what_was_pushed_before_any_feed_was_read_are_taken_back_with_it(pushed):
    """Its note to officers, its identifiers: a collection keeps each object until that is withdrawn itself."""
    bulletin = published_bulletin(safety_note="Wear gloves.")
    released(bulletin, "CBSA")
    send()
    given = {each["id"] for each in pushed.envelopes[-1]["objects"] if each["type"] in ("report", "note")}
    assert len(given) == 2
    recalled(bulletin)
    send()
    last = {each["id"]: each for each in pushed.envelopes[-1]["objects"]}
    assert {id_ for id_, each in last.items() if each.get("revoked")} == given
    assert b"gloves" not in pushed.bodies[-1]


# Of a hazard a desk is told whatever it asks for.
PLAIN = {"hazard": False, "safety_note": ""}


def asks_for(**wish):
    """The desk's subscription that pushes is changed."""
    who = viewer("cbsa.liaison")
    with viewing(who):
        row = Subscription.objects.visible_to(who).get(person_id=None, title="Everything given to us")
        change(row, replace(wish_of(row), **wish), viewer=who, at=timezone.now())


def test_what_a_subscription_asks_for_since_it_was_changed_is_pushed_too_once(pushed):
    asks_for(kinds=("seizure",))
    bulletin, hidden, seizure = published_bulletin(**PLAIN), published_bulletin(**PLAIN), published_seizure()
    released(bulletin, ("CBSA", "place"))
    released(hidden, "RCMP")
    released(seizure, "CBSA")
    send()
    assert pushed.told(bulletin.uid) == [] and len(pushed.told(seizure.uid)) == 1
    asks_for(kinds=())
    for _time in range(2):
        tell_ends(at=timezone.now())
        send()
    (told,) = pushed.told(bulletin.uid)
    assert told["extensions"] and CANARIES["place"] not in str(told)
    assert len(pushed.told(seizure.uid)) == 1 and pushed.told(hidden.uid) == []
    # What it asked for no more and asks for again, it is given as it is by then.
    asks_for(kinds=("seizure",))
    amend(bulletin)
    carried(bulletin, "CBSA")
    send()
    assert len(pushed.told(bulletin.uid)) == 1
    asks_for(kinds=())
    tell_ends(at=timezone.now())
    send()
    assert [each["extensions"][EXTENSION]["version"] for each in pushed.told(bulletin.uid)] == [1, 2]


def test_what_programs_may_not_carry_is_not_pushed_by_a_change_either(pushed):
    asks_for(kinds=("seizure",))
    bulletin, who = published_bulletin(**PLAIN), viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick("CBSA"), controls=("DISPLAY ONLY",)), viewer=who, at=timezone.now())
    asks_for(kinds=())
    assert tell_ends(at=timezone.now()) == 0
    send()
    assert pushed.bodies == []


def test_a_desk_that_changes_how_it_is_told_is_pushed_nothing_anew(pushed):
    asks_for(kinds=("seizure",))
    released(published_bulletin(**PLAIN), "CBSA")
    asks_for(title="Everything given to us", channels=("inbox", "taxii"))
    assert tell_ends(at=timezone.now()) == 0
