"""Files of seizures: checked and shown, taken in by their sender alone, once, and as far as they are right."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.records.actions import write_down
from hub.agencies.models import Person
from hub.database.context import engine, viewing
from sharing.audiences.models import Received
from sharing.demo.records import SEIZURES
from sharing.intake.models import Upload
from sharing.intake.tasks import sweep_intake, work_on_uploads
from sharing.intake.uploads import actions, pages, working
from sharing.intake.uploads.actions import KEPT
from sharing.intake.uploads.files import PARTS, stored_name
from sharing.intake.uploads.pages import UploadForm
from tests.builders import published_seizure
from tests.cast import viewer
from tests.conftest import as_owner
from tests.disclosures.reader import reader, same_to_a_stranger, text
from tests.intake.conftest import as_speaker, fresh, records

pytestmark = pytest.mark.django_db
GHOST = "/seizures/import/11111111-1111-4111-8111-111111111111/"


@pytest.fixture(autouse=True)
def at_once(settings):
    """What waits for the commit waits for ever in a test: the worker is called by hand."""
    yield
    with engine():
        uids = list(Upload.objects.values_list("uid", flat=True))
    for uid in uids:
        for part in PARTS:
            default_storage.delete(stored_name(uid, part))


@pytest.fixture
def rows():
    """Rows of public seizures, as if they were the uploader's own."""
    with SEIZURES.open(encoding="utf-8", newline="") as file:
        return [row | {"agency": ""} for row in list(csv.DictReader(file))[:6]]


def as_file(rows, *more, name="mine.csv"):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*rows[0], *more], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile(name, out.getvalue().encode())


def sent(file, username="cbp.officer", *, tlp="TLP:AMBER", posts="no", work=True):
    """The page of a file that was sent, and checked."""
    answer = reader(username).post("/seizures/import/", {"file": file, "tlp": tlp, "posts": posts})
    assert answer.status_code == 302, text(answer)
    if work:
        work_on_uploads()
    return answer["Location"]


def page(path, username="cbp.officer"):
    return text(reader(username).get(path))


def without_uid(answer):
    status, headers, shown = same_to_a_stranger(answer)
    return status, headers, re.sub(r"(/|%2F)import(/|%2F)[\w-]+", "UID", shown)


def take(path, username="cbp.officer"):
    answer = reader(username).post(path, {"deed": "take"})
    assert answer.status_code == 302, text(answer)
    work_on_uploads()


def row_of(path):
    with engine():
        return Upload.objects.get(uid=path.rstrip("/").rpartition("/")[2])


def test_good_rows_become_drafts_of_the_uploader_and_the_same_file_again_changes_nothing(rows):
    path = sent(as_file(rows))
    assert "Take in 6 rows" in page(path) and not records("seizure")
    take(path)
    found = records("seizure")
    assert {(each.owner.code, each.originator.code, each.poster.username) for each in found} == {
        ("CBP", "CBP", "cbp.officer")
    }
    assert {(each.tlp, each.latest) for each in found} == {("TLP:AMBER", 0)} and len(found) == 6
    assert "Taken in" in page(path)
    again = sent(as_file(rows))
    row = row_of(again)
    assert (row.created, row.changed, row.unchanged) == (0, 0, 6)
    take(again)
    assert [(each.pk, each.edited_at) for each in records("seizure")] == [
        (each.pk, each.edited_at) for each in found
    ]


def test_posted_at_once_they_are_read_by_the_own_agency_and_nobody_else(rows):
    incomplete = {**rows[1], "concealment_code": ""}
    path = sent(as_file([rows[0], incomplete]), posts="yes")
    take(path)
    assert [each.latest for each in records("seizure")] == [1, 0] and row_of(path).posted == 1
    for username, count in (("cbp.liaison", 1), ("dea.agent", 0)):
        who = viewer(username)
        with viewing(who):
            assert Received.objects.visible_to(who).count() == count


