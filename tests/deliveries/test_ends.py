"""What ended without a recall: told to programs that had been told, whatever ended it, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import stix2
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.agreements.models import Agreement
from sharing.audiences.actions import regrant
from sharing.deliveries.endpoints.actions import disable_endpoint, verify_endpoint
from sharing.deliveries.models import Alert, Urgency
from sharing.flow import Handling, mark, release
from sharing.flow.agreeing import resume, suspend
from sharing.flow.lapsing import refresh
from sharing.releases.models import Release
from tests.builders import CANARIES, pick, plan, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import (
    answers_challenges,
    collection_for,
    deliveries,
    ended,
    endpoint_for,
    recalled,
    send,
)  # fmt: skip

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(receiver, collection):
    """CBSA has a bulletin of CBP's, by inbox, mail, webhook and in a collection; HSI by none of its programs."""
    endpoint_for("CBSA", receiver.url)
    collection_for("CBSA", collection)
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    with viewing(who):
        ends = timezone.now() + timedelta(hours=1)
        release([bulletin], plan(pick("CBSA"), pick("HSI"), ends_at=ends), viewer=who, at=timezone.now())
    send()
    assert len(receiver.received) == len(collection.told(bulletin.uid)) == 1
    assert ended() == 0
    mail.outbox.clear()
    return bulletin


def agreed(verb, at=None, **options):
    admin = viewer("cbp.admin")
    with viewing(admin):
        row = Agreement.objects.get(code="CBP-CBSA")
        verb(row, **options, revision=row.revision, viewer=admin, at=at or timezone.now())


def suspend_the_agreement(bulletin, jump):
    agreed(suspend, reason="under review")


def end_the_release(bulletin, jump):
    at = timezone.now()
    with viewing(viewer("cbp.releaser")):
        Release.objects.filter(record_id=bulletin.pk, agency=agency("CBSA")).update(ended_at=at)
        regrant([bulletin.pk], at=at)


def let_it_end(bulletin, jump):
    jump(timezone.now() + timedelta(hours=2))
    refresh(at=timezone.now() + timedelta(hours=2))


def name_others(bulletin, jump):
    who = viewer("cbp.releaser")
    with viewing(who):
        release(
            [bulletin],
            plan(pick("HSI"), tlp="TLP:AMBER+STRICT", controls=("NOFORN",)),
            viewer=who,
            at=timezone.now(),
        )


ENDS = {
    "agreement suspended": suspend_the_agreement,
    "release ended": end_the_release,
    "release over": let_it_end,
    "marking raised": name_others,
}


@pytest.mark.parametrize("how", ENDS)
def test_programs_are_told_and_people_find_the_tombstone(how, told, receiver, collection, jump):
    before = timezone.now()
    ENDS[how](told, jump)
    at = timezone.now() + timedelta(hours=3)
    assert ended(at) == 2 and ended(at) == 0
    send(at=at)
    send(at=at)
    (_first, hook) = receiver.received
    payload = hook.payload
    assert payload["type"] == "bulletin.ended"
    assert set(payload["data"]) == {"uid", "ref", "kind", "ended_at"}
    assert (payload["data"]["uid"], payload["data"]["ref"]) == (str(told.uid), told.ref)
    assert payload["data"]["ended_at"] == payload["timestamp"] > before.isoformat()
    (first, stub) = collection.told(told.uid)
    assert stub["name"] == "Withdrawn" and stub["modified"] > first["modified"] and "revoked" not in stub
    stix2.parse(stub, allow_custom=False)
    for body in (hook.body.decode(), collection.bodies[-1].decode()):
        assert told.title not in body and not any(word in body for word in CANARIES.values())
    assert not any(told.ref in str(sent.message()) for sent in mail.outbox)
    rows = [row for row in deliveries("CBSA") if row.alert.kind == "ended"]
    assert {row.channel for row in rows} == {"webhook", "taxii"}
    # HSI has no program: nothing tells of it there.
    assert not [row for row in deliveries("HSI") if row.alert.kind == "ended"]
    with engine():
        assert set(Alert.objects.filter(kind="ended").values_list("hazard", flat=True)) == {False}


