"""Marking what is out: raised it is decided again at once, lowered it asks why; an embargo holds everything back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Received, Withdrawal
from sharing.flow import refresh
from tests.builders import published_bulletin, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db


def sees(username: str, record) -> bool:
    who = viewer(username)
    with viewing(who):
        return Received.objects.visible_to(who).filter(record_id=record.pk).exists()


def page(record, **values):
    """Look, then mark what was looked at: the answer to the second press."""
    client = Client()
    client.force_login(person("cbp.releaser"))
    address = f"/bulletins/{record.ref}/marking/"
    looked = client.post(address, {"do": "look", **values})
    seal = looked.context["seal"] if looked.context else ""
    return looked, client.post(address, {"do": "mark", "seal": seal, **values})


def test_raising_the_marking_takes_it_at_once_from_those_it_no_longer_reaches():
    record = published_bulletin()
    released(record, "CBSA", "community:HIDTA-STX")
    assert sees("stx.analyst", record)
    looked, done = page(record, tlp="TLP:AMBER+STRICT")
    assert "HIDTA-STX" in {row.code for row in looked.context["losing"]}
    assert done.status_code == 302
    assert not sees("stx.analyst", record)
    assert sees("cbsa.officer", record)
    assert not rebuild_grants(timezone.now()).withdrawn
    who = viewer("stx.analyst")
    with viewing(who):
        assert Withdrawal.objects.visible_to(who).filter(ref=record.ref).exists()


def test_lowering_asks_why_once_others_were_given_it():
    record = published_bulletin()
    released(record, "CBSA")
    _looked, refused = page(record, tlp="TLP:GREEN")
    assert refused.status_code == 400
    assert "Say why it is marked lower" in refused.content.decode()
    _looked, done = page(record, tlp="TLP:GREEN", reason="The method was published by the press")
    assert done.status_code == 302
    with viewing(viewer("inspector")):
        row = TrailRow.objects.get(event="record.mark", object_id=record.ref)
    assert row.reason == "The method was published by the press"
    assert row.facts["marking_before"] == "TLP:AMBER"


def test_a_release_that_marks_lower_asks_too():
    record = published_bulletin()
    released(record, "CBSA", tlp="TLP:GREEN")
    released(record, "CBSA", tlp="TLP:AMBER")
    with pytest.raises(ValidationError, match="Say why"):
        released(record, "CBSA", tlp="TLP:GREEN")


def test_a_marking_that_cannot_stand_is_refused_in_the_form():
    record = published_bulletin()
    looked, refused = page(record, tlp="TLP:AMBER", controls=["REL TO"])
    assert looked.status_code == refused.status_code == 400
    assert "REL TO needs the countries" in refused.content.decode()


def test_what_was_not_looked_at_is_not_done():
    record = published_bulletin()
    released(record, "CBSA")
    client = Client()
    client.force_login(person("cbp.releaser"))
    answer = client.post(
        f"/bulletins/{record.ref}/marking/", {"do": "mark", "tlp": "TLP:AMBER+STRICT", "seal": "x"}
    )
    assert answer.status_code == 400
    record_tlp = type(record).objects.values_list("tlp", flat=True)
    with viewing(viewer("cbp.releaser")):
        assert record_tlp.get(pk=record.pk) == "TLP:AMBER"


def test_under_embargo_recipients_lose_it_and_have_it_again_at_its_end(jump):
    record = published_bulletin()
    released(record, "CBSA")
    end = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    looked, done = page(record, tlp="TLP:AMBER", embargo_until=end.strftime("%Y-%m-%dT%H:%M"))
    assert [row.code for row in looked.context["losing"]] == ["CBSA"]
    assert done.status_code == 302
    assert not sees("cbsa.officer", record)
    assert sees("cbp.officer", record)
    owner = Client()
    owner.force_login(person("cbp.releaser"))
    own = owner.get(f"/bulletins/{record.ref}/").content.decode()
    assert "Under embargo until" in own and "A release begins" not in own
    assert "it is under embargo" in owner.get(f"/bulletins/{record.ref}/as/CBSA/").content.decode()
    later = end + timedelta(days=1)
    jump(later)
    assert refresh(at=later) == 1
    assert sees("cbsa.officer", record)
    assert refresh(at=later) == 0


def test_what_is_released_under_embargo_waits_for_its_end(jump):
    record = published_bulletin()
    end = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    page(record, tlp="TLP:AMBER", embargo_until=end.strftime("%Y-%m-%dT%H:%M"))
    released(record, "CBSA")
    assert not sees("cbsa.officer", record)
    later = end + timedelta(days=1)
    jump(later)
    refresh(at=later)
    assert sees("cbsa.officer", record)


def test_an_embargo_that_lies_behind_is_refused():
    record = published_bulletin()
    _looked, refused = page(record, tlp="TLP:AMBER", embargo_until="2020-01-01T00:00")
    assert refused.status_code == 400
    assert "must lie ahead" in refused.content.decode()
