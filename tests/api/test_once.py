"""`Idempotency-Key`: a POST sent twice is done once, whoever asks how often, and its answer is no way around access."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection, connections
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from bulletins.models import Bulletin
from hub.database.context import engine, viewing
from hub.rest.models import Done
from hub.rest.once import forget_done
from hub.rest.tasks import forget_keys
from sharing.flow import recall
from sharing.releases.models import Release
from tests.api.conftest import Caller
from tests.builders import CANARIES, draft_bulletin, published_bulletin, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db
WHY = {"need_to_know": "Why", "right_to_know": "Why"}


def send(who, path, body, key="first", **options):
    return who.ask("POST", path, body, headers={"Idempotency-Key": key}, **options)


def drafts(username="cbp.officer"):
    with viewing(viewer(username)):
        return Bulletin.objects.count()


def replayed(answer):
    return answer.headers.get("Idempotency-Replayed") == "true"


def test_what_is_sent_twice_under_a_key_is_written_once_and_answered_alike(caller):
    officer = caller("cbp.officer")
    first = send(officer, "bulletins/", {"title": "Once", "packages": 3})
    again = send(officer, "bulletins/", {"packages": 3, "title": "Once"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() and drafts() == 1
    assert not replayed(first) and replayed(again)
    for name in ("Location", "Content-Location", "ETag"):
        assert first[name] == again[name]
    assert send(officer, "bulletins/", {"title": "Once", "packages": 3}, "second").status_code == 201
    assert officer.post("bulletins/", {"title": "Once", "packages": 3}).status_code == 201
    assert drafts() == 3


def test_a_key_is_for_one_request_alone(caller):
    officer = caller("cbp.officer")
    assert send(officer, "bulletins/", {"title": "One"}).status_code == 201
    for path, body in (("bulletins/", {"title": "Other"}), ("seizures/", {"title": "One"})):
        other = send(officer, path, body)
        assert other.status_code == 422 and other["Content-Type"] == "application/problem+json"
    assert drafts() == 1


def test_each_caller_has_keys_of_their_own(caller):
    one, two, colleague = caller("cbp.officer"), caller("cbp.officer"), caller("cbp.releaser")
    for who in (one, two, colleague, caller("cbsa.officer")):
        answer = send(who, "bulletins/", {"title": "Mine"})
        assert answer.status_code == 201 and not replayed(answer)


def test_a_session_has_keys_too(client):
    client.force_login(person("cbp.officer"))
    session = Caller(None)
    session.client = client
    first, again = (send(session, "bulletins/", {"title": "Once"}) for _ in range(2))
    assert first.json() == again.json() and drafts() == 1


def test_what_was_refused_leaves_the_key_free(caller):
    officer = caller("cbp.officer")
    assert send(officer, "bulletins/", {"mode": "broom"}).status_code == 400
    assert send(officer, "bulletins/", {"title": "Put right"}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ", "a\tb"])
def test_a_key_that_is_none_is_refused(key, caller):
    answer = send(caller("cbp.officer"), "bulletins/", {"title": "Once"}, key)
    assert answer.status_code == 400 and drafts() == 0


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"{", "application/json"),
        (400, b'{"title": "\\ud800"}', "application/json"),
        (415, b'{"title": "Plain"}', "text/plain"),
    ],
)
def test_a_body_that_cannot_be_read_is_none_under_a_key_either(status, body, kind, caller):
    officer = caller("cbp.officer")
    for key in ("first", "first", "second"):
        answer = send(officer, "bulletins/", body, key, content_type=kind)
        assert answer.status_code == status, answer.content
    hidden = caller("ncb.officer")
    answers = [
        send(hidden, f"bulletins/{uid}/publish/", body, content_type=kind)
        for uid in (published_bulletin().uid, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert drafts() == 1


def test_a_key_may_stand_in_quotes(caller):
    officer = caller("cbp.officer")
    send(officer, "bulletins/", {"title": "Once"}, "abc")
    assert replayed(send(officer, "bulletins/", {"title": "Once"}, '"abc"'))


def test_a_day_later_the_key_is_new(caller):
    officer = caller("cbp.officer")
    send(officer, "bulletins/", {"title": "Once"})
    with viewing(viewer("cbp.officer")):
        Done.objects.update(at=timezone.now() - timedelta(hours=25))
    assert not replayed(send(officer, "bulletins/", {"title": "Another day"}))
    assert drafts() == 2


def test_keys_are_forgotten_after_a_day(caller):
    officer = caller("cbp.officer")
    send(officer, "bulletins/", {"title": "Once"})
    assert forget_done(timezone.now() + timedelta(hours=23)) == 0
    assert forget_done(timezone.now() + timedelta(hours=25)) == 1
    assert forget_keys() == 0
    with engine():
        assert not Done.objects.exists()


def test_nothing_of_a_record_is_kept_with_a_key(caller):
    officer = caller("cbp.officer")
    send(officer, "bulletins/", {"title": CANARIES["core"], "narrative": CANARIES["detail"]}, "a-plain-key")
    with viewing(viewer("cbp.officer")), connection.cursor() as cursor:
        cursor.execute("select row_to_json(d)::text from hub_done d")
        ((text,),) = cursor.fetchall()
    assert not [word for word in (*CANARIES.values(), "a-plain-key") if word in text]


def test_the_answer_is_read_anew_by_whoever_the_caller_is_by_then(caller):
    officer = caller("cbp.officer")
    made = send(officer, "bulletins/", {"title": "Once"}).json()
    officer.patch(f"bulletins/{made['uid']}/", {"title": "Since then"})
    assert send(officer, "bulletins/", {"title": "Once"}).json()["values"]["title"] == "Since then"
    who = person("cbp.officer")
    who.roles = ["auditor"]
    who.save()
    assert send(officer, "bulletins/", {"title": "Once"}).status_code == 422
    who.roles, who.agency = ["officer"], person("cbsa.officer").agency
    who.save()
    moved = send(officer, "bulletins/", {"title": "Once"})
    assert moved.status_code == 201 and moved.json()["uid"] != made["uid"]


def test_what_was_taken_back_is_not_given_again(caller):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    partner = caller("cbsa.officer")
    body = {"record": str(bulletin.uid), "part": "core", "says": "It was flour", "why": "Tested"}
    first = send(partner, "corrections/", body)
    read = send(partner, "receipts/", {"record": str(bulletin.uid)}, "receipt")
    assert (first.status_code, read.status_code) == (201, 201)
    assert send(partner, "receipts/", {"record": str(bulletin.uid)}, "receipt").json() == read.json()
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    assert send(partner, "receipts/", {"record": str(bulletin.uid)}, "receipt").status_code == 410
    again = send(partner, "corrections/", body)
    assert again.json()["says"] == ""


def test_a_release_is_made_once(caller):
    bulletin = published_bulletin()
    releaser = caller("cbp.releaser")
    body = {"record": str(bulletin.uid), "to": [{"agency": "CBSA"}], "tlp": "TLP:AMBER", **WHY}
    first, again = (send(releaser, "releases/", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert [row["code"] for row in first.json()["outcomes"]] == [
        row["code"] for row in again.json()["outcomes"]
    ]
    with viewing(viewer("cbp.releaser")):
        assert Release.objects.count() == 1
    taken = {"record": str(bulletin.uid), "reason": "Wrong"}
    recalled, repeated = (send(releaser, "releases/recall/", taken, "recall") for _ in range(2))
    assert recalled.status_code == 200 and recalled.json() == repeated.json()


def test_a_photograph_is_added_once_whatever_the_boundary(caller):
    draft, officer = draft_bulletin(), caller("cbp.officer")
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")

    def upload():
        file = BytesIO(picture.getvalue())
        file.name = "a.jpg"
        body = encode_multipart(BOUNDARY, {"photograph": file, "caption": "A tank"})
        other = body.replace(BOUNDARY.encode(), uuid.uuid4().hex.encode())
        boundary = other.partition(b"\r\n")[0][2:].decode()
        return send(
            officer,
            f"bulletins/{draft.uid}/photographs/",
            other,
            content_type=MULTIPART_CONTENT.replace(BOUNDARY, boundary),
        )

    first, again = upload(), upload()
    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert (
        first.json()["photographs"] == again.json()["photographs"] and len(first.json()["photographs"]) == 1
    )


def test_a_hidden_record_and_a_ghost_are_alike_under_a_key(caller):
    bulletin, asker = published_bulletin(), caller("ncb.officer")
    for path, more in (("receipts/", {}), ("releases/", {"to": [{"agency": "RCMP"}], **WHY})):
        answers = [
            send(asker, path, {"record": str(uid), **more}, f"{path}{uid}")
            for uid in (bulletin.uid, uuid.uuid4())
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_told_to_wait(caller):
    """The second comes while the first has not committed."""
    officer, found = caller("cbp.officer"), {}
    inside, go_on = threading.Event(), threading.Event()
    from bulletins.publishing import api

    written = api.save

    def slow(*args, **kwargs):
        inside.set()
        go_on.wait(10)
        return written(*args, **kwargs)

    def first():
        try:
            found["first"] = send(officer, "bulletins/", {"title": "Once"})
        finally:
            connections.close_all()

    api.save = slow
    try:
        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(10)
        api.save = written
        waits = send(officer, "bulletins/", {"title": "Once"})
        go_on.set()
        thread.join(20)
    finally:
        api.save = written
    assert found["first"].status_code == 201
    assert waits.status_code == 409 and waits["Content-Type"] == "application/problem+json"
    after = send(officer, "bulletins/", {"title": "Once"})
    assert replayed(after) and after.json()["uid"] == found["first"].json()["uid"]
    assert drafts() == 1
