"""One version is taken back from those who hold it, and from nobody else; none falls back to an older one unasked."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import rebuild_grants
from sharing.flow import carry_over
from sharing.releases.models import Release
from tests.builders import CANARIES, released
from tests.cast import viewer
from tests.disclosures.reader import reader, text
from tests.recalls.conftest import REASON, amend, carried, inbox, read, taken_back, told, versions

pytestmark = pytest.mark.django_db


def unchanged_by_rebuilding() -> bool:
    changes = rebuild_grants(timezone.now())
    return not (changes.granted or changes.changed or changes.withdrawn)


@pytest.fixture
def two(bulletin):
    """Version 2 is CBSA's, version 1 HSI's."""
    released(bulletin, "CBSA", "HSI")
    read("cbsa.officer", bulletin)
    read("hsi.agent", bulletin)
    amend(bulletin)
    carried(bulletin, "CBSA")
    assert versions(bulletin) == {"CBSA": 2, "HSI": 1}
    assert "It was sugar" in read("cbsa.officer", bulletin)
    return bulletin


def test_a_newer_version_taken_back_leaves_the_older_where_it_stands(two):
    taken_back(two, version=2)
    assert versions(two) == {"HSI": 1} and told(two) == ["CBSA"]
    assert "Version 2 of this bulletin was recalled" in read("cbsa.officer", two)
    assert CANARIES["detail"] in read("hsi.agent", two) and "recalled" not in read("hsi.agent", two)
    assert "version 2" in inbox("cbsa.officer") and "Recalled" not in inbox("hsi.agent")
    assert unchanged_by_rebuilding()


def test_an_older_version_taken_back_is_told_to_those_who_have_moved_on_too(two):
    taken_back(two, version=1)
    assert versions(two) == {"CBSA": 2} and told(two) == ["CBSA", "HSI"]
    page = read("cbsa.officer", two)
    assert (
        "It was sugar" in page
        and "Version 1 was recalled" in page
        and "What stands below is not recalled" in page
    )
    gone = read("hsi.agent", two)
    assert "Version 1 of this bulletin was recalled" in gone and "sugar" not in gone.replace(REASON, "")
    listed = inbox("cbsa.officer")
    assert f"Bulletin {two.ref}, version 1" in listed and CANARIES["core"] in listed
    assert unchanged_by_rebuilding()


def test_none_falls_back_to_an_older_version_that_reaches_it_otherwise(bulletin):
    released(bulletin, "community:DHE", "TXDPS")
    amend(bulletin)
    carried(bulletin, "TXDPS")
    others = versions(bulletin)
    assert others.pop("TXDPS") == 2 and set(others.values()) == {1}
    taken_back(bulletin, version=2)
    assert versions(bulletin) == others and "TXDPS" in told(bulletin)
    assert unchanged_by_rebuilding()
    # What is released to it anew reaches it again.
    released(bulletin, "TXDPS")
    assert versions(bulletin)["TXDPS"] == 2


def test_the_owner_may_say_that_it_falls_back(bulletin):
    released(bulletin, "community:DHE", "TXDPS")
    amend(bulletin)
    carried(bulletin, "TXDPS")
    taken_back(bulletin, version=2, fall_back=True)
    assert versions(bulletin)["TXDPS"] == 1 and told(bulletin) == ["TXDPS"]
    page = read("txdps.trooper", bulletin)
    assert CANARIES["detail"] in page and "Version 2 was recalled" in page
    assert unchanged_by_rebuilding()


def test_carrying_an_older_release_over_to_a_good_version_reaches_them_again(bulletin):
    released(bulletin, "community:DHE", "TXDPS")
    amend(bulletin)
    carried(bulletin, "TXDPS")
    taken_back(bulletin, version=2)
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = list(Release.objects.filter(record=bulletin.pk, ended_at=None).values_list("pk", flat=True))
        with pytest.raises(ValidationError, match="Version 2 was recalled"):
            carry_over(bulletin, rows, viewer=who, at=timezone.now())
    amend(bulletin, narrative="It was flour.")
    with viewing(who):
        carry_over(bulletin, rows, viewer=who, at=timezone.now())
    assert versions(bulletin)["TXDPS"] == 3 and unchanged_by_rebuilding()


def test_the_record_can_be_amended_after_one_version_was_taken_back(two):
    taken_back(two, version=2)
    amend(two, narrative="It was flour.")
    carried(two, "HSI")
    assert "It was flour" in read("hsi.agent", two)


@pytest.mark.parametrize("version", [0, 3, -1])
def test_a_version_that_never_was_is_refused_and_nothing_is_written(two, version):
    with pytest.raises(ValidationError):
        taken_back(two, version=version)
    assert versions(two) == {"CBSA": 2, "HSI": 1} and told(two) == []


def test_the_page_offers_each_version_with_those_who_lose_it(two):
    releaser = reader("cbp.releaser")
    path = f"/bulletins/{two.ref}/recall/"
    page = text(releaser.get(path))
    assert "Version 1 alone" in page and "Taken from HSI. Told as well, because they had it: CBSA." in page
    assert "Taken from CBSA." in page
    assert releaser.post(path, {"reason": REASON, "version": "7"}).status_code == 400
    assert versions(two) == {"CBSA": 2, "HSI": 1}
    assert releaser.post(path, {"reason": REASON, "version": "2"}).status_code == 302
    assert versions(two) == {"HSI": 1}
    assert "Version 2 was recalled" in text(releaser.get(f"/bulletins/{two.ref}/"))


def test_it_stands_on_the_trail_with_its_version(two):
    taken_back(two, version=2)
    with viewing(viewer("inspector")):
        (row,) = TrailRow.objects.filter(event="record.recall", outcome="ok")
    assert row.version == 2 and "CBSA" in row.audience_before and "CBSA" not in row.audience_after
    assert "HSI" in row.audience_after


def test_programs_take_one_version_back(two, caller):
    owner = caller("cbp.releaser")
    body = {"record": str(two.uid), "reason": REASON, "version": 2}
    assert owner.post("releases/recall/", {**body, "version": 9}).status_code == 400
    answer = owner.post("releases/recall/", body)
    assert answer.status_code == 200 and answer.json()["version"] == 2 and answer.json()["agencies"] == 1
    gone = caller("cbsa.officer").get(f"bulletins/{two.uid}/")
    assert gone.status_code == 410 and gone.json()["recalled_version"] == 2
    assert caller("hsi.agent").get(f"bulletins/{two.uid}/").json()["version"] == 1
