"""The whole story at the level of verbs: published, released, narrowed, recalled."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bulletins.models import Found
from hub.database.context import viewing
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.models import Given, Received, Withdrawal
from sharing.audiences.preview import preview
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.flow import recall, release
from tests.builders import CANARIES, pick, plan, published_bulletin, released
from tests.cast import viewer

pytestmark = pytest.mark.django_db


def shown_to(username, record):
    who = viewer(username)
    with viewing(who):
        ids = list(
            Received.objects.visible_to(who).filter(ref=record.ref).values_list("record_id", flat=True)
        )
        return disclose(who, ids, Channel.PAGE)


def found_by(username, word):
    who = viewer(username)
    with viewing(who):
        return list(Found.objects.visible_to(who).matching(word).values_list("ref", flat=True))


def test_a_release_reaches_those_named_without_what_is_withheld_and_nobody_else():
    bulletin = published_bulletin()
    assert shown_to("cbp.officer", bulletin) and not shown_to("cbsa.officer", bulletin)

    released(bulletin, ("CBSA", "identifiers", "place"), "community:HIDTA-STX", "community:DHE")

    (cbsa,) = shown_to("cbsa.officer", bulletin)
    assert {row.group for row in cbsa.withheld} == {"identifiers", "place", "case"}
    text = str(cbsa.facts)
    assert CANARIES["place"] not in text and CANARIES["identifiers"] not in text and CANARIES["core"] in text
    for username in ("stx.analyst", "txdps.trooper"):
        (whole,) = shown_to(username, bulletin)
        assert not whole.withheld and CANARIES["identifiers"] in str(whole.facts)
    assert not shown_to("ncb.officer", bulletin) and not shown_to("rcmp.officer", bulletin)


def test_search_finds_only_by_what_the_reader_is_shown():
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "identifiers", "place"), "community:HIDTA-STX")
    for group in ("place", "identifiers"):
        assert found_by("stx.analyst", CANARIES[group]) == [bulletin.ref]
        assert found_by("cbsa.officer", CANARIES[group]) == []
    assert found_by("cbsa.officer", CANARIES["core"]) == [bulletin.ref]
    assert found_by("ncb.officer", CANARIES["core"]) == []


def test_a_recall_leaves_a_withdrawal_for_those_who_had_it_and_nothing_for_others():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="The laboratory found nothing", viewer=who, at=timezone.now())
    for username, told in (("cbsa.officer", 1), ("stx.analyst", 1), ("ncb.officer", 0)):
        assert not shown_to(username, bulletin)
        reader = viewer(username)
        with viewing(reader):
            assert Withdrawal.objects.visible_to(reader).filter(ref=bulletin.ref).count() == told
    assert shown_to("cbp.officer", bulletin)


def test_rebuilding_from_the_releases_changes_nothing():
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"), "community:DHE")
    changes = rebuild_grants(timezone.now())
    assert (changes.granted, changes.changed, changes.withdrawn) == ([], [], [])


def test_a_preview_names_everybody_who_would_get_it_also_by_a_release_that_stands():
    """A release refused under a stricter marking revives under a looser one: it is told before, not found out after."""
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    released(bulletin, "community:HIDTA-STX")
    released(bulletin, "CBSA", tlp="TLP:AMBER+STRICT")
    assert not shown_to("stx.analyst", bulletin)
    with viewing(who):
        again = plan(pick("CBSA"), tlp="TLP:AMBER", marking_reason="It may go to clients")
        foreseen = preview(bulletin, again, viewer=who, at=timezone.now())
    reached = {row.code for row in foreseen.rows if row.outcome != "no"}
    assert {"HIDTA-STX", "TXDPS"} <= reached
    with viewing(who):
        release([bulletin], again, viewer=who, at=timezone.now())
    assert shown_to("stx.analyst", bulletin)
    with viewing(who):
        holders = set(Given.objects.filter(record_id=bulletin.pk).values_list("agency__code", flat=True))
    assert holders == reached
