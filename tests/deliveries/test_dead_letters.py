"""What was given up: shown with what to do to those who can do it, and sent again, one or all."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.deliveries.dead_letters import OTHERWISE, dead_letters, resend, resend_all, what_to_do
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send
from tests.deliveries.test_endpoints import post, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone(receiver):
    """Three alerts to CBSA that its endpoint does not take for good; the endpoint."""
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [410]
    records = [published_bulletin() for _ in range(3)]
    for record in records:
        released(record, "CBSA")
    send()
    assert [row.state for row in deliveries("CBSA", "webhook")] == ["failed"] * 3
    receiver.answers = [204]
    receiver.received.clear()
    return endpoint, records


def test_the_page_says_why_what_to_do_and_nothing_of_any_record(gone):
    _endpoint, records = gone
    client = signed_in("cbsa.liaison")
    page = client.get("/deliveries/")
    said = text(page)
    assert (
        "the endpoint is gone (410)" in said and "change the address" in said and "Send all 3 again" in said
    )
    assert str(deliveries("CBSA", "webhook")[0].uid) in said
    for word in (*CANARIES.values(), "urlsecret", *(record.ref for record in records)):
        assert word not in page.content.decode()
    assert "3 alerts could not be sent" in text(client.get("/"))
    assert "3 given up" in text(client.get("/endpoints/"))
    assert "Nothing was given up" in text(signed_in("cbp.liaison").get("/deliveries/"))
    assert signed_in("cbsa.officer").get("/deliveries/").status_code == 403


def test_one_is_sent_again_under_the_same_id(gone, receiver):
    client = signed_in("cbsa.liaison")
    row = deliveries("CBSA", "webhook")[1]
    assert "1 alert is being sent again" in text(post(client, f"/deliveries/{row.uid}/resend/"))
    send()
    (got,) = receiver.received
    assert got.headers["webhook-id"] == str(row.uid)
    assert [each.state for each in deliveries("CBSA", "webhook")] == ["failed", "sent", "failed"]
    # What was sent is no dead letter any more.
    assert client.post(f"/deliveries/{row.uid}/resend/").status_code == 404
    with viewing(viewer("inspector")):
        (told,) = TrailRow.objects.filter(event="delivery.resend")
        assert (told.object_id, told.actor) == (str(row.uid), "cbsa.liaison")


def test_all_are_sent_again(gone, receiver):
    endpoint, _records = gone
    client = signed_in("cbsa.liaison")
    assert "3 alerts are being sent again" in text(post(client, f"/endpoints/{endpoint.uid}/resend/"))
    assert "0 alerts" in text(post(client, f"/endpoints/{endpoint.uid}/resend/"))
    send()
    assert len(receiver.received) == 3 and {row.state for row in deliveries("CBSA", "webhook")} == {"sent"}


def test_access_is_asked_again_for_what_is_sent_again(gone, receiver):
    endpoint, records = gone
    recalled(records[0])
    who = viewer("cbsa.liaison")
    with viewing(who):
        assert resend_all(endpoint, who, timezone.now()) == 3
    send()
    types = sorted(got.payload["type"] for got in receiver.received)
    assert types == ["bulletin.recalled", "bulletin.released", "bulletin.released"]
    assert [row.state for row in deliveries("CBSA", "webhook")][:3] == ["cancelled", "sent", "sent"]


def test_another_agencys_are_neither_seen_nor_sent(gone, receiver):
    endpoint, _records = gone
    row = deliveries("CBSA", "webhook")[0]
    for username in ("cbp.admin", "cbp.liaison", "steward", "inspector"):
        who = viewer(username)
        with viewing(who):
            assert not resend(row.uid, who, timezone.now()) and not resend_all(endpoint, who, timezone.now())
            assert not dead_letters(who).exists()
        client = signed_in(username)
        answers = [client.post(f"/deliveries/{uid}/resend/") for uid in (row.uid, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert signed_in("cbsa.officer").post(f"/deliveries/{row.uid}/resend/").status_code == 403
    send()
    assert receiver.received == []


def test_nothing_is_sent_again_to_what_is_not_in_use(gone, receiver):
    endpoint, _records = gone
    client = signed_in("cbsa.liaison")
    post(client, f"/endpoints/{endpoint.uid}/disable/")
    row = deliveries("CBSA", "webhook")[0]
    assert "Not in use" in text(client.get("/deliveries/"))
    assert "not in use" in text(post(client, f"/deliveries/{row.uid}/resend/"))
    assert "0 alerts" in text(post(client, f"/endpoints/{endpoint.uid}/resend/"))
    post(client, f"/endpoints/{endpoint.uid}/remove/")
    assert "Nothing was given up" in text(client.get("/deliveries/"))


def test_the_desks_mail_is_sent_again(monkeypatch, receiver):
    from smtplib import SMTPRecipientsRefused

    def refused(self, *args, **kwargs):
        raise SMTPRecipientsRefused({"desk@cbsa.example": (550, b"no such user")})

    with monkeypatch.context() as patched:
        patched.setattr("django.core.mail.EmailMultiAlternatives.send", refused)
        released(published_bulletin(), "CBSA")
        send()
    client = signed_in("cbsa.liaison")
    said = text(client.get("/deliveries/"))
    assert "The desk's mailbox" in said and "the mailbox was refused" in said and "steward" in said
    assert "1 alert is being sent again" in text(post(client, "/deliveries/resend/"))
    send()
    assert [sent.to for sent in mail.outbox] == [["desk@cbsa.example"]]


def test_what_is_for_one_person_is_not_the_desks(gone, receiver):
    from tests.conftest import as_owner

    row, who = deliveries("CBSA", "webhook")[0], viewer("cbsa.liaison")
    as_owner("update sharing_delivery set person_id = %s where id = %s", [who.person_id, row.pk])
    with viewing(who):
        assert dead_letters(who).count() == 2 and not resend(row.uid, who, timezone.now())


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("the endpoint does not exist (404)", "change the address"),
        ("the endpoint is gone (410)", "change the address"),
        ("the endpoint answered 401", "newest secret"),
        ("the endpoint answered 413", "5 MB"),
        ("the endpoint answered 302", "does not follow"),
        ("the endpoint answered 422", "its log says why"),
        ("the endpoint answered 503", "was away"),
        ("no answer in time", "was away"),
        ("the connection broke off", "was away"),
        ("the server's name has no address", "was away"),
        ("the server's certificate does not hold for its name", "Renew"),
        ("the server's address is not a public address", "does not send to such an address"),
        ("only https is sent to", "does not send to such an address"),
        ("its secret cannot be opened", "new secret"),
        ("the mailbox was refused", "steward"),
        ("the mail server answered 451", "operators"),
        ("the hub could not send it", str(OTHERWISE)),
    ],
)
def test_each_failure_says_what_to_do(failure, words):
    assert words in what_to_do(failure)