def test_each_wrong_cell_is_marked_with_the_reason_and_the_refused_rows_can_be_mended_and_sent_again(rows):
    bad = rows[1] | {
        "concealment_code": "NO-SUCH-CODE",
        "qty_1": "=cmd|' /C calc'!A0",
        "lon": "-97.5",
        "lat": "",
    }
    path = sent(as_file([rows[0], bad, rows[2]]))
    shown = page(path)
    assert "NO-SUCH-CODE" in shown and "unknown code" in shown and "a formula is not computed" in shown
    file = text(reader("cbp.officer").get(f"{path}refused/")).lstrip("\ufeff")
    (refused,) = csv.DictReader(io.StringIO(file))
    assert refused["line"] == "3" and "concealment_code: unknown code" in refused["problems"]
    assert refused["qty_1"].startswith("'=") and refused["lon"] == "-97.5"
    take(path)
    assert len(records("seizure")) == 2
    mended = refused | {name: rows[1][name] for name in ("concealment_code", "qty_1", "lat", "lon")}
    again = sent(as_file([mended]))
    assert row_of(again).good == 1
    take(again)
    assert len(records("seizure")) == 3


def test_a_row_is_marked_as_the_form_says_or_stricter_and_never_lower(rows):
    marked = [
        row | {"tlp": tlp} for row, tlp in zip(rows, ["TLP:CLEAR", "TLP:RED", "", "purple"], strict=False)
    ]
    path = sent(as_file(marked), tlp="TLP:GREEN")
    assert "purple" in page(path)
    take(path)
    assert [each.tlp for each in records("seizure")] == ["TLP:GREEN", "TLP:RED", "TLP:GREEN"]


def test_what_the_agency_column_says_makes_no_row_another_agencys(rows):
    with as_speaker("CBP", "CBSA"):
        named = [
            row | {"agency": code} for row, code in zip(rows, ["CBP", "CBSA", "DEA", "MX-AUTH"], strict=False)
        ]
        path = sent(as_file(named))
        assert "does not speak for DEA" in page(path)
        take(path)
    found = [
        (each.owner.code, each.originator.code if each.originator else each.originator_text)
        for each in records("seizure")
    ]
    assert found[:2] == [("CBP", "CBP"), ("CBP", "CBSA")]
    assert found[2][0] == "CBP" and "Mexican" in found[2][1]


def test_a_changed_row_is_written_into_its_report_and_keeps_the_marking_people_gave_it(rows):
    take(sent(as_file(rows[:1]), posts="yes"))
    (found,) = records("seizure")
    with viewing(viewer("cbp.releaser")):
        type(found).objects.filter(pk=found.pk).update(tlp="TLP:AMBER+STRICT")
    take(sent(as_file([rows[0] | {"packages_count": "77"}]), posts="yes", tlp="TLP:GREEN"))
    after = fresh(found)
    assert (after.packages, after.latest, after.tlp) == (77, 2, "TLP:AMBER+STRICT")


def test_what_was_edited_by_hand_and_what_is_a_colleagues_is_not_written_over(rows):
    take(sent(as_file(rows[:1]), posts="yes"))
    (found,) = records("seizure")
    who = viewer("cbp.liaison")
    with viewing(who):
        copy = type(found).objects.get(pk=found.pk)
        write_down(copy, {"narrative": "By hand."}, viewer=who, at=timezone.now())
    path = sent(as_file([rows[0] | {"packages_count": "77"}]))
    assert f"{found.ref} has changes that are not posted" in page(path) and "Take in" not in page(path)
    take(sent(as_file(rows[1:2])))
    other = sent(as_file([rows[1] | {"packages_count": "77"}]), "cbp.releaser")
    assert "is a colleague" in page(other, "cbp.releaser")


def test_whether_a_row_says_what_a_hidden_report_says_cannot_be_found_out(rows):
    """TLP:RED, a colleague's: the same words and other words are refused alike."""
    take(sent(as_file(rows[:1]), "cbp.releaser", tlp="TLP:RED", posts="yes"), "cbp.releaser")
    assert records("seizure")[0].tlp == "TLP:RED"
    for row in (rows[0], rows[0] | {"packages_count": "77"}):
        path = sent(as_file([row]))
        assert "another record of your agency has this reference" in page(path)
        assert records("seizure")[0].ref not in page(path) and row_of(path).unchanged == 0


