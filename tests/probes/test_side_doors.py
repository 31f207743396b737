"""Ways in beside the front door: other addresses, wrong parents, mixed selections, files, caches, logs, papers."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from bulletins.flow import publish
from bulletins.models import Bulletin, Photograph, Record, SeizureReport
from bulletins.records.actions import write_down
from bulletins.records.refs import new_ref
from hub.database.context import engine, viewing
from hub.log import Line
from sharing.models import Given, Received
from sharing.releases.models import Recall, Release
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.briefings.conftest import briefing, browse  # noqa: F401
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.cast import person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text, with_photographs
from tests.structure.test_addresses import ADDRESSES

pytestmark = pytest.mark.django_db
FORMS = (
    "?format=json",
    "?format=pdf",
    "?fields=title",
    "?expand=owner",
    "?version=1",
    ".json",
    ".pdf",
    "print/",
    "pdf/",
)
PLACES = (
    "media/{uid}.jpg",
    "photographs/{uid}/",
    "photographs/{uid}.full.jpg",
    "static/photographs/{uid}.jpg",
)
OTHERS = (
    "admin/",
    "admin/bulletins/bulletin/",
    "api/v1/search/",
    "api/v1/tags/",
    "api/v1/people/",
    "api/v1/tasks/1/",
)


def without(page: str, *refs: str) -> str:
    for ref in refs:
        page = page.replace(ref, "REF")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


# --- Other forms of an address -----------------------------------------------------------------------------


def test_no_other_form_of_an_address_shows_more_than_the_page(store):  # noqa: F811
    record, uids = with_photographs()
    released(record, ("CBSA", "place"))
    partner, outsider = reader("cbsa.officer"), reader("ncb.officer")
    base = f"/bulletins/{record.ref}/"
    assert CANARIES["core"] in text(partner.get(base))
    for form in FORMS:
        path = (base if form[0] != "." else base[:-1]) + form
        assert CANARIES["place"] not in text(partner.get(path)), form
        found = [outsider.get(path.replace(record.ref, ref)) for ref in (record.ref, new_ref())]
        assert same_to_a_stranger(found[0]) == same_to_a_stranger(found[1]), form
        assert found[0].status_code == 404, form
    # Neither files by their own address nor an administration are served, to nobody.
    for path in [each.format(uid=uids["detail"]) for each in PLACES] + list(OTHERS):
        for client in (partner, reader("cbp.admin"), reader("steward")):
            assert client.get(f"/{path}").status_code == 404, path
    assert not [name for name in ADDRESSES if "admin:" in name or name.startswith("rest_framework")]


def test_the_api_offers_no_form_to_browse(caller):  # noqa: F811
    record = published_bulletin()
    released(record, "CBSA")
    program = caller("cbsa.officer")
    for uid, status in ((record.uid, 406), (uuid4(), 406)):
        answer = program.ask("GET", f"bulletins/{uid}/", headers={"Accept": "text/html"})
        assert answer.status_code == status and b"<select" not in answer.content
    assert program.ask("OPTIONS", f"bulletins/{record.uid}/").content == b""


# --- Wrong parents and mixed selections --------------------------------------------------------------------


def amended(record: Any) -> None:
    who = viewer("cbp.officer")
    with viewing(who):
        write_down(record, {"narrative": "Anew."}, viewer=who, at=timezone.now())
        publish(record, viewer=who, at=timezone.now(), note="Anew")


def test_a_release_is_carried_over_on_the_page_of_its_own_record_alone():
    mine, other = published_bulletin(), published_bulletin()
    for each, to in ((mine, "CBSA"), (other, "HSI")):
        released(each, to)
        amended(each)
    releaser, page = reader("cbp.releaser"), f"/bulletins/{mine.ref}/carry-over/"

    def has(username: str) -> dict[int, int]:
        with viewing(viewer(username)):
            return dict(Received.objects.values_list("record_id", "version"))

    wrong, ghost = (releaser.post(page, {"release": [code]}) for code in ("HSI", "NOBODY"))
    assert same_to_a_stranger(wrong) == same_to_a_stranger(ghost) and wrong.status_code == 400
    assert has("cbsa.officer") == {mine.pk: 1} and has("hsi.agent") == {other.pk: 1}
    assert releaser.post(page, {"release": ["CBSA"]}).status_code == 302
    assert has("cbsa.officer") == {mine.pk: 2} and has("hsi.agent") == {other.pk: 1}


def test_a_recall_is_answered_on_the_page_of_its_own_record_alone():
    mine, other, never = published_bulletin(), published_bulletin(), published_bulletin()
    for each, to in ((mine, "CBSA"), (other, "CBSA"), (never, "HSI")):
        released(each, to)
        username = "cbsa.officer" if to == "CBSA" else "hsi.agent"
        assert reader(username).get(f"/bulletins/{each.ref}/").status_code == 200
        take_back(each)
    with viewing(viewer("cbp.releaser")):
        of = {each.pk: str(Recall.objects.get(record_id=each.pk).uid) for each in (mine, other, never)}
    partner, page = reader("cbsa.officer"), f"/bulletins/{mine.ref}/recall/answer/"
    ghost = partner.post(page, {"recall": str(uuid4()), "kind": "destroyed"})
    for each in (other, never):
        wrong = partner.post(page, {"recall": of[each.pk], "kind": "destroyed"})
        assert same_to_a_stranger(wrong) == same_to_a_stranger(ghost) and wrong.status_code == 404
    assert partner.post(page, {"recall": of[mine.pk], "kind": "destroyed"}).status_code == 302


def test_what_is_acknowledged_among_hidden_ones_is_all_that_is_counted():
    given, hidden, recalled = (published_bulletin(hazard=False, safety_note="") for _n in range(3))
    released(given, "CBSA")
    released(hidden, "HSI")
    released(recalled, "HSI")
    take_back(recalled)
    send()
    said = []
    for mixed in ([hidden.ref, recalled.ref], [new_ref(), new_ref()]):
        answer = reader("ncb.officer").post("/inbox/acknowledge/", {"ref": mixed}, follow=True)
        said.append(without(text(answer)))
    assert said[0] == said[1] and "Acknowledged 0." in said[0]
    partner = reader("cbsa.officer")
    answer = text(partner.post("/inbox/acknowledge/", {"ref": [given.ref, hidden.ref]}, follow=True))
    assert "Acknowledged 1." in answer and hidden.ref not in answer


def test_a_hidden_report_among_those_a_bulletin_rests_on_is_named_like_a_ghost(caller):  # noqa: F811
    own, hidden = published_seizure("cbsa.officer"), published_seizure()
    released(hidden, "HSI")
    author = caller("cbsa.officer")

    def asked(uid: Any) -> tuple[int, bytes]:
        answer = author.post("bulletins/", {"title": "Rests on", "seizures": [str(own.uid), str(uid)]})
        return answer.status_code, answer.content.replace(str(uid).encode(), b"UID")

    assert asked(hidden.uid) == asked(uuid4()) and asked(hidden.uid)[0] == 400
    assert author.post("bulletins/", {"title": "Rests on", "seizures": [str(own.uid)]}).status_code == 201


# --- Files -------------------------------------------------------------------------------------------------


def test_a_part_of_a_photograph_is_asked_for_in_vain(store):  # noqa: F811
    """Range, validators and sizes, by those who were given it and those who were not."""
    record, uids = with_photographs()
    released(record, ("CBSA", "technique"))
    partner, outsider = reader("cbsa.officer"), reader("ncb.officer")
    path = f"/bulletins/{record.ref}/photographs/"
    asked = ({"Range": "bytes=0-1"}, {"If-None-Match": "*"}, {"If-Range": "x", "Range": "bytes=5-"}, {})
    for headers in asked:
        shown = partner.get(f"{path}{uids['detail']}/", headers=headers)
        assert shown.status_code == 200 and text(shown).endswith(" whole")
        assert "ETag" not in shown and "Last-Modified" not in shown and "no-store" in shown["Cache-Control"]
        for client, uid in ((outsider, uids["detail"]), (partner, uids["technique"])):
            for size in ("", "?size=thumb"):
                found = []
                for each in (uid, str(uuid4())):
                    answer = client.get(f"{path}{each}/{size}", headers=headers)
                    found.append((answer.status_code, dict(answer.items()), without(text(answer), each)))
                    found[-1][1].pop("X-Request-ID")
                    found[-1][1].pop("RateLimit", None)
                assert found[0] == found[1] and found[0][0] == 404


def test_what_is_served_of_a_photograph_is_asked_for_anew_by_each_person(store):  # noqa: F811
    """An address that one person was shown opens nothing to another, nor to the same after a recall."""
    record, _uids = with_photographs()
    released(record, "CBSA")
    partner = reader("cbsa.officer")
    shown = re.findall(
        rf"/bulletins/{record.ref}/photographs/[^\"' ]+", text(partner.get(f"/bulletins/{record.ref}/"))
    )
    assert shown and {partner.get(path.replace("&amp;", "&")).status_code for path in shown} == {200}
    assert {reader("ncb.officer").get(path).status_code for path in shown} == {404}
    assert {Client().get(path).status_code for path in shown} == {302}
    take_back(record)
    assert {partner.get(path).status_code for path in shown} == {404}


# --- Caches, logs, numbers ---------------------------------------------------------------------------------


def everything(username: str, record: Any, program: Any) -> str:
    client = reader(username)
    pages = ["/", "/bulletins/", "/search/?q=fentanyl", "/inbox/?show=all", f"/bulletins/{record.ref}/"]
    found = [text(client.get(path)) for path in pages]
    found += [program.get(path).content.decode() for path in ("bulletins/", f"bulletins/{record.uid}/")]
    return "\n".join(found)


def test_no_word_of_a_record_is_kept_in_the_cache_or_written_to_the_log(caller, caplog):  # noqa: F811
    record = published_bulletin()
    released(record, ("CBSA", "place"))
    kept = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    with caplog.at_level(logging.INFO):
        send()
        read = everything("cbsa.officer", record, caller("cbsa.officer"))
        everything("ncb.officer", record, caller("ncb.officer"))
        reader("cbp.releaser").post(f"/bulletins/{record.ref}/recall/", {"reason": ""})
    assert CANARIES["core"] in read and CANARIES["detail"] in read
    lines = [Line().format(each) for each in caplog.records]
    said = "\n".join(
        [
            *lines,
            *(repr(kept.get(key)) + repr(key) for key in kept.scan_iter() if kept.type(key) == b"string"),
        ]
    )
    assert lines and not [word for word in CANARIES.values() if word in said]


def test_a_record_written_into_a_log_line_says_nothing_of_itself():
    record = published_bulletin()
    report = published_seizure(narrative=CANARIES["detail"])
    released(record, "CBSA")
    with engine():
        rows = [Bulletin.objects.get(pk=record.pk), SeizureReport.objects.get(pk=report.pk)]
        rows += [Record.objects.get(pk=record.pk), Given.objects.first(), Release.objects.first()]
        rows += [*rows[0].versions.all(), *rows[0].substances.all(), *rows[0].identifiers.all()]
    with viewing(viewer("cbsa.officer")):
        rows += [Received.objects.get(), *Photograph.objects.all()]
    said = "".join(f"{row} {row!r}" for row in rows)
    assert record.ref in said or str(record.pk) in said
    assert not [word for word in CANARIES.values() if word in said]


def numbered(found: Any, path: str = "") -> list[str]:
    """Where in JSON a key is a row's number."""
    if isinstance(found, dict):
        names = [f"{path}.{name}" for name in found if name in ("id", "pk") or name.endswith(("_id", "_pk"))]
        return names + [each for name, value in found.items() for each in numbered(value, f"{path}.{name}")]
    if isinstance(found, list):
        return [each for value in found for each in numbered(value, path)]
    return []


