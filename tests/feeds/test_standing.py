"""How a record stands for an agency: numbered after commit, dated for each agency by itself, silent about no loss."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Record
from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing import tasks
from sharing.audiences.models import Entry, Standing
from sharing.flow import Handling, mark, recall
from sharing.flow.purging import purge
from sharing.stix import keeping
from sharing.stix.ids import stamp
from tests.builders import draft_bulletin, published_bulletin, released
from tests.cast import agency, viewer
from tests.disclosures.reader import take_back
from tests.feeds.conftest import Resuming, numbered
from tests.recalls.conftest import amend, carried

# As numbering leaves it, from entries alone.
REBUILT = """
    select e.agency_id, e.record_id, e.life, hub_life(r.uid, e.life::int), r.kind, r.owner_id, v.published_at, e.n,
           e.numbered_at, e.stood
    from (select distinct on (agency_id, record_id, life) * from (
              select *, count(*) filter (where stood = 'recalled')
                        over (partition by agency_id, record_id order by n rows between unbounded preceding
                              and 1 preceding) as life
              from sharing_entry where stood <> '') l
          order by agency_id, record_id, life, n desc) e
    join bulletins_record r on r.id = e.record_id
    join bulletins_version v on v.record_id = r.id and v.number = 1
    order by 1, 2, 3
"""
STANDS = """
    select agency_id, record_id, life, uid, kind, owner_id, created_at, n, numbered_at, state
    from sharing_standing order by 1, 2, 3
