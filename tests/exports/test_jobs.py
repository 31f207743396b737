"""Large files by a worker: for one person, as long as all that they hold is theirs to have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from hub.agencies.models import Agency, Person
from hub.database.context import engine, viewing
from sharing.agreements.models import Agreement
from sharing.deliveries.models import Delivery
from sharing.disclosures.models import LedgerRow
from sharing.exports import making, writing
from sharing.exports.actions import expire
from sharing.exports.gathering import gathered
from sharing.exports.making import make_next
from sharing.exports.models import ExportJob
from sharing.exports.storage import stored_name
from sharing.flow.agreeing import suspend
from tests.builders import published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text
from tests.exports.conftest import fetched, made, rows, taken
from tests.feeds.test_atom import amended, marked
from tests.retention.test_purge import purged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few")]


def shared(number: int = 3) -> list:
    found = [published_bulletin() for _each in range(number)]
    for each in found:
        released(each, "CBSA")
    return found


def asked(form: str = "csv"):
    assert taken("cbsa.officer", form)["Location"] == "/exports/"
    return made("cbsa.officer")


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "stix"])
def test_it_is_made_and_told_of_and_fetched(form):
    bulletins = shared(5)
    job = asked(form)
    assert (job.state, job.done, job.total) == ("ready", 5, 5) and job.name.startswith("TLP-AMBER_bulletins_")
    found = rows(fetched("cbsa.officer", job), form)
    assert len(found) == 5 and {str(row["uid"]) for row in found} == {str(each.uid) for each in bulletins}
    with engine():
        # Two at a time, each a disclosure of its own.
        assert [len(row.records) for row in LedgerRow.objects.filter(channel="export")] == [2, 2, 1]
        told = Delivery.objects.filter(alert__kind="export")
        assert {row.person.username for row in told} == {"cbsa.officer"}
    send()
    assert "is ready" in text(reader("cbsa.officer").get("/inbox/"))
    assert "is ready" not in text(reader("cbsa.liaison").get("/inbox/?show=all"))


def test_nobody_else_fetches_sees_or_removes_it():
    shared()
    job = asked()
    for username in ("cbsa.liaison", "cbsa.releaser", "cbp.admin", "ncb.officer"):
        found = same_to_a_stranger(fetched(username, job))
        ghost = same_to_a_stranger(reader(username).get("/exports/00000000-0000-4000-8000-000000000000/"))
        assert found[0] == ghost[0] == 404, username
        assert str(job.uid) not in text(reader(username).get("/exports/"))
        assert reader(username).post(f"/exports/{job.uid}/remove/").status_code == 404
    assert fetched("cbsa.officer", job).status_code == 200


@pytest.mark.parametrize("what", ["recalled", "amended", "stricter", "suspended", "display only", "lower"])
def test_what_has_changed_since_is_not_handed_out(what):
    bulletin = shared()[1]
    job = asked()
    if what == "recalled":
        take_back(bulletin)
    elif what == "amended":
        amended(bulletin, title="Better")
    elif what == "stricter":
        marked(bulletin, "TLP:AMBER+STRICT")
    elif what == "display only":
        marked(bulletin, "TLP:AMBER", controls=("DISPLAY ONLY",))
    elif what == "lower":
        marked(bulletin, "TLP:GREEN")
    else:
        who = viewer("cbp.admin")
        with viewing(who):
            row = Agreement.objects.get(code="CBP-CBSA")
            suspend(row, reason="Asked to", revision=row.revision, viewer=who, at=timezone.now())
    assert fetched("cbsa.officer", job)["Location"] == "/exports/"
    with engine():
        assert ExportJob.objects.get(pk=job.pk).state == "outdated"
    assert fetched("cbsa.officer", job).status_code == 404


@pytest.mark.parametrize("what", ["deactivated", "moved", "suspended"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_who_is_of_the_agency_no_more_gets_no_file(what, when):
    shared()
    if when == "after":
        asked()
    else:
        taken("cbsa.officer")
    who = Person.objects.filter(username="cbsa.officer")
    if what == "deactivated":
        who.update(is_active=False)
    elif what == "moved":
        who.update(agency=agency("DEA"))
    else:
        Agency.objects.filter(code="CBSA").update(state="suspended")
    job = made("cbsa.officer")
    assert job.state == ("ready" if when == "after" else "failed")
    if what != "deactivated":
        assert fetched("cbsa.officer", job).status_code in (403, 404)
    assert expire(at=timezone.now()) == (1 if when == "after" else 0)
    with engine():
        assert ExportJob.objects.get(pk=job.pk).state == ("expired" if when == "after" else "failed")


def test_it_ends_after_a_day():
    shared()
    job = asked()
    assert expire(at=timezone.now() + timedelta(hours=23)) == 0
    assert expire(at=timezone.now() + timedelta(hours=25)) == 1
    assert fetched("cbsa.officer", job).status_code == 404
    with engine():
        row = ExportJob.objects.get(pk=job.pk)
        assert (row.state, row.records) == ("expired", [])
        expire(at=timezone.now() + timedelta(days=20))
        assert not ExportJob.objects.filter(pk=job.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_purge_reaches_the_file_and_so_do_its_end_and_its_removal():
    bulletins = shared()
    job, other = asked(), None
    assert default_storage.exists(stored_name(job.uid))
    purged(bulletins[0])
    assert not default_storage.exists(stored_name(job.uid))
    with engine():
        assert (row := ExportJob.objects.get(pk=job.pk)).state == "outdated" and row.records == []
    other = asked()
    assert reader("cbsa.officer").post(f"/exports/{other.uid}/remove/").status_code == 302
    assert not default_storage.exists(stored_name(other.uid))
    last = asked()
    expire(at=timezone.now() + timedelta(hours=25))
    assert not default_storage.exists(stored_name(last.uid))


def between_batches(monkeypatch, deed) -> None:
    """`deed` happens once, after the first batch."""
    plain, done = making.parts_of, []

    def parts_of(ids):
        for number, part in enumerate(plain(ids)):
            if number == 1 and not done:
                done.append(True)
                deed()
            yield part

    monkeypatch.setattr(making, "parts_of", parts_of)


def test_a_purge_while_it_is_being_made_begins_it_anew(monkeypatch):
    bulletins = shared(5)
    # The newest stands in the first batch.
    between_batches(monkeypatch, lambda: purged(bulletins[4]))
    job = asked()
    assert job.state == "ready" and bulletins[4].pk not in job.records and len(job.records) == 4


def test_what_is_lost_between_two_batches_is_not_in_it(monkeypatch):
    bulletins = shared(5)
    between_batches(monkeypatch, lambda: take_back(bulletins[0]))
    job = asked()
    assert bulletins[0].pk not in job.records and len(job.records) == 4
    assert fetched("cbsa.officer", job).status_code == 200


def test_what_is_lost_after_its_batch_keeps_the_file_from_being_handed_out(monkeypatch):
    bulletins = shared(5)
    between_batches(monkeypatch, lambda: take_back(bulletins[4]))
    job = asked()
    assert bulletins[4].pk in job.records
    assert fetched("cbsa.officer", job)["Location"] == "/exports/"


def test_a_worker_that_died_is_followed_by_another():
    shared()
    taken("cbsa.officer")
    with engine():
        ExportJob.objects.update(state="working", touched_at=timezone.now())
    assert not make_next()
    with engine():
        ExportJob.objects.update(touched_at=timezone.now() - timedelta(minutes=3))
    assert made("cbsa.officer").state == "ready"


def test_a_failure_is_told_and_leaves_nothing(monkeypatch, caplog):
    shared()
    monkeypatch.setattr(making, "write", lambda *a, **k: 1 / 0)
    job = asked()
    assert job.state == "failed" and not default_storage.exists(stored_name(job.uid))
    with engine():
        assert Delivery.objects.filter(alert__kind="export").count() == 2


def test_one_person_has_few_in_the_making():
    shared()
    for _each in range(4):
        taken("cbsa.officer")
    with engine():
        assert ExportJob.objects.count() == 3


def test_the_page_shows_how_far_it_is():
    shared()
    taken("cbsa.officer")
    officer = reader("cbsa.officer")
    page = text(officer.get("/exports/"))
    assert "waiting" in page and 'data-refresh="/exports/?part=1"' in page
    part = text(officer.get("/exports/?part=1"))
    assert "data-unfinished" in part and "<html" not in part
    made("cbsa.officer")
    part = text(officer.get("/exports/?part=1"))
    assert "data-unfinished" not in part and "Fetch it" in part and "3 records" in part


@pytest.mark.parametrize("form", ["csv", "json", "stix"])
def test_what_is_disclosed_is_set_aside_as_it_comes(form, monkeypatch):
    """A file of a hundred thousand records is at no time in memory."""
    monkeypatch.setattr(writing, "IN_MEMORY", 500)
    bulletins = shared(3)
    pile, on_disk = writing.Pile(form), []

    def batches(who):
        for each in bulletins:
            on_disk.append(pile.lines.name is not None)
            yield gathered(who, [each.pk], form, at=timezone.now())

    with viewing(who := viewer("cbsa.officer")):
        pile.fill(batches(who))
    assert on_disk[-1]
