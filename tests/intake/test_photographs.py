"""Photographs of what came from another hub: fetched from its own server, opened like uploads, gone when it ends."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client, TestCase
from django.utils import timezone
from PIL import Image

from bulletins.models import Bulletin, Photograph, Version
from bulletins.publishing.photographs.intake import accept
from bulletins.publishing.photographs.storage import SIZES, stored_name
from bulletins.records.actions import write_down
from hub.accounts.viewer import desk_of
from hub.agencies.models import Agency
from hub.database.context import engine, viewing
from sharing.deliveries.sealing import seal
from sharing.intake.models import Original
from sharing.intake.pulling import photographs
from sharing.intake.pulling.models import Arrival, Peer
from sharing.intake.pulling.tasks import fetch_photographs
from sharing.stix.ids import EXTENSION
from tests.cast import agency, person, viewer
from tests.disclosures.conftest import store  # noqa: F401
from tests.intake.conftest import LAST, LATER, fresh, ours, records, send
from tests.intake.hubs import come as come_uncommitted
from tests.intake.hubs import given, peer, stub
from tests.intake.taxii import Partner, partner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store")]
ELSEWHERE = "http://169.254.169.254/latest/meta-data/"


def jpeg(color: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), color).save(file, "JPEG")
    return file.getvalue()


class Server:
    """Another hub's server: it gives `pictures` by their uid, or answers as `odd` says."""

    def __init__(self, there: Partner) -> None:
        self.there, self.pictures, self.odd = there, dict[str, bytes](), {}
        there.odd = self.answer
        self.peer = peer(host=f"127.0.0.1:{there.port}")
        with viewing(desk_of(agency("CBP"))):
            known = {"url": there.url, "scheme": "token", "sealed_secret": seal("a secret")}
            Peer.objects.filter(pk=self.peer.pk).update(**known)

    def answer(self, path: str, query: dict[str, str]) -> Any:
        uid = path.rstrip("/").rpartition("/")[2]
        if uid in self.odd:
            return self.odd[uid]
        if uid in self.pictures:
            return 200, {"Content-Type": "image/jpeg"}, self.pictures[uid]
        return 404, {"Content-Type": "text/html"}, b"none"

    def picture(self, color: str, caption: str = "", **values: Any) -> dict[str, Any]:
        """A photograph there, as facts name it."""
        uid = str(uuid.uuid4())
        self.pictures[uid] = accept(jpeg(color)).full
        digest = hashlib.sha256(self.pictures[uid]).hexdigest()
        said = {"uid": uid, "caption": caption, "sha256": digest, "url": f"{ELSEWHERE}{uid}/"}
        return {**said, **values}

    @property
    def asked(self) -> list[str]:
        return [path for path, _query, _headers in self.there.asked]


def come(source: Peer, *objects: Any) -> None:
    """A page of the peer's, committed."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        come_uncommitted(source, *objects)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True
    with partner() as there:
        yield Server(there)


def with_pictures(
    *detail: dict[str, Any],
    technique: tuple[Any, ...] = (),
    again: dict[str, Any] | None = None,
    **values: Any,
) -> dict[str, Any]:
    """A record as its hub gives it; `again` a later version of that one."""
    uid = uuid.UUID(again["id"].partition("--")[2]) if again else None
    made = given(uid, **values)
    facts = made["extensions"][EXTENSION]["facts"]
    facts["detail"]["photographs"] = list(detail)
    if technique:
        facts["technique"] = {"photographs": list(technique)}
    return made


def shown(record: Any, by: str = "cbp.officer") -> list[dict[str, Any]]:
    """The photographs of its newest version, each of which its owner's people can open."""
    with engine():
        content = (
            Version.objects.filter(record_id=record.pk)
            .order_by("-number")
            .values_list("content", flat=True)[0]
        )
    rows = [row for group in ("detail", "technique") for row in content.get(group, {}).get("photographs", [])]
    client = Client()
    client.force_login(person(by))
    for row in rows:
        assert client.get(f"/bulletins/{record.ref}/photographs/{row['uid']}/").status_code == 200
    return rows


def page(record: Any, by: str = "cbp.officer") -> str:
    client = Client()
    client.force_login(person(by))
    return str(client.get(f"/bulletins/{record.ref}/").content.decode())


def due_again() -> int:
    """What is put off is due now; fetch it."""
    with viewing(desk_of(agency("CBP"))):
        rows = Arrival.objects.filter(photographs_due_at__isnull=False)
        rows.update(photographs_due_at=timezone.now() - timedelta(seconds=1))
    return fetch_photographs()


def files_of(uids: list[str]) -> list[bool]:
    return [default_storage.exists(stored_name(uid, size)) for uid in uids for size in SIZES]


