"""A recall is told to everybody who was ever given it, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.agencies.models import Person, Role
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants, regrant
from sharing.deliveries.models import Delivery
from sharing.flow import refresh, release
from sharing.releases.models import Release
from sharing.releases.plan import Pick
from tests.builders import CANARIES, pick, plan, published_bulletin, released
from tests.cast import person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, text
from tests.recalls.conftest import REASON, inbox, read, taken_back, told, versions

pytestmark = pytest.mark.django_db


def test_an_agency_that_has_lost_access_since_is_told_by_the_ledger_alone(bulletin, suspended, caller):
    released(bulletin, "CBSA", "HSI")
    assert CANARIES["core"] in read("cbsa.officer", bulletin)
    suspended()
    assert "No longer shared" in read("cbsa.officer", bulletin)
    taken_back(bulletin)

    assert told(bulletin) == ["CBSA", "HSI"]
    page = read("cbsa.officer", bulletin)
    assert "was recalled by CBP" in page and REASON in page
    assert not [word for word in CANARIES.values() if word in page]
    assert bulletin.ref in inbox("cbsa.officer")
    answer = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/")
    assert answer.status_code == 410 and answer.json()["recalled_at"]
    ghost = reader("ncb.officer").get(f"/bulletins/{bulletin.ref}/")
    assert ghost.status_code == 404 and bulletin.ref not in inbox("ncb.officer")


def test_who_was_released_to_and_lost_it_without_ever_having_been_shown_it_is_not_told(bulletin, suspended):
    """Nothing of it was ever given to them; HSI, which holds it, is told all the same."""
    released(bulletin, "CBSA", "HSI")
    suspended()
    taken_back(bulletin)
    assert told(bulletin) == ["HSI"]


def test_each_is_told_once_however_often_it_had_it(bulletin):
    released(bulletin, "CBSA")
    for username in ("cbsa.officer", "cbsa.releaser", "cbsa.officer"):
        read(username, bulletin)
    send()
    taken_back(bulletin)
    assert told(bulletin) == ["CBSA"]
    with engine():
        rows = Delivery.objects.filter(alert__kind="recalled", alert__ref=bulletin.ref)
        assert sorted(rows.values_list("agency__code", "channel")) == [("CBSA", "inbox"), ("CBSA", "mail")]
    mail.outbox.clear()
    send()
    (sent,) = mail.outbox
    assert bulletin.ref in sent.body and "recall/answer/" in sent.body
    assert REASON not in sent.body and not [word for word in CANARIES.values() if word in sent.body]


def test_a_second_recall_tells_those_alone_who_had_it_since_the_first(bulletin, suspended):
    released(bulletin, "CBSA", "HSI")
    read("cbsa.officer", bulletin)
    read("hsi.agent", bulletin)
    taken_back(bulletin)
    assert told(bulletin) == ["CBSA", "HSI"]
    released(bulletin, "HSI")
    assert CANARIES["core"] in read("hsi.agent", bulletin)
    taken_back(bulletin)
    assert told(bulletin) == ["CBSA", "HSI", "HSI"]


def test_what_expired_can_still_be_recalled_from_those_who_read_it(bulletin, jump):
    who, end = viewer("cbp.releaser"), timezone.now() + timedelta(minutes=5)
    with viewing(who):
        release([bulletin], plan(pick("CBSA"), ends_at=end), viewer=who, at=timezone.now())
    read("cbsa.officer", bulletin)
    jump(end)
    refresh(at=end)
    taken_back(bulletin, at=end + timedelta(hours=1))
    assert told(bulletin) == ["CBSA"] and REASON in read("cbsa.officer", bulletin)


def test_a_suspended_agency_finds_it_once_it_is_active_again(bulletin, owner_sql):
    released(bulletin, "CBSA")
    read("cbsa.officer", bulletin)
    owner_sql("update hub_agency set state = 'suspended' where code = 'CBSA'")
    try:
        taken_back(bulletin)
        assert told(bulletin) == ["CBSA"]
        assert REASON not in read("cbsa.officer", bulletin)
    finally:
        owner_sql("update hub_agency set state = 'active' where code = 'CBSA'")
    assert REASON in read("cbsa.officer", bulletin)
    assert bulletin.ref in text(reader("cbsa.officer").get("/"))


def test_at_red_the_people_who_had_it_are_told_and_their_colleagues_are_not(bulletin):
    Person.objects.create(
        username="hsi.second",
        agency_id=person("hsi.agent").agency_id,
        roles=[Role.OFFICER],
        email="s@hsi.example",
    )
    who = viewer("cbp.releaser")
    with viewing(who):
        named = Pick(agency=person("hsi.agent").agency_id, persons=frozenset({person("hsi.agent").pk}))
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
    assert CANARIES["core"] in read("hsi.agent", bulletin)
    # What the marking was raised to, and who lost it before the recall, changes nothing for either.
    with viewing(who):
        Release.objects.filter(record=bulletin.pk).update(ended_at=timezone.now())
        regrant([bulletin.pk], at=timezone.now())
    taken_back(bulletin)
    assert told(bulletin) == ["HSI"]
    assert REASON in read("hsi.agent", bulletin)
    for below in ("", "recall/answer/"):
        assert reader("hsi.agent").get(f"/bulletins/{bulletin.ref}/{below}").status_code == 200
        assert reader("hsi.second").get(f"/bulletins/{bulletin.ref}/{below}").status_code == 404


def test_afterwards_rebuilding_changes_nothing(bulletin, suspended):
    released(bulletin, "CBSA", "HSI")
    read("cbsa.officer", bulletin)
    suspended()
    taken_back(bulletin)
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn) and versions(bulletin) == {}


def test_another_record_in_the_same_answer_is_not_recalled_with_it(bulletin):
    """A ledger row holds all records of one answer: a list shows both."""
    other = published_bulletin()
    released(bulletin, "CBSA")
    released(other, "CBSA")
    reader("cbsa.officer").get("/bulletins/")
    taken_back(bulletin)
    assert told(bulletin) == ["CBSA"] and told(other) == []