def test_what_is_refused_only_while_it_is_taken_in_can_be_mended_and_sent_again_too(rows):
    take(sent(as_file(rows), posts="yes"))
    bad = rows[5] | {"concealment_code": "NO-SUCH-CODE"}
    path = sent(as_file([*(row | {"packages_count": "77"} for row in rows[:5]), bad]))
    who, edited = viewer("cbp.liaison"), records("seizure")[:3]
    with viewing(who):
        for each in edited:
            write_down(each, {"narrative": "By hand."}, viewer=who, at=timezone.now())
    take(path)
    refused = list(
        csv.DictReader(io.StringIO(text(reader("cbp.officer").get(f"{path}refused/")).lstrip("\ufeff")))
    )
    assert [row["packages_count"] for row in refused].count("77") == 3 and len(refused) == 4
    assert {row["line"] for row in refused} == {"2", "3", "4", "7"}
    assert sum("changes that are not posted" in row["problems"] for row in refused) == 3
    assert (row_of(path).good, row_of(path).bad) == (2, 4)


def test_another_agencys_reference_is_nobody_elses(rows):
    published_seizure("dea.agent", external_id=rows[0]["event_id"])
    take(sent(as_file(rows[:1])))
    assert [each.owner.code for each in records("seizure")] == ["DEA", "CBP"]


def test_a_file_is_its_senders_alone(rows):
    bad = rows[1] | {"country": "??"}
    path = sent(as_file([rows[0], bad]))
    for username in ("cbp.releaser", "cbp.liaison", "dea.agent"):
        client = reader(username)
        assert without_uid(client.get(path)) == without_uid(reader(username).get(GHOST))
        assert client.get(f"{path}refused/").status_code == 404
        for deed in ("take", "remove", ""):
            assert client.post(path, {"deed": deed}).status_code == 404
        assert "mine.csv" not in page("/seizures/import/", username)
        with viewing(viewer(username)):
            assert not Upload.objects.exists()
    for username in ("cbp.admin", "steward", "inspector"):
        client = reader(username)
        for address in (
            "/seizures/import/",
            path,
            GHOST,
            f"{path}refused/",
            "/seizures/import/template/csv/",
        ):
            assert client.get(address).status_code == 403, (username, address)
    assert not records("seizure")


def test_whoever_moved_or_lost_the_role_takes_nothing_in(rows):
    path = sent(as_file(rows))
    assert reader("cbp.officer").post(path, {"deed": "take"}).status_code == 302
    as_owner("update hub_person set roles = '{auditor}' where username = 'cbp.officer'")
    work_on_uploads()
    assert not records("seizure") and row_of(path).state == "unreadable"
    as_owner("update hub_person set roles = '{officer}' where username = 'cbp.officer'")
    dea = Person.objects.get(username="dea.agent").agency_id
    as_owner("update hub_person set agency_id = %s where username = 'cbp.officer'", [dea])
    assert reader("cbp.officer").get(path).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"a,b,c\n1,2,3\n", "x.csv", "header"),
        (b"%PDF-1.7 something", "x.csv", "not a CSV"),
        ("event_id;x".encode("utf-16"), "x.csv", "UTF-8"),
        (("event_id," + ",".join(f"c{n}" for n in range(10_000))).encode(), "x.csv", "unknown columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "x.xls", "old workbook"),
        (b"PK\x03\x04 broken", "x.xlsx", "damaged"),
    ],
    ids=["other columns", "PDF", "UTF-16", "10,000 columns", "xls", "broken"],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence_and_gone(content, name, says):
    path = sent(SimpleUploadedFile(name, content))
    assert says in page(path) and "Take in" not in page(path)
    uid = row_of(path).uid
    assert not any(default_storage.exists(stored_name(uid, part)) for part in PARTS)


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [(b"", "x.csv", "empty"), (b"PK\x03\x04", "x.xlsm", "macros"), (b"PK\x03\x04", "X.XLSB", "macros")],
)
def test_what_is_refused_by_its_name_or_size_is_not_kept(content, name, says):
    given = {"file": SimpleUploadedFile(name, content), "tlp": "TLP:AMBER", "posts": "no"}
    answer = reader("cbp.officer").post("/seizures/import/", given)
    assert answer.status_code == 400 and says in text(answer)
    with engine():
        assert not Upload.objects.exists()


def test_cells_in_another_encoding_are_named(rows):
    file = as_file([rows[0], rows[1] | {"conveyance": "café"}])
    broken = SimpleUploadedFile("x.csv", file.read().replace("café".encode(), b"caf\xe9"))
    path = sent(broken)
    assert "not UTF-8 (byte 0xE9)" in page(path) and row_of(path).good == 1