def test_they_are_fetched_from_the_server_it_came_from_and_published_with_it(server: Server) -> None:
    tank, xray = server.picture("red", "The tank"), server.picture("blue", "The X-ray")
    come(server.peer, with_pictures(tank, technique=(xray,)))
    (record,) = records()
    assert "2 photographs of it are being fetched from Hub A" in page(record) and record.latest == 1
    assert fetch_photographs() == 1
    assert "photographs of it" not in page(record)
    rows = shown(record)
    assert [row["caption"] for row in rows] == ["The tank", "The X-ray"] and fresh(record).latest == 2
    assert not {row["uid"] for row in rows} & {tank["uid"], xray["uid"]}
    # With what lets the hub in there, at addresses of its own server alone, whatever address the object names.
    ref = "7K3M-Q2XF"
    assert server.asked == [f"/bulletins/{ref}/photographs/{each['uid']}/" for each in (tank, xray)]
    assert {headers["authorization"] for _path, _query, headers in server.there.asked} == {"Token a secret"}
    with engine():
        assert all(row.added_by is None and row.sha256 for row in Photograph.objects.all())
    assert fetch_photographs() == 0


def test_a_later_version_is_written_on_and_takes_away_what_it_does_not_name(server: Server) -> None:
    kept, gone, more = server.picture("red", "Kept"), server.picture("blue", "Gone"), server.picture("green")
    first = with_pictures(kept, technique=(gone,))
    come(server.peer, first)
    fetch_photographs()
    (record,) = records()
    stays, goes = (row["uid"] for row in shown(record))
    kept["caption"] = "Called otherwise"
    come(server.peer, with_pictures(more, kept, again=first, version=2, modified=LATER))
    assert [row["caption"] for row in shown(record)] == ["Called otherwise"]
    assert files_of([stays]) == [True, True] and files_of([goes]) == [False, False]
    assert fetch_photographs() == 1
    rows = shown(record)
    assert [row["caption"] for row in rows] == ["", "Called otherwise"] and rows[1]["uid"] == stays
    assert server.asked.count(f"/bulletins/7K3M-Q2XF/photographs/{kept['uid']}/") == 1
    # Withheld from here on: nothing of it stays, and the version before shows what is left of it.
    come(server.peer, with_pictures(again=first, version=3, modified=LAST))
    assert shown(record) == [] and files_of([stays, rows[0]["uid"]]) == [False] * 4
    client = Client()
    client.force_login(person("cbp.officer"))
    older = client.get(f"/bulletins/{record.ref}/versions/2/")
    assert older.status_code == 200 and stays not in older.content.decode()


def test_one_that_fails_is_told_and_tried_again_and_stops_no_other(server: Server) -> None:
    good, bad = server.picture("red"), server.picture("blue")
    server.odd[bad["uid"]] = (404, {}, b"")
    come(server.peer, with_pictures(bad, good))
    (record,) = records()
    fetch_photographs()
    assert len(shown(record)) == 1
    assert "1 photograph of it has not come from Hub A (it has none there for this account (404))" in page(
        record
    )
    assert fetch_photographs() == 0  # it rests
    del server.odd[bad["uid"]]
    assert due_again() == 1
    assert len(shown(record)) == 2 and "photograph of it" not in page(record)
    assert server.asked.count(f"/bulletins/7K3M-Q2XF/photographs/{good['uid']}/") == 1


