"""What comes from another hub is bound here as it is there, and ends here when it ends there."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from bulletins.models import Bulletin
from bulletins.publishing.actions import take_up
from bulletins.records.actions import write_down
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.audiences.models import Grant, Received
from sharing.deliveries.models import Alert
from sharing.flow import Handling, mark
from sharing.intake.deciding import take_over
from sharing.intake.models import Original
from sharing.intake.pulling.models import Arrival
from tests.builders import released
from tests.cast import agency, person, viewer
from tests.intake.conftest import FIRST, LAST, LATER, as_speaker, fresh, ident, records
from tests.intake.hubs import HUB_A, HUB_C, TERMS, WITHHELD, come, given, peer, stub

pytestmark = pytest.mark.django_db
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def page(record: Any, by: str = "cbp.officer") -> Any:
    client = Client()
    client.force_login(person(by))
    return client.get(f"/bulletins/{record.ref}/")


def holders(record: Any) -> set[str]:
    with engine():
        return set(
            Grant.objects.filter(content_object_id=record.pk).values_list("group__agency__code", flat=True)
        )


def test_it_is_published_for_the_agency_that_fetched_it_with_all_that_binds_it() -> None:
    come(peer(), given(withheld=[WITHHELD], terms=[TERMS], keep_until="2026-06-01T00:00:00Z"))
    (record,) = records()
    assert (record.owner.code, record.latest, record.tlp) == ("CBP", 1, "TLP:AMBER")
    assert (record.originator, record.originator_text) == (None, "DEA (Hub A)")
    assert holders(record) == {"CBP"}
    shown = page(record).content.decode()
    for words in (
        "Hub A: 7K3M-Q2XF of DEA",
        "withheld by DEA at Hub A, under DEA-CBP-2025",
        "For intelligence only",
        "DEA (Hub A)",
    ):
        assert words in shown, words


def test_nobody_else_is_given_it_without_its_originator() -> None:
    come(peer(), given())
    (record,) = records()
    released(record, "CBSA")
    released(record, "DEA")
    assert holders(record) == {"CBP"}


def test_an_agency_of_the_same_code_is_the_originator_only_where_it_has_said_so() -> None:
    come(peer(), given(title="Before"))
    with as_speaker("CBP", "DEA"):
        come(peer("Hub A, more"), given(title="After"), given(title="Of two", originator="CBSA"))
    said = {
        record.title: (record.originator and record.originator.code, record.originator_text)
        for record in records()
    }
    assert said["Before"] == (None, "DEA (Hub A)")
    assert said["After"] == ("DEA", "")
    assert said["Of two"] == (None, "CBSA, DEA (Hub A, more)")


def test_its_marking_is_not_lowered_here_nor_its_originator_changed() -> None:
    come(peer(), given())
    (record,) = records()
    with viewing(who := viewer("cbp.releaser")):
        copy = Bulletin.objects.get(pk=record.pk)
        with pytest.raises(ValidationError, match="not marked lower"):
            mark(copy, Handling("TLP:GREEN"), reason="why not", viewer=who, at=timezone.now())
        for values in ({"tlp": "TLP:CLEAR"}, {"originator_text": "ours"}, {"originator": agency("CBP")}):
            with pytest.raises(ValidationError):
                write_down(Bulletin.objects.get(pk=record.pk), values, viewer=who, at=timezone.now())
        mark(copy, Handling("TLP:AMBER+STRICT"), reason="closer", viewer=who, at=timezone.now())
    with pytest.raises(ValidationError, match="not marked lower"):
        released(fresh(record), "CBSA", tlp="TLP:GREEN")


def test_a_later_version_comes_and_an_older_one_changes_nothing() -> None:
    hub, first = peer(), given()
    uid = uuid.UUID(first["id"].partition("--")[2])
    come(hub, first)
    come(hub, given(uid, version=2, modified=LATER, title="Cocaine in rocker panels", tlp="TLP:AMBER+STRICT"))
    come(hub, first)
    (record,) = records()
    assert (record.latest, record.title, record.tlp) == (2, "Cocaine in rocker panels", "TLP:AMBER+STRICT")
    come(hub, given(uid, version=3, modified=LAST, tlp="TLP:GREEN", marked=GREEN))
    assert fresh(record).tlp == "TLP:AMBER+STRICT"
    with engine():
        assert Arrival.objects.get().version == 3


def test_a_version_taken_over_by_hand_has_the_caveat_of_its_own_alone() -> None:
    """What agreements bind to there is kept with its origin, and no part of what its owner says here."""
    statement = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": ident("marking-definition"),
        "created": FIRST,
        "definition_type": "statement",
        "definition": {"statement": "DEA-CBP-2025: for intelligence only"},
    }
    hub, first = peer(), given()
    come(hub, first)
    (record,) = records()
    with viewing(who := viewer("cbp.officer")):
        write_down(
            Bulletin.objects.get(pk=record.pk), {"narrative": "By hand."}, viewer=who, at=timezone.now()
        )
    uid = uuid.UUID(first["id"].partition("--")[2])
    later = given(uid, version=2, modified=LATER, title="Rocker panels", terms=[TERMS])
    later["object_marking_refs"] = [*later["object_marking_refs"], statement["id"]]
    next(iter(later["extensions"].values()))["marking"]["caveats"] = "Call first"
    come(hub, statement, later)
    with viewing(who):
        copy = take_up(Bulletin, record.ref, viewer=who)
        waiting = Original.objects.get(record_id=record.pk, state="waiting")
        take_over(copy, waiting, viewer=who, at=timezone.now())
    after = fresh(record)
    assert (after.title, after.caveat) == ("Rocker panels", "Call first")


def test_a_recall_there_is_one_here_for_everybody() -> None:
    hub, first = peer(), given(originator="CBP", owner="CBP")
    come(hub, first)
    (record,) = records()
    released(record, "CBSA")
    assert holders(record) == {"CBP", "CBSA"}
    come(hub, stub(first, LATER, revoked=True))
    assert holders(record) == set() and fresh(record).recalled_at
    for who in ("cbp.officer", "cbsa.officer"):
        answer = page(record, who)
        assert answer.status_code == 200 and b"ecalled" in answer.content
        assert b"canary" not in answer.content and b"quarter panels" not in answer.content
    assert page(record, "ncb.officer").status_code == 404
    with engine():
        assert Alert.objects.filter(kind="recalled", record_id=record.pk).exists()
        assert "canary" not in "".join(Original.objects.values_list("body", flat=True))
    client = Client()
    client.force_login(person("cbp.releaser"))
    for path in ("edit/", "origin/", "release/", "versions/1/"):
        assert client.get(f"/bulletins/{record.ref}/{path}").status_code == 404, path
    # For good: no later version brings it back.
    uid = uuid.UUID(first["id"].partition("--")[2])
    assert not come(hub, given(uid, version=2, modified=LAST)).lines[0].ok
    assert holders(record) == set()


def test_what_ended_there_and_is_recalled_later_is_recalled_here_too() -> None:
    hub, first = peer(), given(originator="CBP", owner="CBP")
    come(hub, first)
    (record,) = records()
    released(record, "CBSA")
    assert b"quarter panels" in page(record, "cbsa.officer").content
    come(hub, stub(first, LATER))
    assert fresh(record).recalled_at is None
    come(hub, stub(first, LAST, revoked=True))
    assert fresh(record).recalled_at
    with engine():
        assert Alert.objects.filter(kind="recalled", record_id=record.pk).exists()
        assert "canary" not in "".join(Original.objects.values_list("body", flat=True))


def test_what_is_shared_no_more_there_ends_here_and_comes_back_with_a_later_version() -> None:
    hub, first = peer(), given(originator="CBP", owner="CBP")
    uid = uuid.UUID(first["id"].partition("--")[2])
    come(hub, first)
    (record,) = records()
    released(record, "CBSA")
    come(hub, stub(first, LATER))
    come(hub, stub(first, "2026-02-02T00:00:00.000Z"))
    assert holders(record) == set() and fresh(record).recalled_at is None
    answer = page(record)
    assert b"no longer shares" in answer.content and b"quarter panels" not in answer.content
    with viewing(who := viewer("cbp.officer")):
        assert not Received.objects.visible_to(who).filter(record_id=record.pk).exists()
    come(hub, given(uid, version=1, modified=LAST, originator="CBP", owner="CBP"))
    assert holders(record) == {"CBP", "CBSA"} or holders(record) == {"CBP"}
    assert b"quarter panels" in page(record).content


def test_what_is_released_again_after_a_recall_is_another_record_here() -> None:
    hub, first = peer(), given(originator="CBP", owner="CBP")
    uid = uuid.UUID(first["id"].partition("--")[2])
    again = {**given(uid, modified=LAST, originator="CBP", owner="CBP"), "id": f"report--{uuid.uuid4()}"}
    come(hub, first)
    come(hub, stub(first, LATER, revoked=True), again)
    old, new = records()
    assert holders(old) == set() and holders(new) == {"CBP"}
    # One that was never seen recalled goes on as what it was.
    later = {
        **given(uid, version=2, modified=LAST, originator="CBP", owner="CBP"),
        "id": f"report--{uuid.uuid4()}",
    }
    come(hub, later)
    assert len(records()) == 2 and fresh(new).latest == 2


def test_its_desk_is_told_of_what_comes_and_goes() -> None:
    hub, first, hazard = peer(pulled_at=timezone.now()), given(), given(title="Fentanyl")
    core = next(iter(hazard["extensions"].values()))["facts"]["core"]
    core |= {"hazard": True, "safety_note": "Do not open."}
    come(hub, first, hazard)
    come(hub, stub(first, LATER, revoked=True), stub(hazard, LATER))
    came, danger = records()
    with engine():
        rows = Alert.objects.order_by("id")
        told = [(row.kind, row.record_id, row.facts.get("what", ""), row.hazard) for row in rows]
    assert sorted(told[:2]) == [("new", came.pk, "", False), ("new", danger.pk, "", True)]
    assert told[2:] == [("recalled", came.pk, "", False), ("hub", None, "hub.ended", False)]


def test_what_began_here_or_went_through_here_changes_nothing() -> None:
    here = str(settings.HUB_ID)
    first = {
        "hub": here,
        "uid": str(uuid.uuid4()),
        "name": "us",
        "ref": "A",
        "owner": "CBP",
        "originator": "CBP",
    }
    round_trip = {**first, "hub": str(HUB_C), "via": [{"hub": here, "name": "us"}]}
    outcome = come(peer(), given(origin=first), given(origin=round_trip))
    assert not records() and all("from this hub" in line.message for line in outcome.lines)


def test_one_record_by_two_ways_is_one_record() -> None:
    uid, through = uuid.uuid4(), uuid.uuid4()
    first = given(uid)
    origin = {
        "hub": str(HUB_A),
        "uid": str(uid),
        "name": "Hub A",
        "ref": "7K3M-Q2XF",
        "owner": "DEA",
        "originator": "DEA",
    }
    passed_on = given(
        through, hub=HUB_C, owner="RCMP", originator="DEA (Hub A)", origin=origin, modified=LAST
    )
    one, other, c = peer(), peer("Hub A, second collection"), peer("Hub C", host="c.example")
    come(one, first)
    assert "by way of" in come(other, first).lines[0].message
    assert "by way of" in come(c, passed_on).lines[0].message
    # Of two at once the first.
    twice = [
        given(hub=HUB_C, origin={**origin, "uid": str(HUB_C)}, title=title) for title in ("First", "Second")
    ]
    come(c, *twice)
    assert [record.title for record in records()][1:] == ["First"]
    # Nor does another peer end what is not its own to end.
    come(other, stub(first, LAST, revoked=True))
    come(c, stub(passed_on, LAST, revoked=True))
    record = records()[0]
    assert record.latest == 1 and holders(record) == {"CBP"}


def test_the_hub_it_began_in_takes_the_place_of_one_that_passed_it_on() -> None:
    uid = uuid.uuid4()
    origin = {
        "hub": str(HUB_A),
        "uid": str(uid),
        "name": "Hub A",
        "ref": "7K3M-Q2XF",
        "owner": "DEA",
        "originator": "DEA",
    }
    passed_on = given(hub=HUB_C, owner="RCMP", originator="DEA (Hub A)", origin=origin, modified=LATER)
    c, a = peer("Hub C", host="c.example"), peer()
    come(c, passed_on)
    (record,) = records()
    assert record.originator_text == "DEA (Hub A) RCMP (Hub C)"
    assert record.origin["via"] == [{"hub": str(HUB_C), "name": "Hub C"}]
    come(a, given(uid, title="From its own hub"))
    (record,) = records()
    assert (record.title, record.latest) == ("From its own hub", 2) and "via" not in record.origin
    come(c, stub(passed_on, LAST, revoked=True))
    assert holders(record) == {"CBP"}


def test_a_peer_speaks_for_its_own_hub_alone() -> None:
    hub = peer()
    come(hub, given())
    assert "another hub" in come(hub, given(hub=HUB_C)).lines[0].message
    liar = peer("Liar", host="liar.example")
    assert "another address" in come(liar, given()).lines[0].message
    assert len(records()) == 1


def test_a_peer_that_is_added_anew_goes_on_for_the_one_that_was_removed() -> None:
    from sharing.intake.pulling.actions import remove_peer

    old, first, other = peer(), given(), given(title="Recalled meanwhile")
    come(old, first, other)
    with viewing(who := viewer("cbp.admin")):
        remove_peer(old, viewer=who, at=timezone.now())
    new = peer("Hub A again")
    come(new, first)
    come(new, stub(other, LATER, revoked=True))
    kept, gone = records()
    assert holders(kept) == {"CBP"} and holders(gone) == set()
    with engine():
        assert Arrival.objects.get(record_id=kept.pk).peer.title == "Hub A again"


def test_another_agency_that_fetches_the_same_has_its_own() -> None:
    first = given()
    come(peer(), first)
    come(peer(code="CBSA"), first)
    assert {record.owner.code for record in records()} == {"CBP", "CBSA"}


def test_what_it_says_is_bounded_and_of_the_right_kinds() -> None:
    odd = given(
        withheld=[{"group": "core", "by": "x"}, {"group": "place", "by": "y" * 5000}, 7, {"group": "case"}],
        terms=[{"agreement": ["a"], "giver": "b"}, {"agreement": "a", "giver": "b", "keep_days": "7"}],
        keep_until="never",
    )
    come(peer(), odd, given(uid=None, version="2"), given(hub="x"))  # type: ignore[arg-type]
    (record,) = records()
    assert [(row["group"], len(row["by"])) for row in record.origin["withheld"]] == [("place", 300)]
    assert record.origin["terms"] == [{"agreement": "a", "giver": "b", "at": "Hub A", "keep_days": 1}]
    assert "keep_until" not in record.origin


def test_it_is_given_on_as_what_it_is() -> None:
    import json

    from sharing.disclosures.actions import disclose
    from sharing.disclosures.rules import Channel
    from sharing.stix.finishing import finished, source_of, tail_of
    from sharing.stix.rendering import heads

    come(peer(), given(withheld=[WITHHELD], terms=[TERMS]))
    (record,) = records()
    with viewing(desk := desk_of(agency("CBP"))):
        (shown,) = disclose(desk, [record.pk], Channel.TAXII)
    made = finished(
        heads(source_of(shown, created=shown.issued_at)), tail_of(shown, modified=shown.issued_at)
    )
    extension = next(iter(json.loads(made.objects[0].text)["extensions"].values()))
    assert extension["hub"] == str(settings.HUB_ID) and extension["origin"]["hub"] == str(HUB_A)
    assert extension["origin"]["withheld"] == [{**WITHHELD, "at": "Hub A"}]
    assert extension["origin"]["terms"][0]["agreement"] == "DEA-CBP-2025"
    assert extension["originator"] == "DEA (Hub A)"
