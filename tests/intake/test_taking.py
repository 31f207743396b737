"""Objects become working copies of their sender's agency, whole or refused with the reason; no marking is lowered."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.feeds.taxii.inbox import Unreadable
from sharing.intake.inbox import take_envelope
from sharing.intake.models import Original
from sharing.stix.bundle import bundle_of
from sharing.stix.finishing import finished, source_of, stubs, tail_of
from sharing.stix.rendering import heads
from tests.builders import published_bulletin, released
from tests.cast import viewer
from tests.intake.conftest import (
    AMBER,
    FIRST,
    GREEN,
    LAST,
    LATER,
    RED,
    WHITE_1,
    as_speaker,
    fresh,
    ident,
    ours,
    records,
    send,
    stix,
)
from tests.intake.hubs import HUB_A

pytestmark = pytest.mark.django_db


GONE = object()


def messages(lines):
    return [line.get("message", "") for line in lines]


def test_a_strangers_report_becomes_a_draft_as_far_as_it_can_be_read():
    status = send(
        stix(
            "report",
            description="Found behind the rims.",
            labels=["drug-trafficking"],
            external_references=[
                {"source_name": "press", "url": "https://example.org/x", "external_id": "12-34"}
            ],
        )
    )
    assert not status.failures and "Taken in as the draft" in messages(status.successes)[0]
    (found,) = records()
    assert (found.title, found.tear_line, found.latest) == ("Cocaine in a spare wheel", "", 0)
    assert "Found behind the rims." in found.narrative and "drug-trafficking" in found.narrative
    assert (found.source_url, found.external_id) == ("https://example.org/x", "12-34")
    assert (found.owner.code, found.originator.code, found.poster.username) == ("CBP", "CBP", "cbp.officer")
    assert (found.tlp, found.controls) == ("TLP:AMBER", [])


def test_what_leads_to_somebody_goes_among_the_identifiers_and_into_no_text():
    indicator = stix("indicator", name="A broker", description="Sells places.")
    mail = {
        "type": "email-addr",
        "spec_version": "2.1",
        "id": "email-addr--2d77a846-6264-5d51-b586-e43822ea1ea3",
        "value": "second@example.org",
    }
    assert not send(indicator, mail, stix("observed-data")).failures
    with engine():
        rows = {row.record_id: row.value for found in records() for row in found.identifiers.all()}
    first, second = records()
    assert rows == {first.pk: "broker@example.org", second.pk: "second@example.org"}
    assert "@" not in f"{first.title}{first.narrative}{second.title}{second.narrative}"
    assert str(second.occurred_on) == "2026-02-03"


def test_a_record_of_a_hub_comes_with_all_its_facts():
    facts = ours()["extensions"]
    (extension,) = facts.values()
    extension["facts"]["identifiers"] = {"items": [{"kind": "plate", "value": "AB 123"}]}
    extension["facts"]["case"] = {"case_number": "C-9", "own_reference": "R-1"}
    extension["withheld"] = [{"group": "technique", "by": "DEA"}]
    assert not send(ours(extensions=facts)).failures
    (found,) = records("seizure")
    assert (found.methods, found.mode_id, found.place) == (["VEH-BODY-QTR"], "passenger_vehicle", "Lane 4")
    assert (found.case_number, found.external_id) == ("C-9", "R-1")
    with engine():
        assert [(row.drug_id, row.unit, str(row.quantity)) for row in found.substances.all()] == [
            ("cocaine", "kg", "20.0000")
        ]
        assert [row.value for row in found.identifiers.all()] == ["AB 123"]
        assert found.originals.get().notes == ["Came without “technique”."]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"spec_version": "2.0"}, "spec_version"),
        ({"name": GONE}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"id": "report--1"}, "UUID"),
        ({"published": "yesterday"}, "published"),
        ({"description": "a\x00b"}, "control character"),
        ({"type": "x-secret"}, "x-secret"),
        ({"modified": "2020-01-01T00:00:00Z"}, "modified"),
        ({"labels": None}, "null"),
        ({"external_references": None}, "null"),
        ({"extensions": None}, "null"),
        ({"object_marking_refs": RED}, "object_marking_refs must be a list"),
        ({"labels": "one"}, "labels must be a list"),
        ({"revoked": "false"}, "revoked must be true or false"),
        ({"name": 5}, "name must be a text"),
        ({"id": "report--\x00"}, "UUID"),
        ({"modified": "\x00"}, "control character"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_an_object_that_is_no_stix_is_refused_with_its_reason_and_the_others_are_taken(broken, why):
    bad = {name: value for name, value in (stix("report") | broken).items() if value is not GONE}
    status = send(stix("report", name="Sound"), bad, stix("note", abstract="Sound too"))
    (failure,) = status.failures
    assert why in failure["message"] and failure.get("id") == bad["id"].replace("\0", "")
    assert [found.title for found in records()] == ["Sound", "Sound too"]


@pytest.mark.parametrize("given", [None, 1, "text", [], {}, {"type": 1}, {"type": "report", "id": {"a": 1}}])
def test_what_is_no_object_at_all_is_refused_like_any_other(given):
    assert len(send(given, stix("report")).failures) == 1 and len(records()) == 1


def test_nesting_without_end_is_refused():
    deep = "x"
    for _level in range(60):
        deep = [deep]
    status = send(
        stix(
            "report",
            extensions={ident("extension-definition"): {"extension_type": "property-extension", "x": deep}},
        )
    )
    assert "nested" in status.failures[0]["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b'{"objects": []}', 422),
        (b'{"objects": {}}', 422),
        (b"[" * 100_000, 400),
        (json.dumps({"objects": [{}] * 1001}).encode(), 413),
        (b" " * (5 * 2**20 + 1), 413),
    ],
    ids=["nothing", "cut short", "a list", "no objects", "no list", "deep", "too many", "too large"],
)
def test_an_envelope_that_cannot_be_read_is_refused_whole(body, status):
    who = viewer("cbp.officer")
    with viewing(who), pytest.raises(Unreadable) as refused:
        take_envelope(who, body, timezone.now())
    assert refused.value.status == status and not records()


STATEMENT = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": "marking-definition--11111111-1111-4111-8111-111111111111",
    "created": FIRST,
    "definition_type": "statement",
    "definition": {"statement": "Not for use in court."},
}


@pytest.mark.parametrize(
    ("marked", "tlp", "controls"),
    [
        (GREEN, "TLP:GREEN", []),
        (WHITE_1, "TLP:CLEAR", []),
        ([GREEN, AMBER], "TLP:AMBER", []),
        (RED, "TLP:RED", []),
        ([], "TLP:AMBER+STRICT", ["DISPLAY ONLY"]),
        (STATEMENT["id"], "TLP:AMBER+STRICT", ["DISPLAY ONLY"]),
        (
            [GREEN, "marking-definition--22222222-2222-4222-8222-222222222222"],
            "TLP:AMBER+STRICT",
            ["DISPLAY ONLY"],
        ),
        ([RED, "marking-definition--22222222-2222-4222-8222-222222222222"], "TLP:RED", ["DISPLAY ONLY"]),
    ],
    ids=["green", "white of TLP 1", "two", "red", "none", "a statement alone", "unknown", "red and unknown"],
)
def test_the_marking_is_the_senders_and_strictest_where_it_is_missing_or_unknown(marked, tlp, controls):
    send(stix("report", marked=marked))
    (found,) = records()
    assert (found.tlp, found.controls) == (tlp, controls)


def test_a_marking_of_a_part_holds_for_the_whole():
    send(stix("report", marked=GREEN, granular_markings=[{"marking_ref": AMBER, "selectors": ["name"]}]))
    assert records()[0].tlp == "TLP:AMBER"


def test_statements_are_kept_as_the_caveat_whenever_they_were_sent():
    send(STATEMENT, stix("report", marked=[GREEN, STATEMENT["id"]]))
    send(stix("report", marked=[GREEN, STATEMENT["id"]]))
    assert {(found.tlp, found.caveat) for found in records()} == {("TLP:GREEN", "Not for use in court.")}
    # Another agency has not been sent it.
    send(stix("report", marked=[GREEN, STATEMENT["id"]]), by="dea.agent")
    assert records()[-1].tlp == "TLP:AMBER+STRICT"


def test_a_statement_longer_than_a_caveat_stands_whole_in_the_narrative():
    long = STATEMENT | {"definition": {"statement": "Only within the task force. " * 20}}
    send(long, stix("report", marked=[GREEN, STATEMENT["id"]], description="Facts."))
    (found,) = records()
    assert (
        len(found.caveat) == 120 and "Facts." in found.narrative and found.narrative.count("task force") == 20
    )


def test_controls_come_along_and_what_the_object_refers_to_is_not_lowered_by_what_it_says():
    mine = ours(marked=RED)
    next(iter(mine["extensions"].values()))["marking"] = {
        "tlp": "TLP:GREEN",
        "controls": ["REL TO"],
        "rel_to": ["US", "CA"],
        "caveats": "CUI//REL TO USA, CAN; Ask first",
        "reliability": "B",
    }
    send(mine)
    (found,) = records("seizure")
    assert (found.tlp, found.controls, found.rel_to) == ("TLP:RED", ["REL TO"], ["US", "CA"])
    assert (found.caveat, found.reliability) == ("Ask first", "B")


@pytest.mark.parametrize(
    "marking",
    [
        {"tlp": "TLP:GREEN", "controls": ["NOCON"]},
        {"tlp": "TLP:GREEN", "controls": "NOFORN"},
        {"tlp": "TLP:GREEN", "controls": ["REL TO"], "rel_to": "US"},
        {"tlp": "TLP:GREEN", "rel_to": ["US", "CA"]},
        {"tlp": "TLP:PURPLE"},
    ],
    ids=["unknown", "text", "nobody", "countries", "label"],
)
def test_what_is_not_known_of_a_marking_may_bind_and_makes_it_the_strictest(marking):
    mine = ours(marked=GREEN)
    next(iter(mine["extensions"].values()))["marking"] = marking
    send(mine)
    (found,) = records("seizure")
    assert found.tlp == "TLP:AMBER+STRICT" and "DISPLAY ONLY" in found.controls and found.caveat == ""


@pytest.mark.parametrize("caveats", ["Ask first", None], ids=["own", "none"])
def test_statements_that_come_with_a_record_of_a_hub_are_read_by_whoever_reads_it(caveats):
    long = STATEMENT | {"definition": {"statement": "Only within the task force. " * 20}}
    mine = ours(marked=[GREEN, STATEMENT["id"]])
    extension = next(iter(mine["extensions"].values()))
    extension["marking"] = {"tlp": "TLP:GREEN"} | ({"caveats": caveats} if caveats else {})
    extension["withheld"] = 5
    send(long, mine)
    (found,) = records("seizure")
    assert found.narrative.count("task force") == 20 and found.caveat == (caveats or found.caveat)


def test_the_same_objects_once_more_change_nothing():
    sent = [stix("report"), ours()]
    send(*sent)
    before = [(each.pk, each.edited_at) for kind in ("bulletin", "seizure") for each in records(kind)]
    status = send(
        *sent, {**sent[0], "modified": "2026-01-01T00:00:00.000Z", "name": "Other words, same version"}
    )
    assert messages(status.successes) == ["Known."] * 3
    assert before == [(each.pk, each.edited_at) for kind in ("bulletin", "seizure") for each in records(kind)]


def test_the_same_id_from_another_agency_is_another_thing():
    sent = stix("report")
    send(sent)
    status = send({**sent, "modified": LATER, "name": "Theirs"}, by="dea.agent")
    assert "Taken in as the draft" in messages(status.successes)[0]
    assert [(each.owner.code, each.title) for each in records()] == [
        ("CBP", "Cocaine in a spare wheel"),
        ("DEA", "Theirs"),
    ]


def test_a_later_version_is_written_into_the_same_record_and_what_it_no_longer_says_is_gone():
    sent = stix("report", description="Wrong.", marked=AMBER)
    send(sent)
    later = {**sent, "modified": LATER, "name": "Corrected", "object_marking_refs": [GREEN]}
    del later["description"]
    assert "Written into" in messages(send(later).successes)[0]
    (found,) = records()
    assert (found.title, found.narrative) == ("Corrected", "")
    assert found.tlp == "TLP:AMBER"  # no marking is lowered by import
    send({**later, "modified": LAST, "object_marking_refs": [RED]})
    assert records()[0].tlp == "TLP:RED"
    with engine():
        assert Original.objects.count() == 3


def test_a_group_that_is_withheld_from_a_later_version_is_gone_from_the_working_copy():
    sent = ours()
    send(sent)
    later = {**ours(), "id": sent["id"], "modified": LATER}
    extension = next(iter(later["extensions"].values()))
    del extension["facts"]["place"]
    extension["withheld"] = [{"group": "place", "by": "DEA"}]
    assert "Written into" in messages(send(later).successes)[0]
    (found,) = records("seizure")
    assert (found.place, found.occurred_on, found.methods) == ("", None, ["VEH-BODY-QTR"])


def test_several_versions_in_one_envelope_are_taken_in_their_order():
    sent = stix("report")
    status = send(
        {**sent, "modified": LAST, "name": "Newest"}, {**sent, "modified": LATER, "name": "Middle"}, sent
    )
    assert len(status.successes) == 3
    assert [found.title for found in records()] == ["Newest"]


def test_what_was_edited_by_hand_is_not_written_over():
    sent = stix("report")
    send(sent)
    (found,) = records()
    who = viewer("cbp.officer")
    with viewing(who):
        copy = type(found).objects.get(pk=found.pk)
        write_down(copy, {"tear_line": "My own words."}, viewer=who, at=timezone.now())
    status = send({**sent, "modified": LATER, "name": "Corrected", "object_marking_refs": [RED]})
    assert "edited by hand" in messages(status.successes)[0]
    after = fresh(found)
    assert (after.title, after.tear_line) == ("Cocaine in a spare wheel", "My own words.")
    assert after.tlp == "TLP:RED"  # stricter it is marked at once
    with engine():
        assert found.originals.order_by("-modified_at").first().state == "waiting"


def test_a_revoked_object_marks_its_draft_and_has_no_later_version():
    sent = stix("report")
    send(sent)
    assert "its owner is told" in messages(send({**sent, "modified": LATER, "revoked": True}).successes)[0]
    (found,) = records()
    assert found.title == "Cocaine in a spare wheel"
    status = send({**sent, "modified": LAST, "name": "Back again"})
    assert "no later version" in status.failures[0]["message"] and len(records()) == 1
    unknown = send(stix("report", revoked=True))
    assert "nothing to take back" in messages(unknown.successes)[0] and len(records()) == 1


def test_a_stub_without_facts_does_not_overwrite_a_record_of_a_hub():
    sent = ours()
    send(sent)
    stub = {**sent, "modified": LATER, "name": "Withdrawn"}
    del stub["extensions"]
    send(stub)
    (found,) = records("seizure")
    assert found.place == "Lane 4" and not records()
    with engine():
        assert [row.state for row in found.originals.all()] == ["withdrawn", "written"]


def test_what_was_withdrawn_and_is_then_revoked_is_revoked():
    sent = ours()
    send(sent)
    stub = {name: value for name, value in sent.items() if name != "extensions"} | {"name": "Withdrawn"}
    send({**stub, "modified": LATER})
    assert (
        "its owner is told"
        in messages(send({**stub, "name": "Recalled", "modified": LAST, "revoked": True}).successes)[0]
    )
    (found,) = records("seizure")
    with engine():
        assert {row.state for row in found.originals.all()} == {"withdrawn", "written", "revoked"}


def test_an_agencys_own_record_that_comes_back_is_not_taken_for_another():
    bulletin = published_bulletin()
    status = send(stix("report", id=f"report--{bulletin.uid}"))
    assert "own record" in messages(status.successes)[0] and len(records()) == 1
    # For anybody else that id is nothing.
    assert (
        "Taken in"
        in messages(send(stix("report", id=f"report--{bulletin.uid}"), by="dea.agent").successes)[0]
    )


def test_a_reference_that_another_record_has_is_left_out_and_said_to_the_owner_alone():
    published_bulletin(external_id="12-34")
    reference = [{"source_name": "press", "external_id": "12-34"}]
    status = send(stix("report", external_references=reference))
    assert "12-34" not in json.dumps(status.resource)
    found = records()[-1]
    assert found.external_id == ""
    with engine():
        assert "12-34" in found.originals.get().notes[0]


def test_codes_of_another_vocabulary_are_left_out_and_named():
    mine = ours()
    core = next(iter(mine["extensions"].values()))["facts"]["core"]
    core["methods"].append("NO-SUCH")
    core["mode"] = "balloon"
    assert not send(mine).failures
    (found,) = records("seizure")
    assert found.methods == ["VEH-BODY-QTR"] and found.mode_id is None
    with engine():
        assert "NO-SUCH, balloon" in found.originals.get().notes[0]


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {"core": []},
        {"core": {"title": 1, "substances": 5}},
        {"core": {"surprise": "x"}},
        {"core": {"packages": -1}},
    ],
    ids=["no groups", "no group", "wrong types", "unknown fact", "below zero"],
)
def test_a_broken_extension_is_refused_and_not_read_as_a_strangers(facts):
    status = send(ours(facts=facts or [1]))
    assert len(status.failures) == 1 and not records() and not records("seizure")


def rendered(username, *ids, hub=None):
    """What a hub's TAXII gives of these records: each object as parsed JSON."""
    who = viewer(username)
    with viewing(who):
        shown = disclose(who, list(ids), Channel.TAXII)
    at = timezone.now()
    done = [finished(heads(source_of(each, created=at)), tail_of(each, modified=at)) for each in shown]
    objects = json.loads(b"".join(bundle_of(done)))["objects"]
    for each in objects:
        for extension in each.get("extensions", {}).values():
            if "hub" in extension:  # as if another hub gave it
                extension["hub"] = str(hub or extension["hub"])
    return objects