def test_no_program_is_told_a_rows_number(caller):  # noqa: F811
    """Numbers that count up would tell how much there is of others."""
    record = published_bulletin()
    released(record, "CBSA", "HSI")
    program, owner = caller("cbsa.releaser"), caller("cbp.releaser")
    assert program.post("receipts/", {"record": str(record.uid)}).status_code == 201
    lists = (
        "bulletins/",
        "receipts/",
        "releases/",
        "agreements/",
        "ledger/",
        "ledger/?side=received",
        "requests/",
    )
    lists += ("corrections/", "recalls/", "communities/", "agencies/", f"bulletins/{record.uid}/")
    filled = 0
    for each in (program, owner):
        for path in lists:
            answer = each.get(path)
            assert answer.status_code == 200, path
            body = answer.json()
            filled += bool(body.get("results", True))
            names = [name for name in numbered(body) if not name.endswith(".external_id")]
            assert not names, (path, names)
    assert filled > len(lists)
    page = text(reader("cbsa.officer").get(f"/bulletins/{record.ref}/"))
    assert f'"{record.pk}"' not in page and f"/{record.pk}/" not in page


def test_an_error_of_the_hubs_own_says_nothing_of_itself(monkeypatch):
    from hub.agencies import pages

    assert settings.DEBUG is False
    monkeypatch.setattr(pages, "_facts", lambda agency: 1 / 0)
    client = Client(raise_request_exception=False)
    client.force_login(person("ncb.officer"))
    answer = client.get("/agencies/CBP/")
    assert answer.status_code == 500
    page = text(answer).lower()
    assert not [
        word for word in ("zerodivision", "traceback", "select ", "pages.py", "settings") if word in page
    ]