def test_nothing_of_an_end_stands_in_the_inbox(told, jump):
    client = Client()
    client.force_login(person("cbsa.officer"))
    suspend_the_agreement(told, jump)
    ended()
    send()
    page = client.get("/inbox/?show=all").content.decode()
    assert told.ref not in page and "No longer shared" not in page
    assert "No longer shared" in client.get(f"/bulletins/{told.ref}/").content.decode()


def test_a_seizure_reports_end_is_its_own_event(receiver):
    endpoint_for("CBSA", receiver.url)
    seizure = published_seizure()
    released(seizure, "CBSA")
    send()
    agreed(suspend, reason="under review")
    ended()
    send()
    assert [got.payload["type"] for got in receiver.received] == ["seizure.released", "seizure.ended"]


def test_whose_programs_were_never_told_are_not_told_of_an_end(receiver, collection):
    """Queued and not yet sent, when it ended: nobody knows of it."""
    endpoint_for("CBSA", receiver.url)
    collection_for("CBSA", collection)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    agreed(suspend, reason="under review")
    assert ended() == 0
    send()
    assert receiver.received == [] and collection.bodies == []


def test_an_attempt_that_may_have_arrived_counts_as_told(receiver):
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [500, 204]
    released(published_bulletin(), "CBSA")
    send()
    agreed(suspend, reason="under review")
    assert ended() == 1
    send(at=timezone.now() + timedelta(minutes=5))
    assert [got.payload["type"] for got in receiver.received] == ["bulletin.released", "bulletin.ended"]


def test_what_is_shared_again_before_it_was_sent_is_not_told(told, receiver, collection, jump):
    suspend_the_agreement(told, jump)
    assert ended() == 2
    agreed(resume)
    send()
    assert len(receiver.received) == len(collection.told(told.uid)) == 1
    assert {row.state for row in deliveries("CBSA") if row.alert.kind == "ended"} == {"cancelled"}
    # What they have now may be another face than before.
    assert ended() == 2 and ended() == 0
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.released"


def test_suspended_and_resumed_between_two_looks_is_told_to_nobody(told, jump):
    suspend_the_agreement(told, jump)
    agreed(resume)
    assert ended() == 0


def test_what_is_shared_again_afterwards_is_sent_anew_and_can_end_anew(told, receiver, collection, jump):
    for _round in range(2):
        suspend_the_agreement(told, jump)
        assert ended() == 2
        send()
        agreed(resume)
        assert ended() == 2 and ended() == 0
        send()
    assert [got.payload["type"].partition(".")[2] for got in receiver.received] == [
        "released", "ended", "released", "ended", "released",
    ]  # fmt: skip
    versions = collection.told(told.uid)
    assert [each["name"] == "Withdrawn" for each in versions] == [False, True, False, True, False]
    assert [each["modified"] for each in versions] == sorted({each["modified"] for each in versions})
    people = [row for row in deliveries("CBSA") if row.channel in ("inbox", "mail") and row.alert.record_id]
    assert len(people) == 2


def test_what_comes_back_goes_only_where_somebody_still_asks_for_it(
    told, receiver, collection, jump, owner_sql
):
    suspend_the_agreement(told, jump)
    ended()
    send()
    as_owner(
        "update sharing_subscription set channels = '{inbox,webhook}' where agency_id = %s",
        [agency("CBSA").pk],
    )
    as_owner("update bulletins_face set hazard = false")
    agreed(resume)
    assert ended() == 1
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.released"
    assert collection.told(told.uid)[-1]["name"] == "Withdrawn"


