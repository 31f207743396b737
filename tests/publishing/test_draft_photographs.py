"""Photographs of a draft: taken in, described, shown to those who may open it, removed."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bulletins.publishing.actions import stored_name
from tests.builders import draft_bulletin, published_bulletin
from tests.publishing.author import WHOLE

pytestmark = pytest.mark.django_db


def sent(author, ref: str, file):
    return author.client.post(f"/bulletins/{ref}/edit/photographs/", {"photograph": file})


def test_a_photograph_is_kept_in_two_sizes_and_answered_with_its_tile(officer, picture, store):
    bulletin = draft_bulletin()
    answer = sent(officer, bulletin.ref, picture())
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    assert answer.status_code == 201 and str(photograph.uid) in answer.content.decode()
    assert (photograph.width, photograph.height, photograph.content_type) == (640, 480, "image/jpeg")
    for size in ("full", "thumb"):
        assert (store / stored_name(photograph.uid, size)).is_file()
        shown = officer.client.get(f"/bulletins/{bulletin.ref}/edit/photographs/{photograph.uid}/{size}/")
        assert shown.status_code == 200 and shown["Content-Type"] == "image/jpeg"
        assert shown["Cache-Control"] == "private, no-store" and shown["X-Content-Type-Options"] == "nosniff"
        assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert (
        officer.client.get(
            f"/bulletins/{bulletin.ref}/edit/photographs/{photograph.uid}/original/"
        ).status_code
        == 404
    )


def test_nobody_else_sees_a_drafts_photograph(officer, at_the_form, picture):
    bulletin, other = draft_bulletin(), draft_bulletin()
    sent(officer, bulletin.ref, picture())
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    address = f"/bulletins/{bulletin.ref}/edit/photographs/{photograph.uid}/thumb/"
    assert officer.client.get(address).status_code == 200
    assert at_the_form("cbp.releaser").client.get(address).status_code == 200
    for username in ("cbp.liaison", "cbp.admin", "hsi.agent", "cbsa.officer", "ncb.officer", "steward"):
        assert at_the_form(username).client.get(address).status_code == 404, username
        assert sent(at_the_form(username), bulletin.ref, picture()).status_code == 404, username
    # A visible parent opens no door to another's child.
    assert officer.client.get(address.replace(bulletin.ref, other.ref)).status_code == 404


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 x", "document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "web page or a drawing"),
        (b"\xff\xd8\xff\xe0 cut short", "cannot be opened"),
    ],
)
def test_what_is_no_photograph_is_refused_in_words(officer, store, content, words):
    bulletin = draft_bulletin()
    answer = sent(officer, bulletin.ref, SimpleUploadedFile("photo.jpg", content, "image/jpeg"))
    assert answer.status_code == 400 and words in answer.content.decode()
    assert not officer.stored(bulletin.ref).photographs.count() and not list(store.rglob("*-*"))


def test_a_file_over_20_mb_is_refused(officer):
    bulletin = draft_bulletin()
    answer = sent(officer, bulletin.ref, SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + bytes(20 * 2**20)))
    assert answer.status_code == 400 and "20 MB" in answer.content.decode()


def test_a_body_far_too_long_is_not_even_read(officer):
    bulletin = draft_bulletin()
    answer = officer.client.generic(
        "POST", f"/bulletins/{bulletin.ref}/edit/photographs/", b"", CONTENT_LENGTH=str(10**9)
    )
    assert answer.status_code == 413


def test_a_bulletin_holds_twelve(officer, picture, monkeypatch):
    monkeypatch.setattr("bulletins.publishing.photographs.actions.MOST", 1)
    bulletin = draft_bulletin()
    assert sent(officer, bulletin.ref, picture()).status_code == 201
    answer = sent(officer, bulletin.ref, picture())
    assert answer.status_code == 400 and "at most" in answer.content.decode()


def test_its_words_are_saved_with_the_form(officer, picture):
    bulletin = draft_bulletin()
    sent(officer, bulletin.ref, picture())
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    address, name = f"/bulletins/{bulletin.ref}/edit/", f"photograph-{photograph.uid}"
    officer.autosave(address, **{f"{name}-caption": "Left rear door"})
    officer.autosave(address, **{f"{name}-shows_how": "on"})
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    assert (photograph.caption, photograph.group) == ("Left rear door", "technique")
    # Sent whole, an unticked box is no.
    officer.client.post(address, WHOLE | {f"{name}-caption": "Left door", "do": "save"})
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    assert (photograph.caption, photograph.group) == ("Left door", "detail")


def test_without_a_script_photographs_come_with_the_form(officer, picture):
    fields = WHOLE | {"photograph": [picture(), SimpleUploadedFile("x.jpg", b"no photograph")], "do": "save"}
    answer = officer.client.post(officer.open_new(), fields)
    assert answer.status_code == 400 and "x.jpg" in answer.content.decode()
    ref = answer.content.decode().split('action="/bulletins/')[1][:9]
    assert officer.stored(ref).photographs.count() == 1
    assert answer.content.decode().count("data-photograph=") == 1


def test_a_removed_photograph_takes_its_files_along_unless_a_version_shows_it(
    officer, picture, store, django_capture_on_commit_callbacks
):
    bulletin = draft_bulletin()
    sent(officer, bulletin.ref, picture())
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    with django_capture_on_commit_callbacks(execute=True):
        officer.client.post(f"/bulletins/{bulletin.ref}/edit/", WHOLE | {"do": f"remove:{photograph.uid}"})
    assert not officer.stored(bulletin.ref).photographs.count() and not list(store.rglob("*-full"))

    sent(officer, bulletin.ref, picture())
    (photograph,) = officer.stored(bulletin.ref).photographs.all()
    assert officer.client.post(f"/bulletins/{bulletin.ref}/edit/", WHOLE | {"do": "post"}).status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        officer.client.post(f"/bulletins/{bulletin.ref}/edit/", WHOLE | {"do": f"remove:{photograph.uid}"})
    assert not officer.stored(bulletin.ref).photographs.count()
    assert (store / stored_name(photograph.uid, "full")).is_file()


def test_files_go_when_the_transaction_does(officer, picture, store):
    from django.db import transaction

    bulletin = draft_bulletin()
    with pytest.raises(RuntimeError), transaction.atomic():
        assert sent(officer, bulletin.ref, picture()).status_code == 201
        assert list(store.rglob("*-full"))
        raise RuntimeError
    assert not list(store.rglob("*-*"))


def test_the_number_of_queries_does_not_grow_with_photographs(officer, picture):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    bulletin = published_bulletin()
    counts = []
    for _ in range(2):
        sent(officer, bulletin.ref, picture())
        with CaptureQueriesContext(connection) as found:
            page = officer.client.get(f"/bulletins/{bulletin.ref}/edit/")
        counts.append(len(found))
    assert page.content.decode().count("data-photograph=") == 2
    assert counts[0] == counts[1]


def test_a_photograph_of_another_kind_becomes_a_bare_jpeg(officer, picture):
    bulletin = draft_bulletin()
    for kind in ("PNG", "WEBP"):
        assert sent(officer, bulletin.ref, picture(f"x.{kind.lower()}", kind)).status_code == 201
    assert sent(officer, bulletin.ref, io.BytesIO(b"")).status_code == 400