"""


def stands(record, code):
    """Life by life: its state."""
    with engine():
        rows = Standing.objects.filter(record_id=record.pk, agency_id=agency(code).pk).order_by("life")
        return [row.state for row in rows]


def marked(record, tlp, *controls):
    who = viewer("cbp.releaser")
    with viewing(who):
        handling = Handling(tlp, tuple(controls))
        mark(Record.objects.get(pk=record.pk), handling, reason="other facts", viewer=who, at=timezone.now())
    numbered()


@pytest.mark.django_db
def test_what_was_never_given_does_not_stand_and_what_was_lost_is_said():
    bulletin = published_bulletin()
    numbered()
    assert stands(bulletin, "CBSA") == []
    assert stands(bulletin, "CBP") == ["live"]
    released(bulletin, "CBSA")
    numbered()
    assert stands(bulletin, "CBSA") == ["live"]
    assert stands(bulletin, "RCMP") == []
    take_back(bulletin)
    numbered()
    assert stands(bulletin, "CBSA") == ["recalled"]
    assert stands(bulletin, "CBP") == ["live"]


@pytest.mark.django_db
def test_what_came_and_went_before_anybody_could_read_it_never_stood():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    take_back(bulletin)
    numbered()
    assert stands(bulletin, "CBSA") == []


@pytest.mark.django_db
def test_a_recall_is_for_good_and_what_is_released_again_begins_another_life():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    take_back(bulletin)
    released(bulletin, "CBSA")
    numbered()
    assert stands(bulletin, "CBSA") == ["recalled", "live"]
    with engine():
        uids = Standing.objects.filter(record_id=bulletin.pk, agency_id=agency("CBSA").pk).order_by("life")
        first, second = uids.values_list("uid", flat=True)
    assert first == bulletin.uid != second
    take_back(bulletin)
    numbered()
    assert stands(bulletin, "CBSA") == ["recalled", "recalled"]


@pytest.mark.django_db
def test_a_version_taken_back_ends_it_and_all_taken_back_after_that_recalls_it():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    amend(bulletin)
    carried(bulletin, "CBSA")
    numbered()
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="wrong", viewer=who, at=timezone.now(), version=2)
    numbered()
    assert (stands(bulletin, "CBSA"), stands(bulletin, "HSI")) == (["ended"], ["live"])
    take_back(bulletin)
    numbered()
    assert (stands(bulletin, "CBSA"), stands(bulletin, "HSI")) == (["recalled"], ["recalled"])


@pytest.mark.django_db
@pytest.mark.parametrize("marking", [("TLP:RED",), ("TLP:AMBER", "DISPLAY ONLY")])
def test_what_machines_may_carry_no_more_has_ended_and_comes_back_under_its_name(marking):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", tlp="TLP:GREEN")
    numbered()
    marked(bulletin, *marking)
    assert stands(bulletin, "CBSA") == ["ended"]
    marked(bulletin, "TLP:GREEN")
    assert stands(bulletin, "CBSA") == ["live"]


@pytest.mark.django_db
def test_a_marking_that_changed_in_place_is_news_to_everybody_who_has_the_record():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI", tlp="TLP:GREEN")
    numbered()
    with engine():
        before = dict(Standing.objects.filter(record_id=bulletin.pk).values_list("agency_id", "numbered_at"))
    marked(bulletin, "TLP:AMBER")
    with engine():
        after = dict(Standing.objects.filter(record_id=bulletin.pk).values_list("agency_id", "numbered_at"))
    assert len(after) == 3
    assert all(after[code] > before[code] for code in before)


@pytest.mark.django_db
def test_what_is_purged_is_recalled_for_its_owner_too():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    who = viewer("cbp.releaser")
    with viewing(who):
        row = Record.objects.get(pk=bulletin.pk)
        purge([row], reason="unreliable", typed=[bulletin.ref], viewer=who, at=timezone.now())
    numbered()
    assert (stands(bulletin, "CBSA"), stands(bulletin, "CBP")) == (["recalled"], ["recalled"])


@pytest.mark.django_db
def test_dates_are_an_agencys_own_and_tell_nothing_of_what_others_are_given():
    first, second = published_bulletin(), published_bulletin()
    released(first, "RCMP", "HSI", "DEA", "CBSA")
    released(second, "CBSA")
    numbered()
    with engine():
        found = Standing.objects.filter(agency_id=agency("CBSA").pk).order_by("n")
        dates = list(found.values_list("numbered_at", flat=True))
        rows = list(Entry.objects.order_by("n").values_list("n", flat=True))
    assert dates[1] - dates[0] == timedelta(microseconds=500)
    assert len(rows) == len(set(rows))


@pytest.mark.django_db
def test_dates_rise_also_when_the_clock_goes_back():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    numbered()
    ahead = timezone.now() + timedelta(days=1)
    with engine():
        Standing.objects.filter(agency_id=agency("CBSA").pk).update(numbered_at=ahead)
    later = published_bulletin()
    released(later, "CBSA")
    numbered()
    with engine():
        found = Standing.objects.get(record_id=later.pk, agency_id=agency("CBSA").pk)
    assert found.numbered_at > ahead


@pytest.mark.django_db
def test_nothing_is_dated_before_it_was_published_also_by_a_clock_that_is_ahead(program, jump):
    """The web process that publishes may be ahead of the database, which dates."""
    ahead, who = timezone.now() + timedelta(minutes=5), viewer("cbp.officer")
    bulletin = draft_bulletin()
    with viewing(who):
        publish(bulletin, viewer=who, at=ahead)
    released(bulletin, "CBSA", at=ahead)
    jump(ahead + timedelta(seconds=1))

    def newest():
        numbered()
        (found,) = [each for each in program("cbsa.officer").all() if each["type"] == "report"]
        assert found["modified"] >= max(found["created"], found["published"]) >= stamp(ahead)
        return found["modified"]

    first = newest()
    amended_at = ahead + timedelta(minutes=5)
    with viewing(who):
        copy = Bulletin.objects.get(pk=bulletin.pk)
        write_down(copy, {"title": "Corrected"}, viewer=who, at=amended_at)
        publish(copy, viewer=who, at=amended_at, note="Corrected")
    carried(bulletin, "CBSA")
    jump(amended_at + timedelta(seconds=1))
    second = newest()
    assert second >= stamp(amended_at) > first
    take_back(bulletin)
    assert newest() > second


@pytest.mark.django_db
def test_what_could_not_be_rendered_comes_to_whoever_goes_on_once_it_can_be(program, monkeypatch, caplog):
    rendered, failing = keeping.heads, True

    def heads(source):
        if failing and source.uid == odd.uid:
            raise RuntimeError("the hub's own")
        return rendered(source)

    monkeypatch.setattr(keeping, "heads", heads)
    odd, other = published_bulletin(), published_bulletin()
    feed = Resuming(program("cbsa.officer"))
    for each in (odd, other):
        released(each, "CBSA")
        tasks.number_entries()
        feed.poll()
    assert set(feed.records) == {f"report--{other.uid}"} and "cannot be rendered" in caplog.text
    assert stands(odd, "CBSA") == ["live"]
    # The next release of the hub renders it; nobody has to ask for it first.
    failing = False
    monkeypatch.setattr(keeping, "renderer", lambda: "mended")
    tasks.number_entries()
    assert [each["id"] for each in feed.poll() if each["type"] == "report"] == [f"report--{odd.uid}"]
    tasks.number_entries()
    assert feed.poll() == []


@pytest.mark.django_db
def test_what_one_reader_had_rendered_comes_to_the_others_too(program, monkeypatch):
    odd, id_ = (found := published_bulletin()), f"report--{found.uid}"
    with monkeypatch.context() as broken:
        broken.setattr(keeping, "heads", lambda source: 1 / 0)
        released(odd, "CBSA", "HSI")
        tasks.number_entries()
    released(published_bulletin(), "CBSA", "HSI")
    tasks.number_entries()
    partner, other = Resuming(program("cbsa.officer")), Resuming(program("hsi.agent"))
    for each in (partner, other):
        each.poll()
        assert len(each.records) == 1 and id_ not in each.records
    monkeypatch.setattr(keeping, "renderer", lambda: "mended by a reader")
    assert id_ in program("cbsa.officer").objects().content.decode()
    numbered()
    for each in (partner, other):
        assert [found["id"] for found in each.poll() if found["type"] == "report"] == [id_]


@pytest.mark.django_db
def test_entries_alone_say_how_everything_stands():
    bulletins = [published_bulletin() for _ in range(3)]
    for number, bulletin in enumerate(bulletins):
        released(bulletin, "CBSA", ("HSI", "place"), tlp="TLP:GREEN")
        if number:
            numbered()
        marked(bulletin, "TLP:RED" if number == 1 else "TLP:AMBER")
    take_back(bulletins[0])
    released(bulletins[0], "CBSA")
    numbered()
    take_back(bulletins[2])
    released(bulletins[2], "HSI")
    numbered()
    with engine(), connection.cursor() as cursor:
        cursor.execute(REBUILT)
        rebuilt = cursor.fetchall()
        cursor.execute(STANDS)
        assert rebuilt == cursor.fetchall()
        assert {row[9] for row in rebuilt} == {"live", "ended", "recalled"}


@pytest.mark.django_db
def test_numbering_takes_as_many_statements_for_many_entries_as_for_one():
    def cost():
        with CaptureQueriesContext(connection) as found:
            numbered()
        return len(found)

    released(published_bulletin(), "CBSA")
    numbered()
    released(published_bulletin(), "CBSA")
    one = cost()
    several = [published_bulletin() for _ in range(4)]
    for bulletin in several:
        released(bulletin, "CBSA", "HSI", "DEA")
    assert cost() == one


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_dated_late(program):
    """Two transactions that overlap: the one that began first ends last, and nobody who read in between misses it."""
    early, late = published_bulletin(), published_bulletin()
    numbered()
    begun, read = threading.Event(), threading.Event()
    failures = []

    def slow():
        try:
            with transaction.atomic():
                released(late, "CBSA")
                begun.set()
                assert read.wait(timeout=30)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(timeout=30)
    released(early, "CBSA")
    numbered()
    partner = program("cbsa.officer")
    first = partner.objects()
    assert f"report--{early.uid}" in first.content.decode()
    assert f"report--{late.uid}" not in first.content.decode()
    read.set()
    thread.join(timeout=60)
    assert not failures
    numbered()
    second = partner.objects(added_after=first.headers["X-TAXII-Date-Added-Last"])
    assert f"report--{late.uid}" in second.content.decode()
    assert f"report--{early.uid}" not in second.content.decode()
