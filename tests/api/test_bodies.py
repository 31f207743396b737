"""What programs send: understood or refused by its fields, whole or not at all; errors as problem+json."""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from bulletins.models import Bulletin
from bulletins.publishing.api import BODIES, EDITABLE
from bulletins.records.actions import IDENTIFIER, SUBSTANCE
from hub.agencies.api import AgencyList
from hub.database.context import viewing
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def test_bodies_take_what_an_author_may_set_and_nothing_else():
    beside = {"substances", "identifiers", "certify", "publish", "publish_note"}
    assert set(BODIES["bulletin"]().fields) == EDITABLE["bulletin"] | beside | {"seizures"}
    assert set(BODIES["seizure"]().fields) == EDITABLE["seizure"] | beside
    assert set(BODIES["bulletin"]().fields["substances"].child.fields) == SUBSTANCE
    assert set(BODIES["bulletin"]().fields["identifiers"].child.fields) == IDENTIFIER


def test_what_is_read_back_can_be_sent_again(caller):
    draft, officer = draft_bulletin(), caller("cbp.officer")
    path = f"bulletins/{draft.uid}/"
    before = officer.get(f"{path}?state=draft").json()
    again = officer.patch(path, before["values"])
    assert again.status_code == 200, again.content
    assert again.json()["values"] == before["values"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"owner": "CBSA"}, "owner"),
        ({"uid": "6f1f7a9e-1d9e-4a0a-9b0a-111111111111"}, "uid"),
        ({"latest": 9}, "latest"),
        ({"poster": 1}, "poster"),
        ({"title": "a" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": ["a"]}, "title"),
        ({"tlp": "TLP:RED"}, "tlp"),
        ({"tlp": "AMBER"}, "tlp"),
        ({"controls": ["DISPLAY ONLY"]}, "controls"),
        ({"controls": ["SECRET"]}, "controls"),
        ({"methods": ["VEH-NOTHING"]}, "methods"),
        ({"methods": "VEH"}, "methods"),
        ({"mode": "broom"}, "mode"),
        ({"port": "NOWHERE"}, "port"),
        ({"originator": "NOBODY"}, "originator"),
        ({"occurred_on": "3 November"}, "occurred_on"),
        ({"occurred_period": "2026-13"}, "occurred_period"),
        ({"occurred_period": "٢٠٢٤-03"}, "occurred_period"),
        ({"occurred_period": "0000"}, "occurred_period"),
        ({"latitude": "91"}, "latitude"),
        ({"latitude": "NaN"}, "latitude"),
        ({"packages": -1}, "packages"),
        ({"packages": 10**30}, "packages"),
        ({"substances": [{"drug": "pixie dust"}]}, "substances"),
        ({"substances": [{"drug": "fentanyl", "quantity": "1"}]}, "substances"),
        ({"substances": [{"drug": "fentanyl", "quantity": "-1", "unit": "kg"}]}, "substances"),
        ({"substances": [{"drug": "fentanyl"}] * 101}, "substances"),
        ({"identifiers": [{"kind": "plate"}]}, "identifiers"),
        ({"identifiers": [{"kind": "tattoo", "value": "x"}]}, "identifiers"),
        ({"seizures": ["6f1f7a9e-1d9e-4a0a-9b0a-111111111111"]}, "seizures"),
        ({"seizures": ["one"]}, "seizures"),
        ({"certify": "perhaps"}, "certify"),
        ({"publish": True}, "tear_line"),
        ({"urgency": "\ud800"}, "urgency"),
        ({"port": "\0"}, "port"),
        ({"seizures": ["\0"]}, "seizures"),
        ({"substances": [{"drug": "fentanyl", "form": "a\udfff"}]}, "substances"),
        ({"\ud800": 1}, "non_field_errors"),
        ({"\0": 1}, "non_field_errors"),
        ("\ud800", "non_field_errors"),
        ([], "non_field_errors"),
        ("words", "non_field_errors"),
    ],
)
def test_a_body_that_cannot_stand_is_refused_by_field_and_leaves_nothing(body, named, caller):
    answer = caller("cbp.officer").post(
        "bulletins/", {"title": "Whole", **body} if isinstance(body, dict) else body
    )
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert named in answer.json()["errors"], answer.content
    with viewing(viewer("cbp.officer")):
        assert not Bulletin.objects.exists()


def test_of_many_each_text_that_cannot_be_kept_is_named_by_its_place(caller):
    good, bad = {"title": "Whole"}, {"urgency": "\0", "\ud800": ["\ud800"]}
    for options in ({}, {"headers": {"Idempotency-Key": "k"}}):
        body = {"items": [good, bad], "atomic": False}
        answer = caller("cbp.officer").ask("POST", "bulletins/bulk/", body, **options)
        assert answer.status_code == 400, answer.content
        assert set(answer.json()["errors"]["items"]) == {"1"}
        assert set(answer.json()["errors"]["items"]["1"]) == {"urgency", "non_field_errors"}


