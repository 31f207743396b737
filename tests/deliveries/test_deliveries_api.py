"""Deliveries as JSON: an agency's own, how they fare and nothing of what they say."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.api.test_schema import check
from tests.builders import CANARIES, published_bulletin, released
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(receiver):
    """One release to CBSA, of which the endpoint takes nothing for good; the endpoint and the record."""
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    record = published_bulletin()
    released(record, "CBSA")
    receiver.answers = [410, 204]
    send()
    return endpoint, record


def uids(answer):
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()["results"]]


def test_an_agency_reads_how_its_own_alerts_fare_and_nothing_of_any_record(sent, caller):  # noqa: F811
    endpoint, record = sent
    answer = caller("cbsa.officer").get("deliveries/")
    own = deliveries("CBSA")
    assert uids(answer) == [str(row.uid) for row in reversed(own)]
    by_channel = {row["channel"]: row for row in answer.json()["results"]}
    hook = by_channel["webhook"]
    assert (hook["state"], hook["kind"], hook["endpoint"]) == ("failed", "new", str(endpoint.uid))
    assert (hook["attempts"], hook["failure"]) == (1, "the endpoint is gone (410)")
    assert by_channel["mail"]["state"] == "sent" and by_channel["mail"]["due_at"] is None
    for word in (*CANARIES.values(), record.ref, str(record.uid), "urlsecret", "@"):
        assert word not in answer.content.decode()
    # The owner's, and everybody else's, are others.
    for username in ("cbp.releaser", "ncb.officer", "steward", "inspector"):
        assert uids(caller(username).get("deliveries/")) == []
        for uid in (own[0].uid, uuid4()):
            assert caller(username).get(f"deliveries/{uid}/").status_code == 404
            assert caller(username).post(f"deliveries/{uid}/resend/", {}).status_code == 404
    one = caller("cbsa.officer").get(f"deliveries/{hook['uid']}/")
    assert one.json() == hook


def test_filters_narrow_and_pages_follow_each_other(sent, caller):  # noqa: F811
    endpoint, _record = sent
    asker = caller("cbsa.liaison")
    everything = uids(asker.get("deliveries/"))
    for name, value, channels in (
        ("state", "failed", {"webhook"}),
        ("channel", "mail", {"mail"}),
        ("endpoint", endpoint.uid, {"webhook"}),
        ("kind", "new", {"mail", "webhook", "inbox"}),
        ("kind", "recalled", set()),
        ("since", (timezone.now() + timedelta(hours=1)).isoformat().replace("+", "%2B"), set()),
    ):
        found = asker.get(f"deliveries/?{name}={value}").json()["results"]
        assert {row["channel"] for row in found} == channels, name
    assert asker.get("deliveries/?state=odd").status_code == 400
    assert asker.get("deliveries/?agency=CBP").status_code == 400
    first = asker.get("deliveries/?limit=2").json()
    second = asker.get(first["next"]).json()
    assert [row["uid"] for row in [*first["results"], *second["results"]]] == everything


def test_what_was_called_off_before_any_attempt_is_not_told(caller):  # noqa: F811
    record = published_bulletin()
    released(record, "CBSA")
    recalled(record)
    send()
    assert {row.state for row in deliveries("CBSA")} == {"cancelled", "sent"}
    told = caller("cbsa.officer").get("deliveries/").json()["results"]
    assert [(row["kind"], row["state"]) for row in told] == [("recalled", "sent")]


def test_what_is_for_one_person_is_for_no_program(sent, caller):  # noqa: F811
    from tests.cast import viewer
    from tests.conftest import as_owner

    as_owner("update sharing_delivery set person_id = %s", [viewer("cbsa.officer").person_id])
    assert uids(caller("cbsa.officer").get("deliveries/")) == []


def test_what_was_given_up_is_sent_again_by_those_who_run_the_endpoints(sent, caller, receiver):  # noqa: F811
    endpoint, _record = sent
    (row,) = deliveries("CBSA", "webhook")
    inbox = deliveries("CBSA", "inbox")[0]
    liaison, officer = caller("cbsa.liaison"), caller("cbsa.officer")
    assert officer.post(f"deliveries/{row.uid}/resend/", {}).status_code == 403
    assert officer.post(f"deliveries/endpoints/{endpoint.uid}/resend/", {}).status_code == 403
    assert caller("cbsa.liaison", "read").post(f"deliveries/{row.uid}/resend/", {}).status_code == 403
    assert liaison.post(f"deliveries/{inbox.uid}/resend/", {}).status_code == 404
    assert liaison.post(f"deliveries/{row.uid}/resend/", {}).json() == {"resent": 1}
    send()
    assert deliveries("CBSA", "webhook")[0].state == "sent" and len(receiver.received) == 2
    assert liaison.post(f"deliveries/endpoints/{endpoint.uid}/resend/", {}).json() == {"resent": 0}
    for username in ("cbp.admin", "cbp.liaison", "steward"):
        for uid in (endpoint.uid, uuid4()):
            assert caller(username).post(f"deliveries/endpoints/{uid}/resend/", {}).status_code == 404


def test_endpoints_are_watched_by_programs_and_changed_by_none(sent, caller):  # noqa: F811
    endpoint, _record = sent
    answer = caller("cbsa.liaison").get("deliveries/endpoints/")
    (row,) = answer.json()["results"]
    assert (row["uid"], row["state"], row["failed"]) == (str(endpoint.uid), "failing", 1)
    assert "urlsecret" not in answer.content.decode() and "whsec" not in answer.content.decode()
    assert caller("cbsa.officer").get("deliveries/endpoints/").status_code == 403
    assert caller("cbp.liaison").get("deliveries/endpoints/").json() == {"results": []}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (
            caller("cbsa.liaison")
            .ask(method, "deliveries/endpoints/", {"url": "https://x.example/"})
            .status_code
            == 405
        )


def test_answers_are_what_the_schema_says(sent, caller):  # noqa: F811
    endpoint, _record = sent
    liaison = caller("cbsa.liaison")
    schema = liaison.get("/api/schema/").json()
    uid = deliveries("CBSA", "webhook")[0].uid
    for path in ("deliveries/", f"deliveries/{uid}/", "deliveries/endpoints/"):
        check(schema, path, "get", 200, liaison.get(path).json(), "application/json")
    for path in (f"deliveries/{uid}/resend/", f"deliveries/endpoints/{endpoint.uid}/resend/"):
        check(schema, path, "post", 200, liaison.post(path, {}).json(), "application/json")
