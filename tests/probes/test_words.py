"""What people write is text wherever it stands, no form sets what is not its to set, and odd requests tell nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Photograph
from bulletins.publishing.photographs.storage import keep
from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.disclosures.models import LedgerRow
from sharing.flow import release
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import (
    CANARIES,
    draft_bulletin,
    pick,
    plan,
    published_bulletin,
    published_seizure,
    released,
)
from tests.cast import agency, viewer
from tests.deliveries.conftest import send
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import BY_ITSELF, reader, take_back, text, with_photographs
from tests.structure.test_addresses import ADDRESSES

pytestmark = pytest.mark.django_db
EVIL = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7|add:7 }} zebrafinch"
FREE = (
    "title tear_line narrative concealment technique safety_note conveyance place destination case_number referred_to"
    " investigators prosecution predicate originator_text"
).split()


def evil_in_every_field():
    """A bulletin of CBP's that says it everywhere, also beside a photograph, and a report that does."""
    words = {name: EVIL[: Bulletin._meta.get_field(name).max_length or 999] for name in FREE}
    words.pop("originator_text")
    draft, at, who = draft_bulletin(**words), timezone.now(), viewer("cbp.releaser")
    with viewing(who):
        write_down(
            draft,
            {},
            viewer=who,
            at=at,
            substances=[{"drug": "fentanyl", "quantity": Decimal(1), "unit": "kg"}],
            identifiers=[{"kind": "plate", "value": EVIL[:60], "note": EVIL[:60]}],
            certify=True,
        )
        row = Photograph.objects.create(
            record_id=draft.pk,
            group="detail",
            caption=EVIL[:200],
            content_type="image/jpeg",
            width=9,
            height=9,
            sha256="0" * 64,
            added_at=at,
        )
        keep(row.uid, {"full": b"\xff\xd8", "thumb": b"\xff\xd8"})
        publish(draft, viewer=who, at=at)
        publish(draft, viewer=who, at=at, note=EVIL)
        to = plan(pick("CBSA"), pick("HSI"), need_to_know=EVIL, right_to_know=EVIL)
        release([draft], to, viewer=who, at=at)
    return draft


def clean(answer):
    page = text(answer)
    assert "<img src=x" not in page and "<script>alert" not in page and "14 zebrafinch" not in page
    assert not re.search(r"=['\"]?[^'\"<>]*\"'><img", page)
    return page


def test_what_people_write_is_text_on_every_page(store):  # noqa: F811
    record = evil_in_every_field()
    base = f"/bulletins/{record.ref}/"
    owner = ("", "release/", "recall/", "carry-over/", "edit/", "versions/1/", "as/CBSA/")
    for below in owner:
        clean(reader("cbp.releaser").get(base + below))
    for path in ("/", "/bulletins/", "/search/?q=zebrafinch", f"/search/?q={EVIL}", "/inbox/", base):
        clean(reader("cbsa.officer").get(path))
    clean(reader("cbp.admin").get(f"/trail/?ref={record.ref}"))
    clean(reader("cbp.admin").get("/trail/", {"actor": EVIL, "ref": EVIL[:60]}))
    assert "&lt;script&gt;alert(2)" in clean(reader("cbsa.officer").get(base))
    take_back(record, reason=EVIL)
    for username in ("cbsa.officer", "cbp.releaser", "cbp.admin"):
        assert clean(reader(username).get(base)) and clean(reader(username).get("/inbox/"))
    assert "&lt;script&gt;alert(2)" in clean(reader("cbsa.officer").get(base))


ASKED = {
    "/search/": ("q", "after", "month", "owner", "said"),
    "/bulletins/": ("after", "port"),
    "/inbox/": ("show", "after"),
    "/trail/": ("ref", "actor", "before", "event"),
    "/agencies/": ("q",),
    "/briefings/": ("after",),
}


@pytest.mark.parametrize("said", ["\0", EVIL, "%", "a" * 5000], ids=["nul", "markup", "percent", "long"])
def test_what_is_asked_for_breaks_no_page(said):
    published_bulletin()
    readers = {name: reader(name) for name in ("cbp.admin", "cbp.liaison")}
    for path, names in ASKED.items():
        client = readers["cbp.admin" if path == "/trail/" else "cbp.liaison"]
        for name in names:
            answer = client.get(path, {name: said})
            assert answer.status_code < 500 and clean(answer), (path, name)