def test_after_a_week_of_trying_it_is_asked_for_no_more(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr(photographs, "MOST_ATTEMPTS", 2)
    bad = server.picture("red")
    server.odd[bad["uid"]] = (410, {}, b"")
    come(server.peer, with_pictures(bad))
    for _ in range(4):
        due_again()
    (record,) = records()
    assert len(server.asked) == 2 and "1 photograph of it did not come from Hub A" in page(record)


def test_a_server_that_is_busy_is_left_alone_with_all_that_is_due(server: Server) -> None:
    pictures = [server.picture("red") for _ in range(4)]
    for each in pictures:
        server.odd[each["uid"]] = (503, {"Retry-After": "3600"}, b"")
    come(server.peer, with_pictures(*pictures[:2]), with_pictures(*pictures[2:]))
    assert fetch_photographs() == 1 and len(server.asked) == 1
    with viewing(desk_of(agency("CBP"))):
        rests = Arrival.objects.values_list("photographs_due_at", flat=True)
        assert all(due > timezone.now() + timedelta(minutes=59) for due in rests)
    server.odd.clear()
    assert due_again() == 2
    assert [len(shown(record)) for record in records()] == [2, 2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((302, {"Location": ELSEWHERE}, b""), "leads elsewhere"),
        ((401, {}, b""), "does not accept"),
        ((200, {"Content-Type": "image/jpeg"}, b"\xff\xd8\xff" + b"0" * 100), "not what it named"),
        ((200, {"Content-Type": "text/html"}, b"<html><script>1</script></html>"), "not what it named"),
    ],
    ids=["redirect", "unauthorized", "other_bytes", "markup"],
)
def test_what_is_not_the_photograph_is_not_kept(server: Server, answer: Any, words: str) -> None:
    named = server.picture("red")
    server.odd[named["uid"]] = answer
    come(server.peer, with_pictures(named))
    (record,) = records()
    fetch_photographs()
    assert shown(record) == [] and words in page(record)
    with engine():
        assert not Photograph.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"<svg onload=alert(1)>",
        b"PK\x03\x04" + b"0" * 40,
        b"\xff\xd8\xff broken",
        jpeg("red") + b"%PDF-1.7 more",
    ],
    ids=["svg", "zip", "broken", "another_file_inside"],
)
def test_what_no_upload_may_be_is_not_taken_from_a_hub_either(server: Server, content: bytes) -> None:
    named = server.picture("red")
    server.pictures[named["uid"]] = content
    named["sha256"] = hashlib.sha256(content).hexdigest()
    come(server.peer, with_pictures(named))
    fetch_photographs()
    (record,) = records()
    assert shown(record) == [] and "no photograph that the hub opens" in page(record)


def test_one_without_end_is_not_read_to_its_end(server: Server, monkeypatch: Any) -> None:
    monkeypatch.setattr("sharing.intake.pulling.asking.PHOTOGRAPH_BYTES", 1000)
    named = server.picture("red")
    server.pictures[named["uid"]] = b"\xff\xd8\xff" + bytes(5_000)
    come(server.peer, with_pictures(named))
    fetch_photographs()
    (record,) = records()
    assert shown(record) == [] and "larger than" in page(record)


def test_what_stood_in_its_metadata_does_not_come_in(server: Server) -> None:
    file, named = BytesIO(), server.picture("red")
    exif = Image.Exif()
    exif[0x010E] = "taken at kingfisher"
    Image.new("RGB", (64, 48), "red").save(file, "JPEG", exif=exif)
    server.pictures[named["uid"]] = file.getvalue()
    named["sha256"] = hashlib.sha256(file.getvalue()).hexdigest()
    come(server.peer, with_pictures(named))
    fetch_photographs()
    (row,) = shown(records()[0])
    assert b"kingfisher" in file.getvalue()
    with default_storage.open(stored_name(row["uid"], "full")) as kept:
        assert b"kingfisher" not in kept.read()


@pytest.mark.parametrize("revoked", [True, False], ids=["recalled", "withdrawn"])
def test_with_an_end_they_are_gone(server: Server, revoked: bool) -> None:
    named = server.picture("red")
    first = with_pictures(named)
    come(server.peer, first)
    fetch_photographs()
    (record,) = records()
    (row,) = shown(record)
    client = Client()
    client.force_login(person("cbp.officer"))
    address = f"/bulletins/{record.ref}/photographs/{row['uid']}/"
    assert client.get(address).status_code == 200
    come(server.peer, stub(first, LATER, revoked=revoked))
    assert files_of([row["uid"]]) == [False, False] and client.get(address).status_code == 404
    with engine():
        assert not Photograph.objects.exists()
    assert due_again() == 0
    if not revoked:  # shared again, they come again and are what they were
        come(server.peer, with_pictures(named, again=first, modified=LAST))
        assert fetch_photographs() == 1
        assert [each["uid"] for each in shown(record)] == [row["uid"]]


def test_an_end_while_it_is_fetched_leaves_nothing(server: Server, monkeypatch: Any) -> None:
    named = server.picture("red")
    first = with_pictures(named)
    come(server.peer, first)
    asked = photographs.ask_photograph

    def meanwhile(*arguments: Any) -> bytes:
        body = asked(*arguments)
        come(server.peer, stub(first, LATER))
        return body

    monkeypatch.setattr(photographs, "ask_photograph", meanwhile)
    assert fetch_photographs() == 1
    with engine():
        assert not Photograph.objects.exists()


def test_what_was_edited_by_hand_meanwhile_is_not_published_by_it(server: Server) -> None:
    come(server.peer, with_pictures(server.picture("red")))
    (record,) = records()
    with viewing(who := viewer("cbp.officer")):
        copy = Bulletin.objects.get(pk=record.pk)
        write_down(copy, {"narrative": "By hand"}, viewer=who, at=timezone.now())
    fetch_photographs()
    assert fresh(record).latest == 1 and shown(record) == []
    with engine():
        assert Photograph.objects.filter(record_id=record.pk).count() == 1


