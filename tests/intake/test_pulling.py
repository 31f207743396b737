"""Fetching from a partner's collection: all of it, once, from where it was, whatever the partner's server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from bulletins.markings.models import TLP
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.intake import taking
from sharing.intake.models import Original
from sharing.intake.pulling import actions, asking, walking
from sharing.intake.pulling.actions import Wanted
from sharing.intake.pulling.fares import fares_of
from sharing.intake.pulling.models import Peer
from sharing.intake.pulling.tasks import pull_due
from tests.cast import agency, viewer
from tests.intake.conftest import AMBER, LATER, as_speaker, ours, records, stix
from tests.intake.taxii import Partner, partner, said, stamp

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True


@pytest.fixture
def server() -> Iterator[Partner]:
    with partner() as found:
        yield found


def add(server: Partner, by: str = "cbp.liaison", **values: Any) -> Peer:
    who = viewer(by)
    wanted = {"title": "Partner", "url": server.url, "username": "cbp", "secret": "a secret"} | values
    with viewing(who):
        return actions.add_peer(Wanted(**wanted), viewer=who, at=timezone.now())


def now(peer: Peer) -> Peer:
    """The peer as it stands; and it is due again."""
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=peer.pk).update(due_at=timezone.now() - timedelta(seconds=1))
        return Peer.objects.get(pk=peer.pk)


def pull(peer: Peer) -> Peer:
    now(peer)
    assert pull_due() == 1
    return now(peer)


def reports(count: int, **values: Any) -> list[dict[str, Any]]:
    return [stix("report", name=f"Find {number}", **values) for number in range(count)]


def test_all_that_a_collection_holds_becomes_drafts_once(server: Partner) -> None:
    server.objects = reports(7)
    peer = add(server)
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=peer.pk).update(page_size=3)
    row = pull(peer)
    assert [record.title for record in records()] == [f"Find {number}" for number in range(7)]
    assert {record.owner.code for record in records()} == {"CBP"}
    assert [query.get("next") for query in server.pages] == [None, "3", "6"]
    assert (row.after, row.next, row.taken, row.failures) == (stamp(6), "", 7, 0)
    server.objects.append(stix("report", name="One more"))
    pull(peer)
    assert server.pages[-1]["added_after"] == stamp(6)
    assert len(records()) == 8


def test_each_agency_keeps_its_own_and_what_came_says_from_where(server: Partner) -> None:
    server.objects = reports(1)
    pull(add(server))
    with viewing(desk_of(agency("CBP"))):
        original = Original.objects.get()
        assert (original.way, original.sender) == ("pull", "Partner")
    for other in ("CBSA", "RCMP"):
        who = desk_of(agency(other))
        with viewing(who):
            assert not Peer.objects.exists() and not Original.objects.exists()
            assert fares_of(who, timezone.now()) == []


def test_what_has_no_marking_gets_the_one_given_to_the_peer(server: Partner) -> None:
    server.objects = [*reports(1, marked=[]), *reports(1, marked=AMBER)]
    pull(add(server, unmarked=TLP.RED.value))
    bare, marked = records()
    assert (bare.tlp, bare.controls) == (TLP.RED, ["DISPLAY ONLY"])
    assert (marked.tlp, marked.controls) == (TLP.AMBER, [])


def test_a_peer_is_asked_before_it_is_saved(server: Partner) -> None:
    for values, words in [
        ({"secret": "wrong"}, "does not accept"),
        ({"url": server.url.replace("collections", "else")}, "one collection"),
        ({"url": "http://169.254.169.254/a/collections/x/"}, "does not ask there"),
        ({"url": "http://127.0.0.1:1/a/collections/x/"}, "no connection"),
    ]:
        with pytest.raises(ValidationError, match=words):
            add(server, **values)
    server.odd = lambda path, query: said({"id": "abc", "can_read": False})
    with pytest.raises(ValidationError, match="may not read"):
        add(server)
    with engine():
        assert not Peer.objects.exists()


def test_a_private_address_is_refused_when_it_is_asked_too(server: Partner, settings: Any) -> None:
    peer = add(server)
    settings.OUTGOING_ALLOW = []
    assert "not a public address" in pull(peer).failure
    assert server.pages == []


def test_no_page_and_no_trail_row_has_the_secret(server: Partner) -> None:
    peer = add(server)
    with engine():
        assert "a secret" not in json.dumps(list(Peer.objects.values()), default=str)
        rows = list(TrailRow.objects.filter(event__startswith="peer.").values())
    assert rows and "a secret" not in str(rows) and "collections" not in str(rows)
    assert peer.sealed_secret


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (said([1, 2]), "TAXII envelope"),
        (said(b"{" * 5000), "TAXII envelope"),
        (said(b"[" * 100_000 + b"]" * 100_000), "TAXII envelope"),
        (said({"objects": {"a": 1}}), "TAXII envelope"),
        (said({"objects": [], "more": "yes"}), "TAXII envelope"),
        (said({"objects": [], "more": True, "next": 7}), "TAXII envelope"),
        (said({"objects": [], "more": True, "next": "x" * 5000}), "TAXII envelope"),
        ((200, {"Content-Type": "text/html"}, b"<html>"), "TAXII envelope"),
        ((302, {"Location": "http://169.254.169.254/"}, b""), "leads elsewhere"),
        (said({}, 401), "does not accept"),
        (said({}, 500), "answered 500"),
        (said({"objects": [{}] * 3000}), "more than 2000 objects"),
        (said(b" " * (5 * 2**20)), "larger than"),
    ],
)
def test_what_is_no_answer_fails_and_is_rested(server: Partner, odd: Any, words: str) -> None:
    peer = add(server)
    server.odd = lambda path, query: odd
    row = pull_failing(peer)
    assert words in row.failure and row.failures == 1 and row.claimed_at is None
    assert timedelta(seconds=40) < row.due_at - timezone.now() < timedelta(seconds=80)
    assert not records()
    with viewing(who := desk_of(agency("CBP"))):
        assert "Not fetched since" in fares_of(who, timezone.now())[0].words
    server.odd, server.objects = (lambda path, query: None), reports(2)
    assert pull(peer).failures == 0 and len(records()) == 2


def pull_failing(peer: Peer) -> Peer:
    now(peer)
    pull_due()
    with viewing(desk_of(agency("CBP"))):
        return Peer.objects.get(pk=peer.pk)


def test_a_peer_that_asks_to_wait_is_left_alone_for_so_long(server: Partner) -> None:
    peer = add(server)
    server.odd = lambda path, query: said({}, 429, **{"Retry-After": "7200"})
    assert pull_failing(peer).due_at - timezone.now() > timedelta(seconds=7000)


def test_the_rest_grows_with_each_failure(server: Partner) -> None:
    peer = add(server)
    server.odd = lambda path, query: said({}, 503)
    rests = [(pull_failing(peer).due_at - timezone.now()).total_seconds() for _time in range(6)]
    assert rests[-1] > 16 * rests[0] * 0.5 and rests == sorted(rests)


def test_the_same_next_again_ends_and_goes_on_after_the_last_instant(server: Partner) -> None:
    server.objects = reports(1)
    peer = add(server)
    server.odd = lambda path, query: (
        said({"objects": server.objects, "more": True, "next": "a"}, **{"X-TAXII-Date-Added-Last": stamp(0)})
        if path.endswith("/objects/")
        else None
    )
    row = pull_failing(peer)
    assert "same page again" in row.failure and len(server.pages) == 2
    assert (row.after, row.next, len(records())) == (stamp(0), "", 1)


def test_pages_without_end_that_bring_nothing_new_end(server: Partner, monkeypatch: Any) -> None:
    monkeypatch.setattr(walking, "MOST_IDLE", 5)
    peer = add(server)
    server.odd = lambda path, query: said({"more": True, "next": query.get("next", "") + "x"})
    row = pull_failing(peer)
    assert "without end" in row.failure and len(server.pages) < 10


def test_more_without_next_ends(server: Partner) -> None:
    peer = add(server)
    server.odd = lambda path, query: said({"objects": reports(1), "more": True})
    assert pull(peer).failures == 0 and len(server.pages) == 1


def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(server: Partner, monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "PAGE_BYTES", 4_000)
    server.objects = reports(30)
    row = pull(add(server))
    assert len(records()) == 30 and row.failures == 0
    assert [int(query["limit"]) for query in server.pages][:3] == [200, 50, 12]


def test_a_next_that_the_server_has_forgotten_costs_nothing(server: Partner) -> None:
    server.objects = reports(5)
    peer = add(server)
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=peer.pk).update(page_size=2)
    server.odd = lambda path, query: said({}, 400) if query.get("next") == "2" else None
    row = pull(peer)
    assert len(records()) == 5 and row.failures == 0
    assert server.pages[2] == {"limit": "2", "added_after": stamp(1)}


def test_the_walk_goes_on_where_it_was_cut(server: Partner, monkeypatch: Any) -> None:
    server.objects = reports(6)
    peer = add(server)
    with viewing(desk_of(agency("CBP"))):
        Peer.objects.filter(pk=peer.pk).update(page_size=2)
    monkeypatch.setattr(walking, "RUN_S", 0.0)
    claimed = walking.claim(timezone.now())
    assert claimed is not None
    walking.walk(claimed, run_s=0.0)
    assert len(records()) == 2
    with viewing(who := desk_of(agency("CBP"))):
        assert Peer.objects.get(pk=peer.pk).next == "2"
        assert "Being fetched" in fares_of(who, timezone.now())[0].words
    monkeypatch.undo()
    pull(peer)
    assert len(records()) == 6 and [query.get("next") for query in server.pages] == [None, "2", "4"]


def test_what_a_page_brought_and_how_far_the_walk_is_are_one(server: Partner, monkeypatch: Any) -> None:
    server.objects = reports(3)
    peer = add(server)

    def breaks(*_arguments: Any, **_values: Any) -> Any:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(walking, "_later", breaks)
        row = pull_failing(peer)
    assert not records() and (row.reached, row.after, row.taken) == ("", "", 0)
    assert "operators" in row.failure
    pull(peer)
    assert len(records()) == 3


def test_no_two_workers_fetch_from_one_peer(server: Partner) -> None:
    server.objects = reports(1)
    peer = add(server)
    now(peer)
    first = walking.claim(timezone.now())
    assert first is not None and walking.claim(timezone.now()) is None
    # Taken for dead: another takes it up, and what the first one still brings is not written.
    second = walking.claim(timezone.now() + timedelta(seconds=200))
    assert second is not None
    walking.walk(first)
    assert not records()
    walking.walk(second)
    assert len(records()) == 1


def test_a_pause_holds_also_for_a_page_under_way(server: Partner) -> None:
    server.objects = reports(1)
    peer = add(server)
    now(peer)
    claimed = walking.claim(timezone.now())
    assert claimed is not None
    with viewing(who := viewer("cbp.liaison")):
        actions.pause_peer(peer, viewer=who, at=timezone.now())
    walking.walk(claimed)
    assert not records() and pull_due() == 0
    with viewing(who):
        actions.resume_peer(peer, viewer=who, at=timezone.now() - timedelta(seconds=1))
    assert pull_due() == 1 and len(records()) == 1


def test_a_removed_peer_keeps_neither_address_nor_secret(server: Partner) -> None:
    peer = add(server)
    with viewing(who := viewer("cbp.admin")):
        actions.remove_peer(peer, viewer=who, at=timezone.now())
    with engine():
        row = Peer.objects.get()
    assert (row.url, row.username, row.sealed_secret) == ("", "", "")
    assert pull_due() == 0


def test_bad_objects_are_named_and_stop_no_other(server: Partner) -> None:
    deep: Any = {}
    for _level in range(200):
        deep = {"a": deep}
    server.objects = [
        *reports(1),
        {"type": 7},
        "nothing",  # type: ignore[list-item]
        stix("report", name="Deep", x_deep=deep),
        stix("report", name="Nul \0"),
        stix("report", id="report--\0"),
        stix("report", modified="\0"),
    ]
    row = pull(add(server))
    assert [record.title for record in records()] == ["Find 0"]
    assert row.refused == 6 and row.failures == 0 and all(each["message"] for each in row.problems)


def test_an_object_that_the_hub_chokes_on_stops_no_other(server: Partner, monkeypatch: Any) -> None:
    server.objects = reports(3)
    real = taking.read

    def chokes(given: Any, **values: Any) -> Any:
        if given["name"] == "Find 1":
            raise ValueError("cannot be")
        return real(given, **values)

    monkeypatch.setattr(taking, "read", chokes)
    row = pull(add(server))
    assert [record.title for record in records()] == ["Find 0", "Find 2"]
    assert row.refused == 1


def test_a_later_version_comes_into_its_record(server: Partner) -> None:
    first = stix("report", name="First words")
    server.objects = [first]
    peer = add(server)
    pull(peer)
    server.objects.append({**first, "name": "Later words", "modified": LATER})
    pull(peer)
    assert [record.title for record in records()] == ["Later words"]


def test_an_agency_that_is_suspended_fetches_nothing(server: Partner) -> None:
    from tests.conftest import as_owner

    server.objects = reports(1)
    now(add(server))
    as_owner("update hub_agency set state = 'suspended' where group_id = %s", [agency("CBP").pk])
    assert pull_due() == 0 and not server.pages


def test_secrets_go_under_the_newest_key(server: Partner, settings: Any) -> None:
    from cryptography.fernet import Fernet

    from sharing.intake.pulling.resealing import reseal_peers

    server.objects = reports(1)
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.WEBHOOK_KEYS = [old]
    peer = add(server)
    settings.WEBHOOK_KEYS = [new, old]
    assert reseal_peers(at=timezone.now()) == (1, [])
    settings.WEBHOOK_KEYS = [new]
    assert pull(peer).failures == 0 and len(records()) == 1
    settings.WEBHOOK_KEYS = [old]
    assert reseal_peers(at=timezone.now()) == (0, [peer.uid])
    assert "enter it again" in pull_failing(peer).failure


def test_a_hub_that_had_nothing_yet_when_it_was_added_is_known_by_the_first_that_it_gives(
    server: Partner,
) -> None:
    from tests.intake.hubs import given

    server.objects = []
    peer = add(server)
    assert not peer.is_hub and not pull(peer).is_hub
    server.objects = [stix("identity", name="CBP", identity_class="organization"), given()]
    row = pull(peer)
    (record,) = records()
    assert row.is_hub and record.latest == 1 and record.originator_text == "DEA (Partner)" and record.origin


def test_what_was_refused_is_fetched_again_from_the_beginning(server: Partner) -> None:
    server.objects = [ours(originator="HSI"), *reports(1)]
    peer = add(server)
    assert pull(peer).refused == 1
    with as_speaker("CBP", "HSI"):
        assert pull(peer).refused == 1 and not records("seizure")
        with viewing(who := viewer("cbp.liaison")):
            actions.refetch(now(peer), viewer=who, at=timezone.now())
        pull(peer)
    (found,) = records("seizure")
    assert found.originator.code == "HSI" and len(records()) == 1


def test_a_hub_is_recognised_and_keeps_the_first_id_it_told(server: Partner) -> None:
    from tests.intake.hubs import HUB_A, HUB_C, given

    server.objects = [given()]
    peer = add(server)
    assert peer.is_hub and peer.hub is None
    pull(peer)
    (record,) = records()
    assert record.latest == 1 and record.originator_text == "DEA (Partner)"
    server.objects.append(given(hub=HUB_C))
    row = pull(peer)
    assert row.hub == HUB_A and "another hub" in row.problems[0]["message"] and len(records()) == 1