@pytest.mark.parametrize("said", ["\0", EVIL], ids=["nul", "markup"])
def test_what_is_sent_breaks_no_page(said):
    record = published_bulletin()
    released(record, "CBSA")
    base = f"/bulletins/{record.ref}/"
    sent = {
        "/inbox/acknowledge/": {"ref": [said, record.ref]},
        f"{base}acknowledge/": {"next": said},
        "/theme/": {"theme": said, "next": said},
    }
    partner = reader("cbsa.officer")
    for path, form in sent.items():
        assert partner.post(path, form).status_code < 500, path
    owner = reader("cbp.releaser")
    named = (
        "need_to_know",
        "right_to_know",
        "rel_to",
        "to",
        "people-CBSA",
        "reason",
        "seal",
        "release",
        "title",
    )
    named += (
        "tear_line",
        "narrative",
        "identifiers-0-value",
        "change",
        "seizures",
        "own_reference",
        "do",
        "tlp",
    )
    for below in ("release/preview/", "release/", "carry-over/", "as/CBSA/", "edit/", "recall/"):
        for form in (dict.fromkeys(named, said), {"to": ["CBSA"], "do": "release", "need_to_know": said}):
            answer = owner.post(base + below, form)
            assert answer.status_code < 500 and clean(answer) is not None, below


def test_an_address_of_a_source_is_one_of_the_web():
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example"):
        with pytest.raises(ValidationError):
            draft_bulletin(source_url=url)
    assert draft_bulletin(source_url="https://www.cbp.gov/newsroom").source_url


def test_the_posting_form_sets_nothing_that_is_not_its_to_set():
    record = published_bulletin()
    other = agency("NCB-OTTAWA").pk
    forged = {
        "owner": other,
        "owner_id": other,
        "poster": 1,
        "latest": 9,
        "kind": "seizure",
        "uid": str(uuid4()),
        "ref": "2222-3333",
        "tlp": "TLP:CLEAR",
        "controls": [],
        "recalled_at": "2020-01-01",
        "narrative": "Set by the form",
    }

    def fixed():
        with engine():
            row = Bulletin.objects.get(pk=record.pk)
        names = "owner_id poster_id latest kind uid ref tlp controls recalled_at".split()
        return {name: getattr(row, name) for name in names}, row.narrative

    before = fixed()[0]
    reader("cbp.officer").post(f"/bulletins/{record.ref}/edit/", forged)
    after, narrative = fixed()
    assert after == before and narrative == "Set by the form"


def test_every_page_that_takes_a_post_wants_its_check():
    record, report = published_bulletin(), published_seizure()
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(reader("cbp.releaser").cookies)
    assert client.get(f"/bulletins/{record.ref}/").status_code == 200
    taken = []
    for name, route in ADDRESSES.items():
        # One press in a mail program stops its mails: the sealed link is the right, not a session (RFC 8058).
        # Programs come with a token or a secret, never with a session.
        if name.startswith(PROGRAMS) or name in ("healthz", "unsubscribe"):
            continue
        ref = report.ref if "seizure" in name else record.ref
        path = "/" + re.sub(r"<(\w+):(\w+)>", lambda found, ref=ref: STANDS_FOR.get(found[2], ref), route)
        answer = client.post(path, {"reason": "Mine", "next": "/"})
        # Before anything is looked up; the one that takes none says so after the check.
        assert answer.status_code == 403, (name, path, answer.status_code)
        taken.append(name)
    assert len(taken) > 30
    with viewing(viewer("cbp.releaser")):
        assert Bulletin.objects.get(pk=record.pk).recalled_at is None


PROGRAMS = ("api-", "taxii", "feed_", "stix_")
STANDS_FOR = {
    "uid": "00000000-0000-4000-8000-000000000007",
    "size": "thumb",
    "number": "1",
    "agency": "CBSA",
    "codes": "VEH-BODY-DOOR",
    "name": "methods",
    "code": "CBP",
}
ODD = (
    {
        "If-Match": "*",
        "Range": "bytes=0-3",
        "X-HTTP-Method-Override": "DELETE",
        "X-Forwarded-Host": "evil.example",
        "X-Original-URL": "/trail/",
    },
    {
        "If-None-Match": "*",
        "If-Modified-Since": "Fri, 31 Dec 2100 00:00:00 GMT",
        "If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT",
        "Accept": "application/xml",
        "Accept-Language": "fr",
        "Origin": "https://evil.example",
    },
)


