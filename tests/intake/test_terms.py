"""Terms of taking part: published at once or a draft, for whom an agency speaks, and what is taken back."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.audiences.models import Received
from sharing.deliveries.models import Alert
from sharing.flow.purging import purge
from sharing.intake.models import Original, Voice
from sharing.intake.participation import ask_to_speak, confirm_voice, let_publish, publishes
from tests.builders import released
from tests.cast import agency, viewer
from tests.disclosures.reader import reader, text
from tests.intake.conftest import (
    LAST,
    LATER,
    RED,
    as_speaker,
    fresh,
    ours,
    publishing,
    records,
    send,
    stix,
)

pytestmark = pytest.mark.django_db


def shown_to(username):
    who = viewer(username)
    with viewing(who):
        return set(Received.objects.visible_to(who).values_list("ref", flat=True))


def test_what_comes_in_is_published_at_once_where_the_agencys_own_administrator_said_so():
    send(ours())
    assert shown_to("cbp.liaison") == set()
    publishing("CBP")
    status = send(ours(), ours("bulletin"))
    assert all("Published as" in line["message"] for line in status.successes)
    _draft, seizure = records("seizure")
    (bulletin,) = records()
    assert shown_to("cbp.liaison") == {seizure.ref, bulletin.ref} and shown_to("dea.agent") == set()


def test_what_is_incomplete_or_red_stays_a_draft_all_the_same():
    publishing("CBP")
    send(stix("report"), ours(marked=RED))
    assert {record.latest for kind in ("bulletin", "seizure") for record in records(kind)} == {0}


def test_a_later_version_of_what_is_published_is_the_next_version_and_reaches_no_partner_by_itself():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    released(seizure, "DEA")
    later = {**ours(), "id": sent["id"], "modified": LATER}
    next(iter(later["extensions"].values()))["facts"]["place"]["place"] = "Lane 5"
    assert "next version" in send(later).successes[0]["message"]
    after = fresh(seizure)
    assert (after.latest, after.place) == (2, "Lane 5")
    who = viewer("dea.agent")
    with viewing(who):
        assert Received.objects.visible_to(who).get().version == 1


def test_a_stricter_marking_holds_at_once_for_those_who_have_it():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    released(seizure, "DEA")
    assert shown_to("dea.agent") == {seizure.ref}
    send({**sent, "modified": LATER, "object_marking_refs": [RED]})
    assert fresh(seizure).tlp == "TLP:RED" and shown_to("dea.agent") == set()
    send({**sent, "modified": LAST})
    assert fresh(seizure).tlp == "TLP:RED"


def test_what_its_sender_revokes_is_recalled_where_its_terms_publish_and_else_only_said_to_its_owner():
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    publishing("CBP")
    other = ours()
    send(other)
    _first, published = records("seizure")
    released(published, "DEA")
    back = [{**each, "modified": LATER, "revoked": True} for each in (sent, other)]
    status = send(*back, by="cbp.releaser")
    assert "its owner is told" in status.successes[0]["message"]
    assert "is recalled" in status.successes[1]["message"]
    assert fresh(seizure).recalled_at is None and fresh(published).recalled_at is not None
    assert shown_to("dea.agent") == set()
    again = send({**other, "modified": LAST})
    assert "no later version" in again.failures[0]["message"]


def test_a_recall_reaches_other_agencies_and_takes_a_releasers_token_on_whatever_terms():
    publishing("CBP")
    sent, other = ours(), ours()
    send(sent, other)
    for seizure in records("seizure"):
        released(seizure, "DEA")
    first, second = records("seizure")
    for by, objects in (("cbp.officer", [sent]), ("cbp.liaison", [other])):
        status = send(*({**each, "modified": LATER, "revoked": True} for each in objects), by=by)
        assert "its owner is told" in status.successes[0]["message"]
    assert shown_to("dea.agent") == {first.ref, second.ref} and fresh(first).recalled_at is None
    with engine():
        assert not Alert.objects.filter(kind="recalled").exists()
    page = text(reader("cbp.releaser").get(f"/seizures/{first.ref}/origin/"))
    assert "has revoked it" in page and f"/seizures/{first.ref}/recall/" in page
    # The same by a releaser's token, of one that nobody has noted yet.
    third = ours()
    send(third)
    seizure = records("seizure")[-1]
    released(seizure, "DEA")
    assert (
        "is recalled"
        in send({**third, "modified": LATER, "revoked": True}, by="cbp.releaser").successes[0]["message"]
    )
    assert shown_to("dea.agent") == {first.ref, second.ref}


def test_without_such_terms_a_recall_is_offered_and_not_done():
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    publishing("CBP")
    send({**sent, "modified": LATER})
    released(seizure, "DEA")
    admin = viewer("cbp.admin")
    with viewing(admin):
        let_publish(False, viewer=admin, at=timezone.now())
    send({**sent, "modified": LAST, "revoked": True})
    assert shown_to("dea.agent") == {seizure.ref}
    page = text(reader("cbp.releaser").get(f"/seizures/{seizure.ref}/origin/"))
    assert "has revoked it" in page and f"/seizures/{seizure.ref}/recall/" in page


def test_whom_an_agency_may_name_as_originator_that_agency_confirms():
    named = ours(originator="CBSA")
    assert "CBSA as its originator" in send(named).failures[0]["message"]
    admin, other = viewer("cbp.admin"), viewer("cbsa.officer")
    with viewing(admin):
        ask_to_speak("CBSA", viewer=admin, at=timezone.now())
    assert send(named).failures
    with viewing(other), pytest.raises(PermissionDenied):
        confirm_voice("CBP", viewer=other, at=timezone.now())
    with viewing(admin), pytest.raises(ValidationError):
        confirm_voice("CBP", viewer=admin, at=timezone.now())
    assert send(named).failures
    with viewing(admin):
        Voice.objects.all().delete()
    with as_speaker("CBP", "CBSA"):
        assert not send(named).failures
    (found,) = records("seizure")
    assert (found.owner.code, found.originator.code) == ("CBP", "CBSA")
    assert send(ours(originator="CBSA")).failures  # ended by CBSA


def test_the_tables_themselves_let_nobody_confirm_their_own_voice_or_publish_for_another():
    who = viewer("cbp.officer")
    with viewing(who):
        Voice.objects.create(speaker=agency("CBP"), principal=agency("CBSA"), asked_at=timezone.now())
        assert Voice.objects.update(confirmed_at=timezone.now()) == 0
        for sql in (
            "insert into sharing_voice (speaker_id, principal_id, asked_at, confirmed_at)"
            " select group_id, {own}, now(), null from hub_agency where code = 'DEA'",
            "insert into sharing_participation (agency_id, publishes, changed_at)"
            " select group_id, true, now() from hub_agency where code = 'DEA'",
            "insert into sharing_voice (speaker_id, principal_id, asked_at, confirmed_at)"
            " select {own}, group_id, now(), now() from hub_agency where code = 'DEA'",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql.format(own=who.agency_id))
    with viewing(viewer("dea.agent")):
        assert not Voice.objects.exists()


def test_only_an_administrator_decides_on_terms():
    for username in ("cbp.officer", "cbp.releaser", "steward"):
        who = viewer(username)
        with viewing(who), pytest.raises(PermissionDenied):
            let_publish(True, viewer=who, at=timezone.now())
    assert not publishes(agency("CBP").pk)


def test_what_was_purged_leaves_nothing_of_its_original_and_does_not_come_in_again():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    who = viewer("cbp.releaser")
    with viewing(who):
        purge([seizure], reason="unreliable", typed=[seizure.ref], viewer=who, at=timezone.now())
    with engine():
        assert set(Original.objects.values_list("body", "sender")) == {("", "")}
    status = send(sent, {**sent, "modified": LATER})
    assert [line["message"] for line in status.successes][1].startswith("It was purged")
    assert len(records("seizure")) == 0


def test_a_discarded_draft_takes_its_original_along():
    send(stix("report"))
    (found,) = records()
    client = reader("cbp.officer")
    assert client.post(f"/bulletins/{found.ref}/edit/discard/").status_code == 302
    with engine():
        assert not Original.objects.exists() and not records()


def test_an_edit_by_a_colleague_of_what_is_published_is_not_written_over():
    publishing("CBP")
    sent = ours()
    send(sent)
    (seizure,) = records("seizure")
    who = viewer("cbp.liaison")
    with viewing(who):
        copy = type(seizure).objects.get(pk=seizure.pk)
        write_down(copy, {"narrative": "By hand."}, viewer=who, at=timezone.now())
    send({**sent, "modified": LATER})
    assert (fresh(seizure).narrative, fresh(seizure).latest) == ("By hand.", 1)
