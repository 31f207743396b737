"""Notices: told to the desks they are for, in the inbox and by mail, without a word of any record."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.database.context import viewing
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.deliveries.querysets import unread_count
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import send, states

pytestmark = pytest.mark.django_db


def told(*codes: str, **values) -> None:
    who = viewer("cbp.admin")
    with viewing(who):
        queue_notice(AlertKind.AGREEMENT, [agency(code).pk for code in codes], at=timezone.now(), **values)
    send()


def unread(username: str) -> int:
    who = viewer(username)
    with viewing(who):
        return unread_count(who)


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def test_a_notice_reaches_the_desk_it_is_for_and_no_other():
    told("CBSA", path="/agreements/CBP-CBSA/")
    assert states("CBSA") == {("agreement", "inbox"): "sent", ("agreement", "mail"): "sent"}
    assert unread("cbsa.officer") == 1
    assert unread("ncb.officer") == 0
    assert "Agreement" in signed_in("cbsa.officer").get("/inbox/").content.decode()
    assert "Agreement: open" not in signed_in("ncb.officer").get("/inbox/").content.decode()


def test_opening_a_notice_reads_it_and_leads_to_its_page():
    told("CBSA", path="/agreements/CBP-CBSA/")
    client = signed_in("cbsa.officer")
    (row,) = client.get("/inbox/").context["notices"]
    assert client.head(row.href).status_code == 302
    assert unread("cbsa.officer") == 1
    assert client.get(row.href).headers["Location"] == "/agreements/CBP-CBSA/"
    assert unread("cbsa.officer") == 0
    # A colleague reads for themselves; another agency finds nothing at that address.
    assert unread("cbsa.releaser") == 1
    assert signed_in("ncb.officer").get(row.href).status_code == 404


def test_the_mail_of_a_notice_says_its_kind_and_where_to_read_it():
    told("CBSA", path="/agreements/CBP-CBSA/", facts={"what": "unknown", "secret": "zebrafinch"})
    (sent,) = [each for each in mail.outbox if agency("CBSA").desk_email in each.to]
    assert sent.subject == "Agreement: something waits for you in the hub"
    assert "/agreements/CBP-CBSA/" in sent.body
    assert "zebrafinch" not in sent.message().as_string()


def test_the_mail_of_a_notice_names_no_record():
    """What a record's marking lets a mail say is not known here: so it leads to the inbox, and that to the page."""
    told("CBSA", path="/bulletins/2RB9-WW7U/", ref="2RB9-WW7U")
    (row,) = signed_in("cbsa.officer").get("/inbox/").context["notices"]
    assert signed_in("cbsa.officer").get(row.href).headers["Location"] == "/bulletins/2RB9-WW7U/"
    (sent,) = [each for each in mail.outbox if agency("CBSA").desk_email in each.to]
    assert "/inbox/" in sent.body and "2RB9" not in sent.message().as_string()


def test_a_notice_for_one_person_is_not_the_desks():
    who = viewer("cbp.admin")
    with viewing(who):
        queue_notice(
            AlertKind.EMERGENCY, [agency("CBSA").pk], at=timezone.now(), person=person("cbsa.officer").pk
        )
    send()
    assert unread("cbsa.officer") == 1
    assert unread("cbsa.releaser") == 0