def test_an_interruption_loses_nothing_and_does_nothing_twice(rows, monkeypatch):
    path = sent(as_file(rows))
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 2)
    store, calls = working.store, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return store(*args, **kwargs)

    monkeypatch.setattr(working, "store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        take(path)
    assert len(records("seizure")) == 4 and row_of(path).created == 4
    monkeypatch.setattr(working, "store", store)
    assert work_on_uploads() == 0  # it may still be at it
    as_owner("update sharing_upload set worked_at = now() - interval '1 minute'")
    assert work_on_uploads() == 1
    row = row_of(path)
    assert (row.state, row.created, row.unchanged) == ("taken", 6, 0) and len(records("seizure")) == 6


def test_put_away_it_is_gone_with_its_files_and_after_a_week_by_itself(
    rows, django_capture_on_commit_callbacks
):
    bad = rows[1] | {"country": "??"}
    path = sent(as_file([rows[0], bad]))
    uid = row_of(path).uid
    assert default_storage.exists(stored_name(uid, "rows")) and default_storage.exists(
        stored_name(uid, "refused")
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert reader("cbp.officer").post(path, {"deed": "remove"}).status_code == 302
    assert not any(default_storage.exists(stored_name(uid, part)) for part in PARTS)
    assert reader("cbp.officer").get(path).status_code == 404
    path = sent(as_file([rows[0], bad]))
    uid = row_of(path).uid
    as_owner("update sharing_upload set sent_at = %s", [timezone.now() - KEPT - timedelta(minutes=1)])
    sweep_intake()
    assert reader("cbp.officer").get(path).status_code == 404
    assert not any(default_storage.exists(stored_name(uid, part)) for part in PARTS)


def test_once_taken_in_the_rows_are_gone_and_the_refused_ones_are_kept(rows):
    path = sent(as_file([rows[0], rows[1] | {"country": "??"}]))
    take(path)
    uid = row_of(path).uid
    assert not default_storage.exists(stored_name(uid, "rows"))
    assert reader("cbp.officer").get(f"{path}refused/").status_code == 200
    assert reader("cbp.officer").post(path, {"deed": "take"}).status_code == 400
    assert reader("cbp.officer").post(path, {"deed": "other"}).status_code == 400


def test_only_so_many_files_wait_at_once(rows):
    for _number in range(5):
        sent(as_file(rows[:1]), work=False)
    given = {"file": as_file(rows[:1]), "tlp": "TLP:AMBER", "posts": "no"}
    answer = reader("cbp.officer").post("/seizures/import/", given)
    assert answer.status_code == 400 and "Finish or remove" in text(answer)


def test_a_file_that_is_too_long_is_refused_and_a_far_longer_body_not_even_read(rows, monkeypatch):
    for module in (actions, pages):
        monkeypatch.setattr(module, "MOST_BYTES", 3_000)
    monkeypatch.setattr(pages, "FORM_BYTES", 1_000)
    for length, status in ((2_000, 302), (3_100, 400), (9_000, 413)):
        file = SimpleUploadedFile("x.csv", b"x" * length)
        given = {"file": file, "tlp": "TLP:AMBER", "posts": "no"}
        monkeypatch.setattr(pages, "UploadForm", _never if status == 413 else UploadForm)
        answer = reader("cbp.officer").post("/seizures/import/", given)
        assert answer.status_code == status
        assert status == 302 or "larger than" in text(answer)
    with engine():
        assert Upload.objects.count() == 1


def _never(*_args):
    raise AssertionError("a body that is far too long was read")


def test_put_away_while_it_is_taken_in_nothing_more_of_it_is(rows, monkeypatch):
    path = sent(as_file(rows))
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 2)
    store, calls = working.store, []

    def counted(*args, **kwargs):
        calls.append(1)
        return store(*args, **kwargs)

    def asked(person, viewer=working._viewer):
        if len(calls) == 1:
            as_owner("delete from sharing_upload")
        return viewer(person)

    monkeypatch.setattr(working, "store", counted)
    monkeypatch.setattr(working, "_viewer", asked)
    take(path)
    assert calls == [1] and len(records("seizure")) == 2


def test_whoever_moves_while_it_is_taken_in_takes_nothing_more_in(rows, monkeypatch):
    path = sent(as_file(rows))
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 2)
    store, calls = working.store, []

    def counted(*args, **kwargs):
        calls.append(1)
        found = store(*args, **kwargs)
        dea = Person.objects.get(username="dea.agent").agency_id
        as_owner("update hub_person set agency_id = %s where username = 'cbp.officer'", [dea])
        return found

    monkeypatch.setattr(working, "store", counted)
    take(path)
    assert calls == [1] and {each.owner.code for each in records("seizure")} == {"CBP"}
    assert row_of(path).state == "unreadable"


