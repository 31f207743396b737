"""Recall and carry over as pages: what they say beforehand is what happens."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.records.actions import write_down
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Given, Withdrawal
from sharing.releases.querysets import releases_behind
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(person(username))
    return client


@pytest.fixture
def releaser() -> Client:
    return signed_in("cbp.releaser")


def amend(bulletin: Bulletin, **values) -> None:
    who = viewer("cbp.officer")
    with viewing(who):
        fresh = Bulletin.objects.get(pk=bulletin.pk)
        write_down(fresh, values, viewer=who, at=timezone.now())
        publish(fresh, viewer=who, at=timezone.now(), note="Corrected after the lab's answer")


def versions(bulletin: Bulletin) -> dict[str, int]:
    with viewing(viewer("cbp.releaser")):
        rows = Given.objects.filter(record_id=bulletin.pk)
        return dict(rows.values_list("agency__code", "version"))


def behind(username: str, bulletin: Bulletin) -> int:
    with viewing(viewer(username)):
        return releases_behind(bulletin.pk)


def test_a_recall_says_to_whom_it_happens_and_then_does_it(releaser):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    path = f"/bulletins/{bulletin.ref}/recall/"
    page = releaser.get(path).content.decode()
    assert "Recall it from 2 agencies" in page
    assert "/agencies/CBSA/" in page and "/agencies/HSI/" in page and "/agencies/DEA/" not in page

    assert releaser.post(path, {"reason": "  "}).status_code == 400
    assert releaser.post(path, {"reason": "x" * 501}).status_code == 400
    assert versions(bulletin).keys() == {"CBSA", "HSI"}

    done = releaser.post(path, {"reason": "The lab found sugar"}, follow=True)
    assert done.redirect_chain == [(f"/bulletins/{bulletin.ref}/", 302)]
    assert "2 agencies are told" in done.content.decode()
    assert versions(bulletin) == {}
    for username, told in (("cbsa.officer", 1), ("hsi.agent", 1), ("dea.agent", 0), ("ncb.officer", 0)):
        who = viewer(username)
        with viewing(who):
            rows = Withdrawal.objects.visible_to(who).filter(ref=bulletin.ref)
            assert list(rows.values_list("reason", flat=True)) == ["The lab found sugar"] * told
        answer = signed_in(username).get(f"/bulletins/{bulletin.ref}/")
        assert answer.status_code == (200 if told else 404)
        assert ("The lab found sugar" in answer.content.decode()) is bool(told)
        assert CANARIES["core"] not in answer.content.decode()
    with viewing(viewer("inspector")):
        (row,) = TrailRow.objects.filter(event="record.recall", outcome="ok")
    assert row.audience_before == ["CBP", "CBSA", "HSI"] and row.actor == "cbp.releaser"


def test_what_nobody_has_cannot_be_recalled(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/recall/"
    assert "There is nothing to recall" in releaser.get(path).content.decode()
    answer = releaser.post(path, {"reason": "x"})
    assert answer.status_code == 400


def test_an_amendment_reaches_only_those_it_is_carried_over_to(releaser):
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"), "HSI")
    assert behind("cbp.releaser", bulletin) == 0
    path = f"/bulletins/{bulletin.ref}/carry-over/"
    assert "Everybody has the newest version" in releaser.get(path).content.decode()

    amend(bulletin, place="Lane 9, heronry", narrative="The tank was new.")
    assert versions(bulletin) == {"CBSA": 1, "HSI": 1}
    assert behind("cbp.releaser", bulletin) == 2
    assert behind("cbsa.officer", bulletin) == 0 and behind("ncb.officer", bulletin) == 0

    page = releaser.get(path).content.decode()
    assert "Who gets version 2?" in page and "Corrected after the lab" in page
    assert "Changed, but withheld from them: exact place and time" in page
    assert releaser.post(path, {}).status_code == 400
    assert releaser.post(path, {"release": ["DEA"]}).status_code == 400

    assert releaser.post(path, {"release": ["CBSA"]}).status_code == 302
    assert versions(bulletin) == {"CBSA": 2, "HSI": 1}
    assert behind("cbp.releaser", bulletin) == 1
    theirs = signed_in("cbsa.officer").get(f"/bulletins/{bulletin.ref}/").content.decode()
    assert "The tank was new" in theirs and "heronry" not in theirs
    others = signed_in("hsi.agent").get(f"/bulletins/{bulletin.ref}/").content.decode()
    assert CANARIES["detail"] in others and "The tank was new" not in others


def test_after_a_recall_it_can_be_released_again(releaser):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    releaser.post(f"/bulletins/{bulletin.ref}/recall/", {"reason": "Wrong photograph"})
    page = releaser.get(f"/bulletins/{bulletin.ref}/release/").content.decode()
    assert "It was recalled" in page
    released(bulletin, "CBSA")
    assert versions(bulletin) == {"CBSA": 1}
    assert signed_in("cbsa.officer").get(f"/bulletins/{bulletin.ref}/").status_code == 200