def test_what_was_taken_over_by_hand_is_not_published_by_it(server: Server) -> None:
    from sharing.intake.deciding import take_over

    first = with_pictures()
    come(server.peer, first)
    (record,) = records()
    with viewing(who := viewer("cbp.officer")):
        copy = Bulletin.objects.get(pk=record.pk)
        write_down(copy, {"conveyance": "By hand"}, viewer=who, at=timezone.now())
    come(server.peer, with_pictures(server.picture("red"), again=first, version=2, modified=LATER))
    with viewing(who):
        waits = Original.objects.get(state="waiting")
        take_over(Bulletin.objects.get(pk=record.pk), waits, viewer=who, at=timezone.now())
    assert fetch_photographs() == 1
    assert fresh(record).latest == 1 and shown(record) == []
    with engine():
        assert Photograph.objects.filter(record_id=record.pk).count() == 1
    # And what comes after it is written on: nobody has edited it since.
    come(server.peer, with_pictures(again=first, version=3, modified=LAST))
    assert fresh(record).latest == 2


def test_what_its_owners_people_added_stays(server: Server) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from bulletins.publishing.photographs.actions import add_photograph

    first = with_pictures(server.picture("red"))
    come(server.peer, first)
    fetch_photographs()
    (record,) = records()
    with viewing(who := viewer("cbp.officer")):
        copy = Bulletin.objects.get(pk=record.pk)
        sent = SimpleUploadedFile("a.jpg", jpeg("blue"))
        own = add_photograph(copy, sent, viewer=who, at=timezone.now(), caption="Our own")
    come(server.peer, stub(first, LATER))
    with engine():
        assert [row.uid for row in Photograph.objects.all()] == [own.uid]
    assert files_of([str(own.uid)]) == [True, True]


def test_no_address_is_fetched_for_whoever_sends(server: Server) -> None:
    """Of what is sent to the inbox, and of a partner that is no hub, the words alone are kept."""
    picture = server.picture("red", url=f"http://127.0.0.1:{server.there.port}/here.jpg")
    references = [{"source_name": "photograph", "url": picture["url"], "external_id": picture["uid"]}]
    sent = with_pictures(picture, originator="CBP", owner="CBP")
    sent["external_references"] = references
    assert send(sent, ours("bulletin", external_references=references)).resource["success_count"] == 2
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=server.peer.pk).update(is_hub=False)
        notes = [note for row in Original.objects.all() for note in row.notes]
    assert any("no address is fetched" in note for note in notes)
    assert fetch_photographs() == 0 and server.asked == []
    with engine():
        assert not Photograph.objects.exists() and not Arrival.objects.exists()


def test_names_that_are_none_are_asked_for_nowhere(server: Server) -> None:
    odd = [
        {"uid": "../../admin"},
        {"uid": 7},
        {"caption": "without"},
        "text",
        {"uid": "0" * 32, "sha256": "x"},
    ]
    come(server.peer, with_pictures(*odd))  # type: ignore[arg-type]
    made = with_pictures(server.picture("red"))
    made["extensions"][EXTENSION]["ref"] = "../../x"
    come(server.peer, made)
    fetch_photographs()
    assert server.asked == ["/bulletins/7K3M-Q2XF/photographs/00000000-0000-0000-0000-000000000000/"]


def test_a_peer_that_is_paused_or_removed_is_not_asked(server: Server) -> None:
    come(server.peer, with_pictures(server.picture("red")))
    for values in (
        {"paused_at": timezone.now()},
        {"removed_at": timezone.now(), "url": "", "sealed_secret": ""},
    ):
        with viewing(desk_of(agency("CBP"))):
            Peer.objects.filter(pk=server.peer.pk).update(**values)
        assert due_again() == 0
    Agency.objects.filter(code="CBP").update(state="suspended")
    assert fetch_photographs() == 0 and server.asked == []


def test_who_was_interrupted_is_followed_by_another_and_two_do_it_once(server: Server) -> None:
    come(server.peer, with_pictures(server.picture("red")))
    now = timezone.now()
    assert photographs._claim(now) is not None
    assert fetch_photographs() == 0  # somebody is at it
    assert due_again() == 1
    assert len(shown(records()[0])) == 1


def test_nobody_else_is_shown_them(server: Server) -> None:
    come(server.peer, with_pictures(server.picture("red")))
    fetch_photographs()
    (record,) = records()
    (row,) = shown(record)
    for username in ("cbsa.officer", "dea.agent", "steward"):
        client = Client()
        client.force_login(person(username))
        for size in ("full", "thumb"):
            address = f"/bulletins/{record.ref}/photographs/{row['uid']}/?size={size}"
            assert client.get(address).status_code == 404, username
