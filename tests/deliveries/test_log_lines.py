"""One id from the release to the receipt, in log lines that say nothing of what is sent or where to."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from hub.log import Line
from hub.trail.actions import Origin, origin
from sharing.deliveries.models import Alert
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import agency, person
from tests.deliveries.conftest import answers_challenges, deliveries, endpoint_for, recalled, send
from tests.deliveries.test_endpoints import post, signed_in

# With transactions, for lines are written once what they tell of is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lines(caplog):
    """The lines as they leave: (message, facts)."""
    caplog.set_level(logging.DEBUG)

    def read(logger="sharing.deliveries"):
        formatted = [Line().format(record) for record in caplog.records if record.name.startswith(logger)]
        return [json.loads(line) for line in formatted]

    return read


def released_as(request_id, record, *targets):
    kept = origin.set(Origin(request_id=request_id, method="session"))
    try:
        released(record, *targets)
    finally:
        origin.reset(kept)


def test_one_id_runs_from_the_release_to_the_receipt(receiver, lines):
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [500, 204]
    record = published_bulletin()
    released_as("0f" * 16, record, "CBSA")
    send()
    (hook,) = deliveries("CBSA", "webhook")
    send(at=hook.due_at)
    client = Client()
    client.force_login(person("cbsa.officer"))
    assert client.get(f"/bulletins/{record.ref}/").status_code == 200
    client.post(f"/bulletins/{record.ref}/acknowledge/")
    told = [line for line in lines() if line.get("request_id") == "0f" * 16]
    of_hook = [line["message"] for line in told if line.get("delivery") == str(hook.uid)]
    assert of_hook == ["begun", "again", "begun", "sent"]
    assert told[0]["message"] == "queued" and (told[0]["kind"], told[0]["count"]) == ("new", 3)
    inbox = str(deliveries("CBSA", "inbox")[0].uid)
    assert [line["message"] for line in told if line.get("delivery") == inbox] == [
        "sent",
        "read",
        "acknowledged",
    ]
    again = next(line for line in told if line["message"] == "again")
    assert (again["failure"], again["channel"]) == ("the endpoint answered 500", "webhook") and again[
        "wait_s"
    ] > 0


def test_what_no_request_caused_has_an_id_of_its_own(receiver, lines):
    record = published_bulletin()
    released(record, "CBSA")
    from hub.database.context import engine

    with engine():
        (request_id,) = set(Alert.objects.filter(record_id=record.pk).values_list("request_id", flat=True))
    assert len(request_id) == 32
    assert [line["request_id"] for line in lines() if line["message"] == "queued"][-1] == request_id


def test_a_recall_and_a_failure_are_told(receiver, lines):
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [410]
    record = published_bulletin()
    released(record, "CBSA")
    send()
    waits = published_bulletin()
    released(waits, "CBSA")
    recalled(waits)
    send()
    messages = [line["message"] for line in lines()]
    assert "failed" in messages and "cancelled" in messages


def test_no_line_of_the_whole_story_says_what_it_is_about_or_where_it_goes(receiver, caplog):
    caplog.set_level(logging.DEBUG)
    liaison = signed_in("cbsa.liaison")
    liaison.post("/endpoints/new/", {"url": receiver.url})
    receiver.echo = answers_challenges
    from hub.database.context import viewing
    from sharing.deliveries.models import Endpoint
    from tests.cast import viewer

    with viewing(viewer("cbsa.liaison")):
        endpoint = Endpoint.objects.get()
    post(liaison, f"/endpoints/{endpoint.uid}/verify/")
    post(liaison, f"/endpoints/{endpoint.uid}/rotate/")
    receiver.echo, receiver.answers = lambda body: b"", [500, 410, 204]
    record = published_bulletin()
    released(record, "CBSA", "community:HIDTA-STX")
    send()
    (hook,) = deliveries("CBSA", "webhook")
    send(at=hook.due_at)
    post(liaison, f"/endpoints/{endpoint.uid}/resend/")
    send()
    officer = signed_in("cbsa.officer")
    officer.get(f"/bulletins/{record.ref}/")
    recalled(record)
    send()
    written = "\n".join(Line(with_error_text=True).format(each) for each in caplog.records if of_ours(each))
    assert '"sent"' in written and '"failed"' in written and '"queued"' in written and '"read"' in written
    people = [person(name) for name in ("cbsa.officer", "cbsa.liaison", "cbp.releaser", "cbp.officer")]
    for word in (
        *CANARIES.values(),
        record.title,
        record.tear_line,
        record.ref,
        str(record.uid),
        "whsec_",
        "urlsecret",
        "/hook",
        "127.0.0.1",
        agency("CBSA").desk_email,
        agency("CBSA").name,
        "CBSA",
        "HIDTA",
        *(part for each in people for part in (each.username, each.last_name, each.email)),
    ):
        assert word not in written, word


def of_ours(record):
    """Lines as a running hub writes them: not Django's own of queries, which no setting of ours lets through."""
    return record.levelno >= logging.INFO and record.name.startswith(("sharing", "bulletins", "hub"))