def test_a_recall_after_the_end_is_told_and_nothing_more_comes(told, receiver, collection, jump):
    suspend_the_agreement(told, jump)
    ended()
    send()
    recalled(told)
    assert ended() == 0
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.recalled"
    assert collection.told(told.uid)[-1]["revoked"] is True
    assert ended() == 0


def test_a_recall_is_no_end(told, receiver):
    recalled(told)
    assert ended() == 0
    send()
    assert [got.payload["type"] for got in receiver.received] == ["bulletin.released", "bulletin.recalled"]


def test_an_endpoint_that_is_enabled_again_is_told_what_was_recalled_and_ended_meanwhile(
    receiver, collection, jump
):
    hook, _secret = endpoint_for("CBSA", receiver.url)
    pushed = collection_for("CBSA", collection)
    who = viewer("cbsa.liaison")
    over, lost, kept = (published_bulletin() for _each in range(3))
    for record in (over, lost, kept):
        released(record, "CBSA")
    send()
    at = timezone.now()
    with viewing(who):
        for endpoint in (hook, pushed):
            disable_endpoint(endpoint, viewer=who, at=at)
    recalled(over)
    end_the_release(lost, jump)
    assert ended() == 0
    send()
    assert len(receiver.received) == 3 and len(collection.envelopes) == 3
    receiver.echo = answers_challenges
    later = at + timedelta(days=9)
    with viewing(who):
        for endpoint in (hook, pushed):
            endpoint.refresh_from_db()
            verify_endpoint(endpoint, viewer=who, at=later)
    receiver.echo = lambda body: b""
    assert ended(later) == 4 and ended(later) == 0
    # The first attempt fails: its three days count from now.
    receiver.answers = [500, 204]
    send(at=later)
    send(at=later + timedelta(minutes=5))
    events = {got.payload["type"]: got.payload["data"].get("ref") for got in receiver.received[4:]}
    assert events == {"bulletin.recalled": over.ref, "bulletin.ended": lost.ref}
    assert collection.told(over.uid)[-1]["revoked"] is True
    assert collection.told(lost.uid)[-1]["name"] == "Withdrawn"
    assert len(collection.told(kept.uid)) == 1


def marked(bulletin, tlp="TLP:AMBER", controls=()):
    who = viewer("cbp.releaser")
    with viewing(who):
        bulletin.refresh_from_db()
        mark(bulletin, Handling(tlp=tlp, controls=controls), reason="asked", viewer=who, at=timezone.now())


def test_a_marking_that_programs_may_not_carry_is_an_end_for_them_alone(told, receiver, collection):
    marked(told, controls=("DISPLAY ONLY",))
    before = timezone.now()
    assert ended() == 2
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.ended"
    assert receiver.received[-1].payload["data"]["ended_at"] >= before.isoformat()
    assert collection.told(told.uid)[-1]["name"] == "Withdrawn"
    client = Client()
    client.force_login(person("cbsa.officer"))
    assert told.title in client.get(f"/bulletins/{told.ref}/").content.decode()
    marked(told)
    assert ended() == 2
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.released"
    versions = collection.told(told.uid)
    assert versions[-1]["name"] == told.title
    assert [each["modified"] for each in versions] == sorted({each["modified"] for each in versions})


def test_a_marking_raised_in_place_reaches_the_collection_and_is_no_news(told, receiver, collection):
    marked(told, tlp="TLP:AMBER+STRICT")
    assert ended() == 1 and ended() == 0
    send()
    first, second = collection.told(told.uid)
    assert second["name"] == first["name"] and second["modified"] > first["modified"]
    assert second["object_marking_refs"] != first["object_marking_refs"]
    assert len(receiver.received) == 1 and mail.outbox == []


def test_what_ends_goes_out_behind_all_that_is_news(told, jump):
    suspend_the_agreement(told, jump)
    ended()
    rows = [row for row in deliveries("CBSA") if row.alert.kind == "ended"]
    assert {row.urgency for row in rows} == {Urgency.DIGEST.value}