@pytest.mark.parametrize(
    "far", ["9999-12-31T23:59:59", "9999-12-31T23:59:59-06:00", "0001-01-01T00:00:00+06:00"]
)
def test_an_instant_past_the_calendar_is_refused_by_its_name(far, caller):
    record, releaser = published_bulletin(), caller("cbp.releaser")
    body = {
        "record": str(record.uid),
        "to": [{"agency": "CBSA"}],
        "need_to_know": "Why",
        "right_to_know": "Why",
    }
    for name in ("starts_at", "ends_at", "acknowledge_by"):
        answer = releaser.post("releases/", {**body, "tlp": "TLP:AMBER", name: far})
        assert answer.status_code == 400 and set(answer.json()["errors"]) == {name}, answer.content
    marked = releaser.ask(
        "PUT", f"bulletins/{record.uid}/marking/", {"tlp": "TLP:AMBER", "embargo_until": far}
    )
    assert marked.status_code == 400 and "embargo_until" in marked.json()["errors"], marked.content
    for name in ("since", "until"):
        answer = releaser.get(f"bulletins/?{name}={quote(far)}")
        assert answer.status_code == 400 and set(answer.json()["errors"]) == {name}


def test_an_edit_that_cannot_stand_changes_nothing(caller):
    draft, officer = draft_bulletin(), caller("cbp.officer")
    path = f"bulletins/{draft.uid}/"
    before = officer.get(f"{path}?state=draft").json()
    refused = officer.patch(path, {"title": "Changed", "substances": [{"drug": "pixie dust"}]})
    assert refused.status_code == 400
    assert officer.get(f"{path}?state=draft").json() == before


def test_the_marking_of_what_is_published_is_a_releases_to_change(caller):
    bulletin, releaser = published_bulletin(), caller("cbp.releaser")
    released(bulletin, "HIDTA-STX")
    path = f"bulletins/{bulletin.uid}/"
    for body in ({"tlp": "TLP:CLEAR"}, {"originator": "HSI"}, {"controls": ["NOFORN"]}):
        refused = releaser.patch(path, {"title": "Changed", **body})
        assert refused.status_code == 400 and set(refused.json()["errors"]) == set(body)
    assert releaser.patch(path, {"title": "Changed", "tlp": "TLP:AMBER"}).status_code == 200


def test_an_own_reference_is_taken_once_in_an_agency(caller):
    officer = caller("cbp.officer")
    assert officer.post("bulletins/", {"external_id": "A-1"}).status_code == 201
    taken = officer.post("bulletins/", {"external_id": "A-1"})
    assert taken.status_code == 400 and "external_id" in taken.json()["errors"]
    # It is each agency's own: another's tells nothing.
    assert caller("cbsa.officer").post("bulletins/", {"external_id": "A-1"}).status_code == 201


def test_a_value_needs_its_currency(caller):
    refused = caller("cbp.officer").post("seizures/", {"value_amount": "1000.00"})
    assert refused.status_code == 400 and "value_currency" in refused.json()["errors"]
    given = caller("cbp.officer").post("seizures/", {"value_amount": "1000.00", "value_currency": "USD"})
    assert given.status_code == 201 and given.json()["values"]["value_amount"] == "1000.00"


def test_a_release_is_refused_in_words(caller):
    bulletin, releaser = published_bulletin(), caller("cbp.releaser")
    body = {"record": str(bulletin.uid), "need_to_know": "Why", "right_to_know": "Why", "tlp": "TLP:AMBER"}
    for more, said in (
        ({"to": []}, "agency or community"),
        ({"to": [{"agency": "CBSA", "community": "DHE"}]}, "one of"),
        ({"to": [{}]}, "one of"),
        ({"to": [{"agency": "CBSA", "withheld": ["core"]}]}, "core"),
        ({"to": [{"everybody": True}]}, "TLP:CLEAR"),
        ({"to": [{"agency": "CBSA"}], "tlp": "TLP:RED"}, "people named"),
        ({"to": [{"agency": "CBSA", "persons": ["cbp.officer"]}], "tlp": "TLP:RED"}, "nobody named"),
        ({"to": [{"community": "DHE", "persons": ["cbp.officer"]}]}, "with their agency"),
        ({"to": [{"agency": "CBSA"}], "ends_at": "2001-01-01T00:00:00Z"}, "after the start"),
        ({"to": [{"agency": "CBSA"}], "controls": ["REL TO"]}, "countries"),
        ({"to": [{"agency": "CBSA"}], "need_to_know": " "}, "blank"),
    ):
        answer = releaser.post("releases/", {**body, **more})
        assert answer.status_code == 400 and said in answer.content.decode(), (more, answer.content)
    draft = draft_bulletin("cbp.releaser")
    refused = releaser.post("releases/", {**body, "record": str(draft.uid), "to": [{"agency": "CBSA"}]})
    assert refused.status_code == 400 and "publish it first" in refused.json()["detail"]
    assert releaser.get("releases/").json()["results"] == []
    nobody = releaser.post("releases/recall/", {"record": str(bulletin.uid), "reason": "Why"})
    assert nobody.status_code == 400


