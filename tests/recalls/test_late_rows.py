"""A page that is answered while its record is taken back: its ledger row comes after the recall, and the notice too."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.deliveries.models import Delivery
from sharing.disclosures.reading import shown_to
from sharing.flow import refresh, release
from sharing.releases.plan import Pick
from sharing.tasks import tell_of_recalls
from tests.builders import plan, published_bulletin, released
from tests.cast import agency, person, viewer
from tests.recalls.conftest import REASON, amend, carried, inbox, read, taken_back, told
from tests.recalls.test_proof import lines


class Reading:
    """CBSA's officer is shown the record; the answer is committed when it is `over`."""

    def __init__(self, record):
        self.record, self.shown, self.over = record, threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.read)

    def read(self):
        who = viewer("cbsa.officer")
        try:
            with viewing(who):
                assert shown_to(who, self.record.kind, self.record.ref)
                self.shown.set()
                self.over.wait(timeout=60)
        finally:
            connection.close()

    def __enter__(self):
        self.thread.start()
        assert self.shown.wait(timeout=60)
        return self

    def __exit__(self, *error):
        self.over.set()
        self.thread.join(timeout=60)


@pytest.mark.django_db(transaction=True)
def test_who_lost_access_in_that_instant_is_told_by_the_hour_and_once(suspended):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    with Reading(bulletin):
        suspended()
        taken_back(bulletin)
        assert told(bulletin) == ["HSI"]
    assert tell_of_recalls() == 1
    assert told(bulletin) == ["CBSA", "HSI"] and tell_of_recalls() == 0
    assert REASON in read("cbsa.officer", bulletin) and bulletin.ref in inbox("cbsa.officer")
    with engine():
        rows = Delivery.objects.filter(alert__kind="recalled", agency=agency("CBSA"), channel="inbox")
        assert rows.count() == 1
    assert lines(bulletin)["CBSA"].told_at is not None


@pytest.mark.django_db(transaction=True)
def test_who_was_told_by_the_recall_itself_is_not_told_again():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    with Reading(bulletin):
        taken_back(bulletin)
    assert told(bulletin) == ["CBSA"] and tell_of_recalls() == 0


@pytest.mark.django_db
def test_who_is_given_it_by_a_later_release_is_told_of_no_earlier_recall(bulletin):
    released(bulletin, "HSI")
    taken_back(bulletin)
    before = timezone.now() - timedelta(minutes=1)
    # Its instant is older than the recall it waited for.
    released(bulletin, "CBSA", at=before)
    released(bulletin, "DEA")
    for username in ("cbsa.officer", "dea.agent"):
        assert "was recalled" not in read(username, bulletin)
    assert tell_of_recalls() == 0 and told(bulletin) == ["HSI"]


@pytest.mark.django_db
def test_of_one_version_taken_back_who_has_another_is_told_nothing(bulletin):
    released(bulletin, "CBSA", "HSI")
    read("hsi.agent", bulletin)
    amend(bulletin)
    carried(bulletin, "CBSA")
    taken_back(bulletin, version=2)
    read("hsi.agent", bulletin)
    assert tell_of_recalls() == 0 and told(bulletin) == ["CBSA"]


@pytest.mark.django_db
def test_whom_it_was_told_to_in_person_hears_no_more_of_it_when_their_desk_has_had_it_since(bulletin, jump):
    who, person_of_hsi = viewer("cbp.releaser"), person("hsi.agent")
    with viewing(who):
        named = Pick(agency=person_of_hsi.agency_id, persons=frozenset({person_of_hsi.pk}))
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
    read("hsi.agent", bulletin)
    taken_back(bulletin)
    end = timezone.now() + timedelta(minutes=5)
    with viewing(who):
        again = plan(Pick(agency=person_of_hsi.agency_id), marking_reason="Lower", ends_at=end)
        release([bulletin], again, viewer=who, at=timezone.now())
    jump(end)
    refresh(at=end)
    assert "No longer shared" in read("hsi.agent", bulletin)
    assert tell_of_recalls() == 0 and told(bulletin) == ["HSI"]
