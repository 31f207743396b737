"""Heads go to inspectors: hourly, signed, saying nothing of any row; and they can be read on a page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.agencies.models import Person
from hub.database.context import viewing
from hub.trail.chain import SealedAs, is_signed
from hub.trail.heads import mail_heads
from hub.trail.models import HeadMail, Seal, TrailRow
from hub.trail.seals import WATCH
from tests.cast import person
from tests.trail.conftest import sealed, write

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def in_minutes(minutes):
    return NOW + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def one_inspector(db):
    Person.objects.filter(username="inspector.ca").update(is_active=False)


@pytest.fixture
def one_seal(key):
    write("kestrel")
    sealed(key)
    with viewing(WATCH):
        return Seal.objects.get()


def test_each_inspector_is_mailed_the_head_and_it_is_on_the_trail(one_seal):
    assert mail_heads(at=NOW) == 1
    (sent,) = mail.outbox
    assert sent.to == [person("inspector").email] and f"seal {one_seal.number}" in sent.subject
    for told in (one_seal.head, one_seal.signature, one_seal.key, f"--head {one_seal.head}"):
        assert told in sent.body
    assert "kestrel" not in sent.body and "cbp" not in sent.body.lower() and "test.deed" not in sent.body
    with viewing(WATCH):
        (row,) = TrailRow.objects.filter(event="seal.mail")
    assert row.object_id == "inspector" and row.facts["head"] == one_seal.head


def test_what_the_mail_says_is_enough_to_check_the_signature(one_seal):
    told = SealedAs(
        one_seal.number, one_seal.first, one_seal.last, one_seal.previous, one_seal.head, one_seal.at
    )
    assert is_signed(told, key=one_seal.key, signature=one_seal.signature)
    assert not is_signed(told, key="00" * 32, signature=one_seal.signature)


def test_the_next_mail_comes_after_an_hour_with_every_seal_since(one_seal, key):
    assert mail_heads(at=NOW) == 1
    for reason in ("two", "three"):
        write(reason)
        sealed(key)
    assert mail_heads(at=in_minutes(30)) == 0
    assert mail_heads(at=in_minutes(60)) == 1
    assert mail_heads(at=in_minutes(180)) == 0, "nothing new was sealed"
    with viewing(WATCH):
        fresh = list(Seal.objects.filter(number__gt=1).values_list("head", flat=True))
        assert list(HeadMail.objects.order_by("id").values_list("seal_id", flat=True)) == [1, 3]
    assert all(head in mail.outbox[1].body for head in fresh) and one_seal.head not in mail.outbox[1].body


def test_nobody_else_is_mailed_and_a_deactivated_inspector_neither(one_seal):
    Person.objects.filter(username="inspector").update(is_active=False)
    assert mail_heads(at=NOW) == 0 and mail.outbox == []


def test_a_mail_that_fails_is_tried_again(one_seal, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert mail_heads(at=NOW) == 0
    with viewing(WATCH):
        (row,) = TrailRow.objects.filter(event="seal.mail")
        assert row.outcome == "failed" and not HeadMail.objects.exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert mail_heads(at=in_minutes(5)) == 1


def signed_in(username):
    client = Client()
    client.force_login(person(username))
    return client


def test_inspectors_read_the_seals_on_a_page_and_nobody_else(one_seal):
    page = signed_in("inspector").get("/trail/seals/")
    assert page.status_code == 200 and one_seal.head in page.content.decode()
    for username in ("cbp.admin", "cbp.officer", "steward"):
        refused = signed_in(username).get("/trail/seals/")
        assert refused.status_code == 403 and one_seal.head not in refused.content.decode()
    with viewing(WATCH):
        read = TrailRow.objects.filter(event="seal.read").order_by("id").values_list("actor", "outcome")
        assert list(read) == [
            ("inspector", "ok"), ("cbp.admin", "refused"), ("cbp.officer", "refused"), ("steward", "refused"),
        ]  # fmt: skip


def test_the_pages_of_seals_follow_each_other(key):
    for number in range(5):
        write(str(number))
        sealed(key)
    client, found, before = signed_in("inspector"), [], ""
    while True:
        page = client.get("/trail/seals/", {"before": before, "size": ""} if before else {})
        found += [line.number for line in page.context["lines"]]
        before = page.context["next"]
        if not before:
            break
    assert found == [5, 4, 3, 2, 1]
    assert client.get("/trail/seals/", {"before": "x"}).status_code == 400


def test_the_trail_page_shows_inspectors_the_last_head_and_auditors_none(one_seal):
    assert one_seal.head[:16] in signed_in("inspector").get("/trail/").content.decode()
    assert one_seal.head[:16] not in signed_in("cbp.admin").get("/trail/").content.decode()