def stripped(answer, *own):
    headers = {
        name: value for name, value in answer.items() if name not in ("X-Request-ID", "Expires", "RateLimit")
    }
    page = re.sub(BY_ITSELF[0][0], "", text(answer))
    for each in own:
        page = page.replace(each, "REF")
    return answer.status_code, headers, page


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: next(iter(odd)))
def test_odd_headers_tell_no_more_of_a_hidden_record_than_of_none(odd, caller):  # noqa: F811
    record, ghost, none = published_bulletin(), "2222-3333", uuid4()
    released(record, "CBSA")
    page = reader("cbsa.officer").get(f"/bulletins/{record.ref}/", headers=odd)
    assert page.status_code == 200 and CANARIES["core"] in text(page)
    for name in ("ETag", "Last-Modified", "Access-Control-Allow-Origin", "Server-Timing", "X-Powered-By"):
        assert name not in page
    outsider, program = reader("ncb.officer"), caller("ncb.officer")
    for below in ("", "acknowledge/", "release/", "edit/", f"photographs/{none}/"):
        for method in ("get", "post", "head"):
            asked = [
                getattr(outsider, method)(f"/bulletins/{ref}/{below}", headers=odd)
                for ref in (record.ref, ghost)
            ]
            assert stripped(asked[0], record.ref) == stripped(asked[1], ghost), (below, method)
    answers = [program.ask("GET", f"bulletins/{uid}/", headers=odd) for uid in (record.uid, none)]
    assert stripped(answers[0]) == stripped(answers[1])


def test_each_answer_that_shows_a_record_is_in_the_ledger_with_its_channel(caller, store):  # noqa: F811
    record, uids = with_photographs()
    released(record, "CBSA")
    start = timezone.now() - timedelta(seconds=1)

    def entered(username, act):
        who = viewer(username)
        with viewing(who):
            rows = LedgerRow.objects.filter(person_id=who.person_id, at__gte=start)
            known = set(rows.values_list("pk", flat=True))
            act()
            fresh = [row for row in rows.exclude(pk__in=known) if record.pk in row.records]
        assert all(row.agency_id == who.agency_id and row.versions == [1] for row in fresh)
        return {row.channel for row in fresh}

    base, partner, program = f"/bulletins/{record.ref}/", reader("cbsa.officer"), caller("cbsa.officer")
    picture = f"{base}photographs/{uids['detail']}/"
    for path in (base, "/bulletins/", "/search/?q=fentanyl", "/", picture):
        assert entered("cbsa.officer", lambda path=path: partner.get(path)) == {"page"}, path
    for path in ("bulletins/", f"bulletins/{record.uid}/", "bulletins/?q=fentanyl", picture):
        assert entered("cbsa.officer", lambda path=path: program.get(path)) == {"rest"}, path
    # Looking as another is no reading of theirs; what shows nothing enters nothing.
    releaser = reader("cbp.releaser")
    with viewing(who := viewer("cbsa.officer")):
        before = LedgerRow.objects.filter(agency_id=who.agency_id).count()
    assert CANARIES["core"] in text(releaser.get(f"{base}as/CBSA/"))
    with viewing(who):
        assert LedgerRow.objects.filter(agency_id=who.agency_id).count() == before
    assert entered("ncb.officer", lambda: reader("ncb.officer").get(base)) == set()
    send()


def test_what_is_for_display_only_is_said_to_no_program_of_the_owner_either(caller):  # noqa: F811
    """A preview quotes what its texts name, receipts and releases tell of it: by program none of that is asked."""
    kept, open_one = published_bulletin(title=f"Plate {CANARIES['identifiers']}"), published_bulletin()
    who, program = viewer("cbp.releaser"), caller("cbp.releaser")
    for record, controls in ((kept, ("DISPLAY ONLY",)), (open_one, ())):
        with viewing(who):
            release([record], plan(pick("HSI"), controls=controls), viewer=who, at=timezone.now())
    body = {
        "to": [{"agency": "DEA", "withheld": ["identifiers"]}],
        "need_to_know": "Why",
        "right_to_know": "Why",
    }

    def asked(record):
        return {
            "preview": program.post("releases/preview/", {"record": str(record.uid), **body}),
            "release": program.post("releases/", {"record": str(record.uid), **body}),
            "releases": program.get(f"releases/?record={record.uid}"),
            "receipts": program.get(f"receipts/?record={record.uid}"),
        }

    told, silent = asked(open_one), asked(kept)
    assert [each.status_code for each in told.values()] == [200, 201, 200, 200]
    assert len(told["releases"].json()["results"]) == 2 and told["receipts"].json()["results"]
    said = "".join(each.content.decode() for each in silent.values())
    assert CANARIES["identifiers"] not in said and kept.ref not in said
    assert [silent[name].status_code for name in ("preview", "release", "receipts")] == [404] * 3
    assert silent["releases"].json()["results"] == []
    # Taking it back must never wait for a page.
    gone = program.post("releases/recall/", {"record": str(kept.uid), "reason": "Wrong"})
    assert gone.status_code == 200 and reader("hsi.agent").get(f"/bulletins/{kept.ref}/").status_code == 200
    assert CANARIES["core"] not in text(reader("hsi.agent").get(f"/bulletins/{kept.ref}/"))
