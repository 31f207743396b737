"""Endpoints on their pages: nothing before the challenge is answered, two live secrets, and health in words."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from standardwebhooks import Webhook, WebhookVerificationError

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.deliveries.endpoints.actions import move_endpoint, rotate_secret, verify_endpoint
from sharing.deliveries.endpoints.health import in_a_while, in_words
from sharing.deliveries.endpoints.resealing import forget_old_secrets
from sharing.deliveries.models import Delivery, Endpoint
from sharing.deliveries.tasks import sweep
from tests.builders import published_bulletin, released
from tests.cast import person, viewer
from tests.deliveries.conftest import answers_challenges, deliveries, endpoint_for, recalled, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def liaison():
    return signed_in("cbsa.liaison")


def signed_in(username):
    client = Client()
    client.force_login(person(username))
    return client


def text(answer):
    return unescape(" ".join(strip_tags(answer.content.decode()).split()))


def secret_in(answer):
    return re.search(r"whsec_[\w+/=]+", unescape(answer.content.decode()))[0]


def post(client, path, **values):
    return client.post(path, values, follow=True)


def own(code="cbsa.liaison"):
    with viewing(viewer(code)):
        return Endpoint.objects.get()


def added(client, receiver):
    answer = client.post("/endpoints/new/", {"url": receiver.url})
    assert answer.status_code == 200
    return secret_in(answer), f"/endpoints/{own().uid}/"


def test_nothing_is_sent_to_an_endpoint_before_it_has_sent_the_challenge_back(liaison, receiver):
    secret, page = added(liaison, receiver)
    assert receiver.received == []
    released(published_bulletin(), "CBSA")
    send()
    assert receiver.received == [] and deliveries("CBSA", "webhook") == []

    for said, why in (
        (b"", "did not hold the challenge"),
        (b"not json", "did not hold the challenge"),
        (b'{"challenge": "guessed"}', "did not hold the challenge"),
        (b'{"challenge": 7}', "did not hold the challenge"),
        (b"[]", "did not hold the challenge"),
    ):
        receiver.echo = lambda body, said=said: said
        assert f"Not verified: the answer {why}" in text(post(liaison, page + "verify/"))
    # A server that sends back all it is sent knows nothing of challenges.
    receiver.echo = lambda body: body
    assert "Not verified" in text(post(liaison, page + "verify/"))
    receiver.echo = lambda body: b""
    receiver.answers = [401]
    assert "Not verified: the endpoint answered 401" in text(post(liaison, page + "verify/"))
    assert own().verified_at is None

    receiver.echo = answers_challenges
    assert "alerts go there from now on" in text(post(liaison, page + "verify/"))
    asked = receiver.received[-1]
    assert Webhook(secret).verify(asked.body, asked.headers)["type"] == "endpoint.verify"
    assert {got.payload["type"] for got in receiver.received} == {"endpoint.verify"}
    assert len({got.payload["data"]["challenge"] for got in receiver.received}) == len(receiver.received)

    receiver.answers, receiver.echo = [204], lambda body: b""
    released(published_bulletin(), "CBSA")
    send()
    assert receiver.received[-1].payload["type"] == "bulletin.released"


def test_a_secret_is_shown_once_and_on_no_other_page(liaison, receiver):
    secret, page = added(liaison, receiver)
    for path in ("/endpoints/", page, "/deliveries/", "/endpoints/new/"):
        answer = liaison.get(path)
        assert answer.status_code == 200 and secret not in unescape(answer.content.decode())
    again = liaison.post("/endpoints/new/", {"url": receiver.url})
    assert again.status_code == 400 and "has an endpoint with this address" in text(again)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://10.0.0.1/", "not a public address"),
        ("ftp://example.org/", "only https"),
        ("https://user:word@example.org/", "not a web address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
    ],
)
def test_where_the_hub_does_not_send_nothing_is_added(url, why, liaison):
    answer = liaison.post("/endpoints/new/", {"url": url})
    assert answer.status_code == 400 and why in text(answer)
    with viewing(viewer("cbsa.liaison")):
        assert not Endpoint.objects.exists()


def test_while_two_secrets_are_live_each_message_is_signed_with_both(liaison, receiver):
    endpoint, first = endpoint_for("CBSA", receiver.url)
    page = f"/endpoints/{endpoint.uid}/"
    answer = liaison.post(page + "rotate/")
    second = Webhook(secret_in(answer))
    assert "signs as well until" in text(answer)
    assert "Two secrets are live" in text(post(liaison, page + "rotate/"))
    released(published_bulletin(), "CBSA")
    send()
    both = receiver.received[-1]
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    assert first.verify(both.body, both.headers) == second.verify(both.body, both.headers)

    assert "newest secret alone" in text(post(liaison, page + "end-old-secret/"))
    released(published_bulletin(), "CBSA")
    send()
    one = receiver.received[-1]
    assert second.verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        first.verify(one.body, one.headers)


def test_an_old_secret_ends_by_itself_after_seven_days(liaison, receiver):
    endpoint, _first = endpoint_for("CBSA", receiver.url)
    liaison.post(f"/endpoints/{endpoint.uid}/rotate/")
    released(published_bulletin(), "CBSA")
    (row,) = deliveries("CBSA", "webhook")
    for days, signatures in ((6.9, 2), (7.1, 1)):
        receiver.answers = [500]
        send(at=timezone.now() + timedelta(days=days))
        assert len(receiver.received[-1].headers["webhook-signature"].split(" ")) == signatures
        back_to_waiting(row)


def test_a_secret_that_is_over_is_kept_no_longer(liaison, receiver):
    endpoint, _first = endpoint_for("CBSA", receiver.url)
    other, _first = endpoint_for("CBP", receiver.url)
    at = timezone.now()
    liaison.post(f"/endpoints/{endpoint.uid}/rotate/")
    who = viewer("cbp.liaison")
    with viewing(who):
        rotate_secret(other, viewer=who, at=at + timedelta(days=1))
    assert forget_old_secrets(at=at + timedelta(days=6.9)) == 0 and own().sealed_old_secret
    newest = own().sealed_secret
    assert forget_old_secrets(at=at + timedelta(days=7.1)) == 1
    assert (own().sealed_secret, own().sealed_old_secret, own().old_secret_ends_at) == (newest, "", None)
    assert own("cbp.liaison").sealed_old_secret
    assert forget_old_secrets(at=at + timedelta(days=8.1)) == 1 and not own("cbp.liaison").sealed_old_secret


def test_the_sweep_forgets_it(liaison, receiver):
    endpoint, _first = endpoint_for("CBSA", receiver.url)
    who = viewer("cbsa.liaison")
    with viewing(who):
        rotate_secret(endpoint, viewer=who, at=timezone.now() - timedelta(days=8))
    assert own().sealed_old_secret
    sweep()
    assert not own().sealed_old_secret


def back_to_waiting(row):
    from hub.database.context import engine

    with engine():
        Delivery.objects.filter(pk=row.pk).update(state="waiting", due_at=row.due_at)


def test_a_test_is_a_signed_message_without_data_and_says_how_it_went(liaison, receiver):
    endpoint, webhook = endpoint_for("CBSA", receiver.url)
    page = f"/endpoints/{endpoint.uid}/"
    assert "It answered the test" in text(post(liaison, page + "test/"))
    (got,) = receiver.received
    assert webhook.verify(got.body, got.headers) | {"timestamp": ""} == {
        "type": "endpoint.ping",
        "timestamp": "",
        "data": {},
    }
    receiver.answers = [500]
    assert "did not take the test: the endpoint answered 500" in text(post(liaison, page + "test/"))
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(event="endpoint.test").order_by("id")
        assert list(rows.values_list("outcome", "reason")) == [
            ("ok", ""),
            ("failed", "the endpoint answered 500"),
        ]


def test_what_answers_a_test_rests_no_longer(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [500, 204]
    released(published_bulletin(), "CBSA")
    send()
    now = timezone.now()
    failing(endpoint, since=now - timedelta(hours=2), until=now + timedelta(minutes=30))
    assert "has not answered since" in text(liaison.get(f"/endpoints/{endpoint.uid}/"))
    post(liaison, f"/endpoints/{endpoint.uid}/test/")
    found = own()
    assert (found.failures, found.failing_since, found.resting_until) == (0, None, None)
    (row,) = deliveries("CBSA", "webhook")
    assert row.due_at <= timezone.now()
    assert found.answered_at is not None and "answers, last" in text(liaison.get("/endpoints/"))


def failing(endpoint, *, since, until):
    with viewing(viewer("cbsa.liaison")):
        Endpoint.objects.filter(pk=endpoint.pk).update(failures=7, failing_since=since, resting_until=until)


def test_a_new_address_answers_the_challenge_before_the_old_one_is_left(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    page = f"/endpoints/{endpoint.uid}/"
    refused = liaison.post(page + "move/", {"url": receiver.url + "&new=1"})
    assert refused.status_code == 400 and "the old address stays in use" in text(refused)
    inward = liaison.post(page + "move/", {"url": "http://169.254.169.254/"})
    assert inward.status_code == 400 and "not a public address" in text(inward)
    assert own().url == receiver.url
    receiver.echo = answers_challenges
    assert "The address is changed" in text(post(liaison, page + "move/", url=receiver.url + "&new=1"))
    found = own()
    assert found.url.endswith("&new=1") and found.verified_at > endpoint.verified_at


def test_an_answer_counts_for_the_address_that_was_asked_alone(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url, verified=False)
    who = viewer("cbsa.liaison")
    with viewing(who):
        stale = Endpoint.objects.get()
        move_endpoint(Endpoint.objects.get(), receiver.url + "&new=1", viewer=who, at=timezone.now())
        receiver.echo = answers_challenges
        with pytest.raises(ValidationError, match="meanwhile"):
            verify_endpoint(stale, viewer=who, at=timezone.now())
    assert own().verified_at is None
    first = endpoint.sealed_secret
    with viewing(who):
        one, two = Endpoint.objects.get(), Endpoint.objects.get()
        rotate_secret(one, viewer=who, at=timezone.now())
        with pytest.raises(ValidationError, match="meanwhile"):
            rotate_secret(two, viewer=who, at=timezone.now())
    assert own().sealed_old_secret == first


def test_what_is_disabled_is_sent_nothing_until_it_has_answered_again(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    page = f"/endpoints/{endpoint.uid}/"
    assert "nothing is sent there" in text(post(liaison, page + "disable/"))
    released(published_bulletin(), "CBSA")
    send()
    assert receiver.received == []
    assert "verify it first" in text(post(liaison, page + "test/"))
    assert "Not verified" in text(post(liaison, page + "verify/"))
    receiver.echo = answers_challenges
    post(liaison, page + "verify/")
    receiver.received.clear()
    receiver.echo = lambda body: b""
    released(published_bulletin(), "CBSA")
    send()
    assert [got.payload["type"] for got in receiver.received] == ["bulletin.released"]


def test_what_is_removed_leaves_proof_of_what_was_sent_and_neither_address_nor_secret(
    liaison, receiver, owner_sql
):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    liaison.post(f"/endpoints/{endpoint.uid}/rotate/")
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    assert "are forgotten" in text(post(liaison, f"/endpoints/{endpoint.uid}/remove/"))
    assert liaison.get(f"/endpoints/{endpoint.uid}/").status_code == 404
    with viewing(viewer("cbsa.liaison")):
        row = Endpoint.objects.get(pk=endpoint.pk)
        assert (row.url, row.sealed_secret, row.sealed_old_secret) == ("", "", "")
    (sent,) = deliveries("CBSA", "webhook")
    assert (sent.state, sent.endpoint_id) == ("sent", endpoint.pk)
    recalled(bulletin)
    send()
    assert len(receiver.received) == 1
    # The address may be used again.
    assert liaison.post("/endpoints/new/", {"url": receiver.url}).status_code == 200


def test_the_tables_hold_that_nothing_is_kept_of_what_was_removed(receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    now = timezone.now()
    with viewing(viewer("cbsa.liaison")):
        for wrong in ({"removed_at": now}, {"old_secret_ends_at": now}, {"sealed_old_secret": "x"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Endpoint.objects.filter(pk=endpoint.pk).update(**wrong)


@pytest.mark.parametrize(
    "verb", ["move", "rotate", "verify", "test", "end-old-secret", "disable", "remove", "resend"]
)
def test_an_endpoint_is_its_own_agencys_admins_and_liaisons(verb, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    page = f"/endpoints/{endpoint.uid}/"
    ghost = "/endpoints/00000000-0000-4000-8000-000000000000/"
    for username in ("cbp.admin", "cbp.liaison", "ncb.officer", "steward", "inspector"):
        client = signed_in(username)
        typed = {"url": receiver.url}
        for found, none in (
            (client.get(page), client.get(ghost)),
            (client.post(f"{page}{verb}/", typed), client.post(f"{ghost}{verb}/", typed)),
        ):
            assert found.status_code == none.status_code == 404 and "urlsecret" not in found.content.decode()
    assert signed_in("cbsa.officer").post(page + f"{verb}/", {"url": receiver.url}).status_code == 403
    assert signed_in("cbsa.officer").get(page).status_code == 403
    assert receiver.received == [] and own().url == receiver.url and own().disabled_at is None


def test_nobody_has_the_hub_knock_without_end(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    answers = [text(post(liaison, f"/endpoints/{endpoint.uid}/test/")) for _ in range(25)]
    # A minute may end in between: then there are ten more.
    assert 10 <= len(receiver.received) <= 20
    assert any("wait a minute" in answer for answer in answers)


def test_twenty_endpoints_are_enough(liaison, receiver):
    for number in range(20):
        endpoint_for("CBSA", f"{receiver.url}&n={number}", verified=False)
    answer = liaison.post("/endpoints/new/", {"url": receiver.url})
    assert answer.status_code == 400 and "remove one first" in text(answer)


def test_health_is_said_in_words():
    now = timezone.now().replace(hour=15, minute=0)

    def said(waiting=0, next_in=None, **values):
        row = Endpoint(url="https://x.example/", created_at=now, **values)
        due = now + next_in if next_in is not None else None
        return unescape(strip_tags(in_words(row, "Texas DPS", waiting, due, now)))

    used = {"verified_at": now - timedelta(days=9)}
    assert said().startswith("Not in use")
    assert said(**used) == "Verified; nothing has been sent to it yet"
    assert said(**used, answered_at=now - timedelta(minutes=5)) == "Texas DPS answers, last 14:55 UTC"
    assert said(1, **used, answered_at=now) == "Texas DPS answers, last 15:00 UTC; 1 alert waits"
    since = {**used, "failing_since": now - timedelta(minutes=55)}
    assert said(12, timedelta(minutes=4), **since) == (
        "Texas DPS has not answered since 14:05 UTC; 12 alerts wait; next try in 4 min"
    )
    assert "since 14:05 UTC: nothing" in said(**used, disabled_at=now - timedelta(minutes=55))
    waits = [in_a_while(now + timedelta(seconds=s), now) for s in (-1, 0, 0.2, 59, 60, 5399, 5400, 86400)]
    assert waits == ["now", "now", "in 1 s", "in 59 s", "in 1 min", "in 90 min", "in 2 h", "in 24 h"]


def test_the_page_says_how_many_wait_and_when_the_next_try_is(liaison, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    receiver.answers = [500]
    released(published_bulletin(), "CBSA")
    send()
    now = timezone.now()
    failing(endpoint, since=now, until=now + timedelta(minutes=10))
    shown = text(liaison.get("/endpoints/"))
    assert re.search(r"has not answered since .*; 1 alert waits; next try in 10 min", shown)
    assert "has not answered" in text(liaison.get("/"))
    assert "has not answered" not in text(signed_in("cbsa.officer").get("/"))


def test_without_endpoints_the_page_says_what_one_is_for(liaison):
    assert "No endpoints" in text(liaison.get("/endpoints/"))