def test_a_name_with_markup_or_a_path_is_text(rows):
    path = sent(as_file(rows[:1], name="../../<script>alert(1)</script>.csv"))
    assert "<script>alert" not in page(path) and row_of(path).name.endswith(".csv")


def test_while_it_is_worked_on_the_page_comes_again_by_itself(rows):
    path = sent(as_file(rows), work=False)
    answer = reader("cbp.officer").get(path)
    assert answer["Refresh"] == "3" and "being checked" in text(answer)
    work_on_uploads()
    assert "Refresh" not in reader("cbp.officer").get(path)


def test_days_as_a_spreadsheet_counts_them_and_days_of_1900_are_named(rows):
    given = [rows[0] | {"seizure_date": "45123"}, rows[1] | {"seizure_date": date(1900, 1, 1).isoformat()}]
    shown = page(sent(as_file(given)))
    assert "day&#x27;s number in a spreadsheet" in shown and "before 1970" in shown


def many(rows, count):
    return [rows[number % len(rows)] | {"event_id": f"M{count}-{number}"} for number in range(count)]


def test_memory_does_not_grow_with_the_file(rows, monkeypatch):
    """Of a row that was looked at its reference alone is kept, to find it twice in one file."""
    monkeypatch.setattr(working, "CHECKED_AT_ONCE", 50)
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 20)
    checked, taken = [], []
    for count in (80, 400):
        path = sent(as_file(many(rows, count)), work=False)
        with peak(checked):
            work_on_uploads()
        assert row_of(path).good == count
        assert reader("cbp.officer").post(path, {"deed": "take"}).status_code == 302
        with peak(taken):
            work_on_uploads()
        assert row_of(path).state == "taken"
    assert checked[1] - checked[0] < 250_000, checked
    assert taken[1] - taken[0] < 250_000, taken


@contextmanager
def peak(found):
    """The most that is held meanwhile, in bytes."""
    tracemalloc.start()
    yield
    found.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()


def test_how_far_it_has_come_is_told_meanwhile(rows, monkeypatch):
    monkeypatch.setattr(working, "CHECKED_AT_ONCE", 2)
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 2)
    monkeypatch.setattr(working, "SAID_EVERY_S", 0.0)
    path = sent(as_file(rows), work=False)
    seen = []
    for name in ("sort_rows", "store"):
        whole = getattr(working, name)

        def looked(*args, whole=whole, **kwargs):
            seen.append((row_of(path).state, row_of(path).line, row_of(path).good))
            return whole(*args, **kwargs)

        monkeypatch.setattr(working, name, looked)
    work_on_uploads()
    take(path)
    assert seen == [("checking", 0, 0), ("checking", 3, 2), ("checking", 5, 4)] + [
        ("taking", line, 6) for line in (0, 3, 5)
    ]


def test_more_rows_than_are_taken_at_once_are_refused(rows, monkeypatch):
    monkeypatch.setattr(working, "MOST_ROWS", 5)
    path = sent(as_file(rows))
    assert "more than 5 rows" in page(path) and row_of(path).state == "unreadable"


def test_what_a_file_sent_again_costs_does_not_grow_with_its_rows(rows, monkeypatch):
    """Known reports are locked, judged and written over batch by batch."""
    monkeypatch.setattr(working, "TAKEN_AT_ONCE", 40)
    asked = []
    for count in (10, 40):
        given = many(rows, count)
        take(sent(as_file(given)))
        again = sent(as_file([row | {"packages_count": "77"} for row in given]))
        assert row_of(again).changed == count
        with CaptureQueriesContext(connection) as queries:
            take(again)
        asked.append(len(queries))
    assert {each.packages for each in records("seizure")} == {77}
    # Two updates of each report, parent and child.
    assert asked[1] - asked[0] <= 2 * 30 + 5, asked