# --- Papers ------------------------------------------------------------------------------------------------


def inside(pdf: PdfReader) -> str:
    """Whatever a paper holds beside what is printed: facts of the document, outline, words for pictures, strings."""
    found = [str(pdf.metadata), json.dumps([str(each) for each in pdf.outline]), str(pdf.attachments)]
    for number in range(1, len(pdf.xref_objStm) + sum(map(len, pdf.xref.values())) + 1):
        try:
            found.append(str(pdf.get_object(number)))
        except Exception:  # a number that is free
            continue
    return "\n".join(found)


def test_a_paper_holds_nothing_withheld_behind_what_is_printed(briefing, store):  # noqa: F811
    record, _uids = with_photographs(title=f"Tank {CANARIES['core']}")
    released(record, ("CBSA", "place", "technique", "identifiers"))
    opened = briefing("CBSA")
    raw = opened.client.get(f"{opened.path}briefing.pdf").content
    pdf = PdfReader(io.BytesIO(raw))
    assert CANARIES["core"] in opened.paper()
    said = opened.paper() + inside(pdf) + raw.decode("latin-1")
    assert CANARIES["core"] in inside(pdf)
    for group in ("place", "technique", "identifiers", "case"):
        assert CANARIES[group] not in said, group
    assert "Picture of technique" not in said and "cbp.officer" not in said and not pdf.attachments


def test_the_ledgers_paper_holds_nothing_behind_what_is_printed():
    record = published_bulletin()
    released(record, ("CBSA", "place"))
    assert reader("cbsa.officer").get(f"/bulletins/{record.ref}/").status_code == 200
    for username, side in (("cbp.releaser", "given"), ("cbsa.releaser", "received")):
        answer = reader(username).get(f"/ledger/export/?as=pdf&side={side}")
        pdf = PdfReader(io.BytesIO(answer.content))
        printed = " ".join(page.extract_text() for page in pdf.pages)
        said = printed + inside(pdf)
        assert record.ref.split("-")[0] in said and 'filename="ledger-' in answer["Content-Disposition"]
        assert not [word for word in CANARIES.values() if word in said], side
        assert username == "cbp.releaser" or "cbp.releaser" not in said
