"""A release asks to be acknowledged by a time: who is told, what may be asked, and who is not asked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from bulletins.flow import publish
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants, regrant
from sharing.audiences.models import Grant
from sharing.deliveries.models import Asked
from sharing.disclosures.actions import disclose_each
from sharing.disclosures.rules import Channel
from sharing.flow import carry_over, release
from sharing.releases.models import Release
from tests.api.conftest import Caller, caller, unhurried  # noqa: F401
from tests.builders import pick, plan, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, take_back, text
from tests.receipts.conftest import HOUR, acknowledged, asking, asking_people
from tests.subscriptions.conftest import quiet
from tests.subscriptions.conftest import told as queued

pytestmark = pytest.mark.django_db

PLAIN = {"hazard": False, "safety_note": ""}
WHY = {"need_to_know": "Fuel tanks on both borders", "right_to_know": "Enforcement at their own ports"}


def asked(username, record):
    who = viewer(username)
    with viewing(who):
        row = Asked.objects.visible_to(who).filter(record_id=record.pk).first()
        return row and (row.acknowledge_by, row.acknowledged_at is not None)


def amended(record, note=""):
    who = viewer("cbp.releaser")
    with viewing(who):
        publish(record, viewer=who, at=timezone.now(), note=note)


def carried(record, **values):
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = list(Release.objects.filter(record_id=record.pk, ended_at=None).values_list("pk", flat=True))
        carry_over(record, rows, viewer=who, at=timezone.now(), **values)


# --- Who is told -------------------------------------------------------------------------------------------
def test_the_recipient_is_told_on_the_page_in_the_inbox_and_first_on_today():
    hazard = published_bulletin(title="Hazard one")
    released(hazard, "CBSA")
    plain = published_bulletin(title="Plain one", **PLAIN)
    asking(plain, "CBSA", within=30 * HOUR)
    send()
    part = reader("cbsa.officer")
    for path in ("/", "/inbox/", f"/bulletins/{plain.ref}/"):
        assert "Acknowledge by" in text(part.get(path)), path
    page = text(part.get("/"))
    first = re.search(r'id="acknowledge".*?</section>', page, re.S)[0]
    assert re.findall(r'class="title"[^>]*>([^<]+)<', first) == ["Plain one", "Hazard one"]
    assert "Acknowledge by" not in text(part.get(f"/bulletins/{hazard.ref}/"))


def test_each_agency_is_told_of_its_own_time_alone():
    bulletin = published_bulletin()
    by = asking(bulletin, "CBSA")
    released(bulletin, "DEA")
    send()
    assert asked("cbsa.officer", bulletin) == (by, False)
    assert asked("dea.agent", bulletin) is None and asked("ncb.officer", bulletin) is None
    for path in ("/", "/inbox/", f"/bulletins/{bulletin.ref}/"):
        assert "Acknowledge by" not in text(reader("dea.agent").get(path))
    # Its owner asks, and is not asked.
    assert asked("cbp.releaser", bulletin) is None


def test_one_of_the_agency_acknowledges_for_it_and_colleagues_are_told_so():
    bulletin = published_bulletin()
    by = asking(bulletin, "CBSA")
    send()
    acknowledged("cbsa.officer", bulletin)
    assert asked("cbsa.releaser", bulletin) == (by, True)
    page = text(reader("cbsa.releaser").get(f"/bulletins/{bulletin.ref}/"))
    assert "Acknowledged for CBSA on" in page and "cbsa.officer" not in page
    assert "Acknowledge by" not in text(reader("cbsa.releaser").get("/inbox/"))


def test_a_program_is_told_by_when(caller):  # noqa: F811
    bulletin, seizure = published_bulletin(), published_seizure()
    by = asking(bulletin, "CBSA")
    released(seizure, "CBSA")
    found = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/").json()
    assert found["acknowledge_by"] == by.isoformat()
    assert caller("cbsa.officer").get(f"seizures/{seizure.uid}/").json()["acknowledge_by"] is None
    assert caller("cbp.releaser").get(f"bulletins/{bulletin.uid}/").json()["acknowledge_by"] is None


def test_those_who_are_shown_the_same_are_told_each_its_own_time():
    """Webhooks and mails of many recipients are disclosed at once, and who is shown the same shares what is shown."""
    bulletin, at, who = published_bulletin(), timezone.now(), viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick("HSI"), acknowledge_within=HOUR), viewer=who, at=at)
        release([bulletin], plan(pick("HIDTA-STX"), acknowledge_within=2 * HOUR), viewer=who, at=at)
        release([bulletin], plan(pick("DEA")), viewer=who, at=at)
    desks = [desk_of(agency(code)) for code in ("HSI", "DEA", "HIDTA-STX", "NCB-OTTAWA")]
    found = disclose_each([(desk, bulletin.pk) for desk in desks], Channel.WEBHOOK, at=at)
    assert [each and each.acknowledge_by for each in found] == [at + HOUR, None, at + 2 * HOUR, None]


def test_what_is_asked_for_by_a_time_is_told_to_a_desk_that_subscribes_to_nothing():
    quiet("cbsa.liaison")
    plain = published_bulletin(title="Not asked for", **PLAIN)
    released(plain, "CBSA")
    due = published_bulletin(title="Asked for", **PLAIN)
    asking(due, "CBSA")
    send()
    page = text(reader("cbsa.officer").get("/inbox/"))
    assert "Asked for" in page and "Not asked for" not in page
    assert [each.alert.ref for each in queued("CBSA", channel="inbox")] == [due.ref]


# --- What may be asked -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"acknowledge_by": -HOUR}, "after the release begins"),
        ({"acknowledge_by": HOUR, "starts_at": 2 * HOUR}, "after the release begins"),
        ({"acknowledge_by": 3 * HOUR, "ends_at": 2 * HOUR}, "before the release ends"),
        ({"acknowledge_within": 3 * HOUR, "ends_at": 3 * HOUR}, "before the release ends"),
        ({"acknowledge_by": HOUR, "acknowledge_within": HOUR}, "not both"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_nothing_is_written(values, said):
    bulletin, at, who = published_bulletin(), timezone.now(), viewer("cbp.releaser")
    given = {name: each if name == "acknowledge_within" else at + each for name, each in values.items()}
    with viewing(who), pytest.raises(ValidationError, match=said), transaction.atomic():
        release([bulletin], plan(pick("CBSA"), **given), viewer=who, at=at)
    with viewing(who):
        assert not Release.objects.filter(record_id=bulletin.pk).exists()


def test_a_span_is_counted_from_when_they_have_it():
    bulletin, at, who = published_bulletin(), timezone.now(), viewer("cbp.releaser")
    start = at + timedelta(days=1)
    with viewing(who):
        given = plan(pick("CBSA"), starts_at=start, acknowledge_within=2 * HOUR)
        release([bulletin], given, viewer=who, at=at)
        assert Release.objects.get(record_id=bulletin.pk).acknowledge_by == start + 2 * HOUR


def press(client, path, **form):
    looked = client.post(f"{path}preview/", form)
    seal = looked.context["foreseen"].seal if looked.context["foreseen"] else ""
    return looked, client.post(path, {**form, "seal": seal, "do": "release"})


def test_the_release_page_asks_and_says_so_before():
    bulletin, client = published_bulletin(), reader("cbp.releaser")
    path = f"/bulletins/{bulletin.ref}/release/"
    assert "Ask each agency to acknowledge within" in text(client.get(path))
    form = {"to": ["CBSA"], "tlp": "TLP:AMBER", **WHY, "acknowledge_within": "4"}
    looked, pressed = press(client, path, **form)
    assert "Each agency is asked to acknowledge by" in text(looked) and pressed.status_code == 302
    by, done = asked("cbsa.officer", bulletin)
    assert not done and abs(by - timezone.now() - 4 * HOUR) < timedelta(minutes=1)
    assert "acknowledge by" in text(client.get(path)), "among the releases that stand"


def test_the_release_page_refuses_a_time_that_has_passed():
    bulletin, client = published_bulletin(), reader("cbp.releaser")
    path = f"/bulletins/{bulletin.ref}/release/"
    form = {"to": ["CBSA"], "tlp": "TLP:AMBER", **WHY, "acknowledge_by": "2020-01-01T10:00"}
    looked, pressed = press(client, path, **form)
    assert "must lie after the release begins" in text(looked) and pressed.status_code == 400
    _looked, pressed = press(client, path, **form | {"acknowledge_by": "never"})
    assert pressed.status_code == 400 and asked("cbsa.officer", bulletin) is None


def test_several_are_released_at_once_with_one_time():
    records, client = [published_bulletin(), published_bulletin()], reader("cbp.releaser")
    form = {"to": ["CBSA"], **WHY, "acknowledge_within": "24", "ref": [record.ref for record in records]}
    looked, pressed = press(client, "/bulletins/release/", **form)
    assert "Each agency is asked to acknowledge by" in text(looked) and pressed.status_code == 302
    assert all(asked("cbsa.officer", record) for record in records)


def test_a_program_asks_too_and_is_refused_alike(caller):  # noqa: F811
    bulletin, releaser = published_bulletin(), caller("cbp.releaser")
    body = {"record": str(bulletin.uid), "to": [{"agency": "CBSA"}], "tlp": "TLP:AMBER", **WHY}
    for wrong in ({"acknowledge_by": "2020-01-01T10:00:00Z"}, {"acknowledge_within_h": 0}):
        assert releaser.post("releases/", {**body, **wrong}).status_code == 400, wrong
    assert releaser.post("releases/", {**body, "acknowledge_within_h": 4}).status_code == 201
    (row,) = releaser.get("releases/").json()["results"]
    assert row["acknowledge_by"] == asked("cbsa.officer", bulletin)[0].isoformat()


# --- Several releases, versions, and who comes late ----------------------------------------------------------
def test_of_several_releases_the_first_time_counts_and_rebuilding_changes_no_grant():
    bulletin = published_bulletin()
    asking(bulletin, "community:DHE", within=8 * HOUR)
    first = asking(bulletin, "CBSA", within=2 * HOUR)
    assert asked("cbsa.officer", bulletin) == (first, False)

    def grants():
        with engine():
            return list(Grant.objects.order_by("id").values())

    before = grants()
    rebuild_grants(timezone.now())
    assert grants() == before


def test_a_new_version_carried_over_asks_anew_while_the_time_is_ahead():
    bulletin = published_bulletin()
    by = asking(bulletin, "CBSA")
    acknowledged("cbsa.officer", bulletin)
    amended(bulletin)
    assert asked("cbsa.officer", bulletin) == (by, True)
    page = text(reader("cbp.releaser").get(f"/bulletins/{bulletin.ref}/carry-over/"))
    assert "They are asked to acknowledge it anew, by" in page
    carried(bulletin)
    assert asked("cbsa.officer", bulletin) == (by, False)


def test_a_new_version_carried_over_after_the_time_asks_nothing():
    bulletin = published_bulletin()
    by = asking(bulletin, "CBSA", ago=5 * HOUR)
    assert asked("cbsa.officer", bulletin) == (by, False)
    amended(bulletin)
    carried(bulletin)
    assert asked("cbsa.officer", bulletin) is None
    assert "Acknowledge" in text(reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/"))


def test_a_release_made_anew_without_a_time_takes_the_question_back():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA")
    released(bulletin, "CBSA")
    assert asked("cbsa.officer", bulletin) is None


def test_who_is_given_it_after_the_time_is_not_asked():
    bulletin = published_bulletin()
    as_owner("update sharing_agreement set suspended_at = now(), suspended_by = array[first_id]")
    by = asking(bulletin, "HSI", "CBSA", ago=5 * HOUR)
    as_owner("update sharing_agreement set suspended_at = null, suspended_by = '{}'")
    regrant([bulletin.pk], at=timezone.now())
    assert asked("hsi.agent", bulletin) == (by, False)
    assert asked("cbsa.officer", bulletin) is None
    acknowledged("cbsa.officer", bulletin)


def test_nothing_is_asked_of_what_was_taken_back():
    bulletin = published_bulletin()
    asking(bulletin, "CBSA")
    take_back(bulletin)
    assert asked("cbsa.officer", bulletin) is None
    assert "Acknowledge by" not in text(reader("cbsa.officer").get("/"))


def test_of_people_named_each_answers_for_themselves():
    bulletin = published_bulletin()
    by = asking_people(bulletin, within=HOUR)
    acknowledged("hsi.agent", bulletin)
    assert asked("hsi.agent", bulletin) == (by, True)
    # Not even that a colleague has it.
    assert asked("txdps.trooper", bulletin) == (by, False)
    assert asked("stx.analyst", bulletin) is None