def test_what_the_hub_gives_out_comes_in_as_it_was_with_notes_and_indicators_in_their_record():
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    own = send(*rendered("hsi.agent", bulletin.pk), by="hsi.agent")
    assert not own.failures and len(records()) == 1  # what goes round changes nothing
    objects = rendered("hsi.agent", bulletin.pk, hub=HUB_A)
    assert {"note", "report", "identity", "marking-definition"} <= {each["type"] for each in objects}
    # Its owner's finding: who has it does not speak for CBP.
    refused = send(*objects, by="hsi.agent").failures
    assert any("CBP as its originator" in said for said in messages(refused)) and len(records()) == 1
    assert {each["id"].partition("--")[0] for each in refused} == {"report", "note"}
    with as_speaker("HSI", "CBP"):
        assert not send(*objects, by="hsi.agent").failures
    original, copy = records()
    assert (copy.owner.code, copy.originator.code, copy.tlp) == ("HSI", "CBP", "TLP:AMBER")
    for name in "title tear_line narrative technique case_number place port_id safety_note hazard".split():
        assert getattr(copy, name) == getattr(original, name), name
    # A later stub of any of it makes no record of its own.
    at = timezone.now()
    gone = stubs(
        bulletin.uid, created=at, modified=at, revoked=False, owner="CBP", owner_name="CBP", parts=["note"]
    )
    later = [json.loads(each.text) for each in gone.objects]
    assert not send(*later, by="hsi.agent").failures and len(records()) == 2
    assert not send(*later, by="dea.agent").failures and len(records()) == 2