def test_red_goes_to_people_named_and_not_by_program(caller):
    bulletin, releaser = published_bulletin(), caller("cbp.releaser")
    body = {"record": str(bulletin.uid), "need_to_know": "Why", "right_to_know": "Why", "tlp": "TLP:RED"}
    answer = releaser.post("releases/", {**body, "to": [{"agency": "HSI", "persons": ["hsi.agent"]}]})
    assert answer.status_code == 201, answer.content
    assert caller("hsi.agent").get(f"bulletins/{bulletin.uid}/").status_code == 404


def test_ones_own_is_not_acknowledged(caller):
    bulletin = published_bulletin()
    refused = caller("cbp.officer").post("receipts/", {"record": str(bulletin.uid)})
    assert refused.status_code == 400 and "record" in refused.json()["errors"]


def picture(size=(64, 48)):
    content = BytesIO()
    Image.new("RGB", size, "teal").save(content, "JPEG")
    content.name = "photo.jpg"
    content.seek(0)
    return content


def send(caller, path, **values):
    return caller.ask("POST", path, encode_multipart(BOUNDARY, values), content_type=MULTIPART_CONTENT)


def test_a_photograph_is_added_taken_away_and_refused(caller, tmp_path, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    draft, officer = draft_bulletin(), caller("cbp.officer")
    path = f"bulletins/{draft.uid}/photographs/"
    added = send(officer, path, photograph=picture(), caption="The tank", group="technique")
    assert added.status_code == 201, added.content
    (row,) = added.json()["photographs"]
    assert (row["caption"], row["group"], row["width"]) == ("The tank", "technique", 64)
    not_one = BytesIO(b"<svg onload=alert(1)>")
    not_one.name = "photo.jpg"
    refused = send(officer, path, photograph=not_one)
    assert refused.status_code == 400 and "photograph" in refused.json()["errors"]
    assert send(officer, path, caption="None").status_code == 400
    assert officer.post(path, {"photograph": "x"}).status_code == 415
    assert officer.ask("DELETE", f"{path}{row['uid']}/").status_code == 204
    assert officer.get(f"bulletins/{draft.uid}/?state=draft").json()["photographs"] == []
    assert officer.ask("DELETE", f"{path}{row['uid']}/").status_code == 404
    assert send(caller("cbsa.officer"), path, photograph=picture()).status_code == 404


def test_every_error_is_problem_json(caller, stranger, monkeypatch):
    bulletin, report = published_bulletin(), published_seizure()
    released(bulletin, "CBSA")
    partner, officer = caller("cbsa.officer"), caller("cbp.officer")
    json, plain = "application/json", "text/plain"
    asked = {
        400: [
            partner.get("bulletins/?nothing=1"),
            officer.ask("POST", "bulletins/", b"{", content_type=json),
            officer.ask("POST", "bulletins/", b"\xff", content_type=json),
            officer.ask("POST", "bulletins/", b'{"packages": NaN}', content_type=json),
            officer.ask("POST", "bulletins/", b"[" * 100_000, content_type=json),
        ],
        401: [stranger.get("bulletins/"), stranger.get("nowhere/")],
        403: [officer.post("releases/recall/", {"record": str(report.uid)})],
        404: [
            partner.get("nowhere/"),
            partner.get(f"seizures/{report.uid}/"),
            partner.get("/api/"),
            partner.get("bulletins"),
            partner.get("agencies/%00/"),
        ],
        405: [officer.ask("DELETE", "bulletins/"), officer.ask("PUT", f"bulletins/{bulletin.uid}/", {})],
        406: [partner.ask("GET", "bulletins/", headers={"Accept": "text/html"})],
        413: [officer.ask("POST", "bulletins/", b" " * (6 * 2**20), content_type=json)],
        415: [officer.ask("POST", "bulletins/", b"title=a", content_type=plain)],
    }
    for status, answers in asked.items():
        for answer in answers:
            assert answer.status_code == status, answer.content
            is_problem(answer)

    def broken(*args, **kwargs):
        raise RuntimeError("a secret of the hub's own")

    monkeypatch.setattr(AgencyList, "get", broken)
    partner.client.raise_request_exception = False
    answer = partner.get("agencies/")
    is_problem(answer)
    assert answer.status_code == 500 and b"secret" not in answer.content


def is_problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert {"type", "title", "status", "detail"} <= set(said) and said["status"] == answer.status_code
    assert said["title"] and said["detail"]


def test_answers_are_kept_by_nobody(caller, stranger):
    steward = caller("steward")
    for answer in (stranger.get("bulletins/"), steward.get("bulletins/"), steward.get("nowhere/")):
        assert answer["Cache-Control"] == "private, no-store"
        assert {"Authorization", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}
