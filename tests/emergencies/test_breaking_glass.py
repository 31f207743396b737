"""Break glass: two inspectors of two agencies open one record to one person, on its page alone, for an hour."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Face, Found, Record
from bulletins.records.refs import new_ref
from hub.agencies.models import Agency, Person
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import rebuild_grants, regrant
from sharing.audiences.models import Entry, Given, Grant, Received
from sharing.deliveries.querysets import inbox_items
from sharing.disclosures.actions import disclose
from sharing.disclosures.models import LedgerRow
from sharing.disclosures.rules import Channel
from sharing.emergencies.models import Emergency, EmergencyState
from sharing.flow import Handling, mark, recall, refresh
from sharing.flow.breakglass import ask, confirm, decline, end
from tests.agreements.conftest import Side
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import take_back, text, with_photographs

pytestmark = pytest.mark.django_db
DANGER = "Troopers are about to open a second tank like it"
HOUR = timedelta(hours=1)


def client(username: str) -> Client:
    found = Client()
    found.force_login(person(username))
    return found


def page(username: str, record) -> str:
    section = "bulletins" if record.kind == "bulletin" else "seizures"
    return text(client(username).get(f"/{section}/{record.ref}/"))


def asked(ref: str, username: str = "txdps.trooper", by: str = "inspector", at=None) -> Emergency:
    with viewing(who := viewer(by)):
        return ask(ref=ref, username=username, danger=DANGER, viewer=who, at=at or timezone.now())


def confirmed(row: Emergency, by: str = "inspector.ca", at=None) -> Emergency:
    with viewing(who := viewer(by)):
        return confirm(row, viewer=who, at=at or timezone.now())


def opened(record, username: str = "txdps.trooper") -> Emergency:
    return confirmed(asked(record.ref, username))


def lines(username: str) -> str:
    reader = client(username)
    paths = ("/", "/bulletins/", "/search/?q=fentanyl", "/search/", "/inbox/?show=all", "/seizures/")
    return "\n".join(text(reader.get(path)) for path in paths)


def test_the_person_reads_it_whole_on_its_page_and_nobody_beside_them():
    bulletin = published_bulletin()
    assert client("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 404
    row = opened(bulletin)
    assert row.state == EmergencyState.CONFIRMED
    shown = page("txdps.trooper", bulletin)
    for word in CANARIES.values():
        assert word in shown
    assert "Opened to you alone, in an emergency" in shown and "/acknowledge/" not in shown
    for username in ("stx.analyst", "cbsa.officer", "ncb.officer", "inspector", "inspector.ca", "steward"):
        assert client(username).get(f"/bulletins/{bulletin.ref}/").status_code == 404, username


def test_a_colleague_of_the_person_does_not_have_it():
    bulletin = published_bulletin()
    opened(bulletin, "cbsa.officer")
    assert CANARIES["core"] in page("cbsa.officer", bulletin)
    for username in ("cbsa.releaser", "cbsa.liaison"):
        assert client(username).get(f"/bulletins/{bulletin.ref}/").status_code == 404
        assert bulletin.ref not in lines(username)


def test_it_is_in_no_list_count_search_inbox_program_mail_or_audience(caller):  # noqa: F811
    bulletin = published_bulletin()
    opened(bulletin)
    send()
    assert CANARIES["core"] in page("txdps.trooper", bulletin)
    seen = lines("txdps.trooper")
    assert not any(word in seen for word in CANARIES.values())
    program = caller("txdps.trooper")
    assert program.get(f"bulletins/{bulletin.uid}/").status_code == 404
    assert str(bulletin.uid) not in program.get("bulletins/").content.decode()
    who = viewer("txdps.trooper")
    with viewing(who):
        assert not Received.objects.visible_to(who).filter(ref=bulletin.ref).exists()
        assert not Found.objects.visible_to(who).filter(ref=bulletin.ref).exists()
        assert not inbox_items(who).filter(ref=bulletin.ref).exists()
        for channel in Channel:
            assert disclose(who, [bulletin.pk], channel) == []
            assert bool(disclose(who, [bulletin.pk], channel, opened=True)) is (channel == Channel.PAGE)
    with engine():
        (audience,) = Face.objects.filter(record=bulletin).values_list("audience", flat=True)
        assert audience == [agency("CBP").pk]
        assert not Entry.objects.filter(record_id=bulletin.pk, agency_id=agency("TXDPS").pk).exists()
    assert not any(word in each.message().as_string() for each in mail.outbox for word in CANARIES.values())


def test_what_the_agency_has_in_part_stays_so_for_its_others_and_for_its_lists(caller):  # noqa: F811
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place", "identifiers"))
    opened(bulletin, "cbsa.officer")
    assert CANARIES["place"] in page("cbsa.officer", bulletin)
    # The agreement's own exception holds across the border.
    assert CANARIES["case"] not in page("cbsa.officer", bulletin)
    assert CANARIES["place"] not in page("cbsa.releaser", bulletin)
    assert CANARIES["core"] in (seen := lines("cbsa.officer"))
    assert CANARIES["place"] not in seen
    body = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/").content.decode()
    assert CANARIES["core"] in body and CANARIES["place"] not in body
    who = viewer("cbsa.officer")
    with viewing(who):
        assert not Found.objects.visible_to(who).matching(CANARIES["place"]).exists()
        assert len(disclose(who, [bulletin.pk], Channel.PAGE)) == 1


def test_photographs_of_that_page_open_to_the_person_alone():
    bulletin, uids = with_photographs()
    opened(bulletin)
    for uid in uids.values():
        address = f"/bulletins/{bulletin.ref}/photographs/{uid}/"
        assert client("txdps.trooper").get(address).status_code == 200
        assert client("stx.analyst").get(address).status_code == 404


def test_it_ends_to_the_second_without_anything_running_and_leaves_a_tombstone(jump):
    bulletin = published_bulletin()
    row = opened(bulletin)
    jump(row.until - timedelta(seconds=1))
    assert CANARIES["core"] in page("txdps.trooper", bulletin)
    jump(row.until)
    assert client("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 404
    with viewing(viewer("steward")):
        refresh(at=row.until)
    assert "no longer shares" in page("txdps.trooper", bulletin)
    with engine():
        assert not Grant.objects.filter(emergency=row).exists()


def test_an_inspector_closes_it_early():
    bulletin = published_bulletin()
    row = opened(bulletin)
    with viewing(who := viewer("inspector")):
        end(row, viewer=who, at=timezone.now())
        with pytest.raises(ValidationError, match="closed already"):
            end(row, viewer=who, at=timezone.now())
    assert CANARIES["core"] not in page("txdps.trooper", bulletin)


@pytest.mark.parametrize("what", ["recall", "red", "noforn", "agency", "moved", "deactivated"])
def test_it_ends_at_once_with_what_it_rests_on(what):
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    opened(bulletin, "cbsa.officer")
    assert CANARIES["detail"] in page("cbsa.officer", bulletin)
    at, who = timezone.now(), viewer("cbp.releaser")
    if what == "recall":
        take_back(bulletin)
    elif what in ("red", "noforn"):
        as_red = Handling("TLP:RED") if what == "red" else Handling("TLP:AMBER", ("NOFORN",))
        with viewing(who):
            mark(Record.objects.get(pk=bulletin.pk), as_red, reason="", viewer=who, at=at)
    elif what == "agency":
        Agency.objects.filter(code="CBSA").update(state="suspended")
    elif what == "moved":
        Person.objects.filter(username="cbsa.officer").update(agency=agency("RCMP"))
    else:
        Person.objects.filter(username="cbsa.officer").update(is_active=False)
    regrant([bulletin.pk], at=at)
    answer = client("cbsa.officer").get(f"/bulletins/{bulletin.ref}/")
    assert CANARIES["detail"] not in text(answer)
    with engine():
        assert not Grant.objects.filter(content_object=bulletin, emergency__isnull=False).exists()


def test_it_ends_with_the_recall_of_the_version_that_was_opened_and_takes_no_older_one_from_the_agency():
    bulletin = published_bulletin()
    released(bulletin, "TXDPS")
    with viewing(author := viewer("cbp.officer")):
        publish(bulletin, viewer=author, at=timezone.now())
    opened(bulletin)
    with viewing(who := viewer("cbp.releaser")):
        recall(bulletin, reason="Wrong", version=2, viewer=who, at=timezone.now())
    with engine():
        assert not Grant.objects.filter(content_object=bulletin, emergency__isnull=False).exists()
    with viewing(who := viewer("txdps.trooper")):
        (shown,) = disclose(who, [bulletin.pk], Channel.PAGE, opened=True)
        assert shown.version == 1 and not shown.emergency
    assert opened(bulletin, "hsi.agent").state == EmergencyState.IMPOSSIBLE
    released(bulletin, "DEA")
    assert opened(bulletin, "hsi.agent").state == EmergencyState.CONFIRMED


def test_it_ends_with_the_agreement_it_crossed_under(owner_sql):
    bulletin = published_bulletin()
    opened(bulletin, "cbsa.officer")
    assert CANARIES["detail"] in page("cbsa.officer", bulletin)
    owner_sql("update sharing_agreement set suspended_at = now() where code = 'CBP-CBSA'")
    try:
        regrant([bulletin.pk], at=timezone.now())
        assert CANARIES["detail"] not in page("cbsa.officer", bulletin)
        assert opened(published_bulletin(), "cbsa.officer").state == EmergencyState.IMPOSSIBLE
    finally:
        owner_sql("update sharing_agreement set suspended_at = null where code = 'CBP-CBSA'")


def test_it_is_there_again_once_the_agreement_is_taken_up_within_the_hour():
    bulletin = published_bulletin()
    opened(bulletin, "cbsa.officer")
    cbp = Side("cbp.admin")
    cbp.suspend("CBP-CBSA")
    assert CANARIES["detail"] not in page("cbsa.officer", bulletin)
    cbp.resume("CBP-CBSA")
    assert CANARIES["detail"] in page("cbsa.officer", bulletin)
    changes = rebuild_grants(timezone.now())
    assert (changes.granted, changes.changed, changes.withdrawn) == ([], [], [])


def test_rebuilding_changes_nothing():
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place"))
    opened(bulletin, "cbsa.officer")
    changes = rebuild_grants(timezone.now())
    assert (changes.granted, changes.changed, changes.withdrawn) == ([], [], [])
    assert CANARIES["place"] in page("cbsa.officer", bulletin)


def test_owner_originator_and_the_person_are_told_in_the_same_transaction_and_nobody_else():
    bulletin = published_bulletin(originator=agency("HSI"))
    row = opened(bulletin)
    send()
    told = [text(client(name).get("/inbox/?show=all")) for name in ("cbp.officer", "hsi.agent")]
    for inbox in told:
        assert bulletin.ref in inbox and "TXDPS" in inbox and DANGER in inbox
        assert "USPS-OIG and RCMP" in inbox and "txdps.trooper" not in inbox
    own = text(client("txdps.trooper").get("/inbox/?show=all"))
    assert bulletin.ref in own and "open to you alone" in own
    for username in ("cbsa.officer", "dea.agent", "stx.analyst"):
        assert bulletin.ref not in text(client(username).get("/inbox/?show=all"))
    left = page("cbp.officer", bulletin)
    assert "Opened in an emergency" in left and DANGER in left and "txdps.trooper" not in left
    assert client("hsi.agent").get(f"/bulletins/{bulletin.ref}/").status_code == 404
    assert row.until - row.decided_at == HOUR


def test_nothing_is_told_when_it_fails():
    bulletin = published_bulletin()
    row = asked(bulletin.ref)
    with pytest.raises(RuntimeError), transaction.atomic():
        confirmed(row)
        raise RuntimeError
    send()
    assert bulletin.ref not in text(client("cbp.officer").get("/inbox/?show=all"))
    assert client("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 404


def test_all_of_it_is_on_the_trail_and_each_reading_in_the_ledger_with_its_basis():
    bulletin = published_bulletin()
    row = opened(bulletin)
    page("txdps.trooper", bulletin)
    with viewing(who := viewer("inspector")):
        end(row, viewer=who, at=timezone.now())
        decline(asked(bulletin.ref), viewer=who, at=timezone.now())
        trail = TrailRow.objects.filter(object_id=bulletin.ref, event__startswith="emergency.").order_by("id")
        events = list(trail.values_list("event", "outcome"))
    assert events == [
        ("emergency.ask", "ok"),
        ("emergency.confirm", "ok"),
        ("emergency.end", "ok"),
        ("emergency.ask", "ok"),
        ("emergency.decline", "ok"),
    ]
    with viewing(viewer("txdps.trooper")):
        entry = LedgerRow.objects.get(person="txdps.trooper", records=[bulletin.pk])
    assert (entry.basis, entry.channel) == ([-row.pk], "page")
    (line,) = client("cbp.releaser").get("/ledger/", {"ref": bulletin.ref}).context["lines"]
    assert line.agency == "TXDPS" and "emergency" in line.basis and not line.person
    with viewing(viewer("cbp.officer")):
        assert not Given.objects.filter(record_id=bulletin.pk).exists()


# --- No oracle --------------------------------------------------------------------------------------------
def unopenable() -> dict[str, str]:
    """References that cannot be opened to a trooper, each for another cause."""
    recalled = published_bulletin()
    released(recalled, "HSI")
    take_back(recalled)
    return {
        "a ghost": new_ref(),
        "red": published_bulletin(tlp="TLP:RED").ref,
        "recalled": recalled.ref,
        "a draft": draft_bulletin().ref,
        "fed only": published_bulletin(controls=["FED ONLY"]).ref,
    }


def test_what_cannot_be_opened_is_said_in_the_same_words_and_at_the_same_cost_as_what_never_was():
    good = published_seizure()
    asker, second = client("inspector"), client("inspector.ca")
    form = {"username": "txdps.trooper", "danger": DANGER}
    answers, costs = {}, {}
    for name, ref in {**unopenable(), "good": good.ref}.items():
        with CaptureQueriesContext(connection) as asking:
            there = asker.post("/emergencies/", {"ref": ref, **form}).headers["Location"]
        to_ask = len(asking)
        told = text(asker.get(there)).replace(ref, "REF")
        with CaptureQueriesContext(connection) as confirming:
            answer = second.post(there, {"do": "confirm"}, follow=True)
        costs[name] = (to_ask, len(confirming))
        said = text(answer).replace(ref, "REF").replace(there, "THERE")
        answers[name] = (told.replace(there, "THERE"), said)
    assert "Opened for one hour" in answers.pop("good")[1]
    ghost = answers["a ghost"]
    assert "It cannot be opened." in ghost[1]
    assert {name for name, pair in answers.items() if bare(pair) != bare(ghost)} == set()
    assert len({cost[0] for cost in costs.values()}) == 1
    assert len({cost[1] for name, cost in costs.items() if name != "good"}) == 1
    with viewing(viewer("inspector")):
        facts = TrailRow.objects.filter(event="emergency.confirm", outcome="refused")
        assert set(facts.values_list("reason", flat=True)) == {""}


def bare(pair: tuple[str, str]) -> tuple[str, ...]:
    """Without what no two answers share: tokens, numbers, instants."""
    moving = r'<time .*?</time>|[0-9a-f-]{36}|name="csrfmiddlewaretoken" value="\w+"'
    return tuple(re.sub(moving, "", said) for said in pair)


def test_nobody_is_told_of_what_was_not_opened():
    bulletin = published_bulletin(tlp="TLP:RED")
    row = confirmed(asked(bulletin.ref))
    send()
    assert row.state == EmergencyState.IMPOSSIBLE and row.record_id is None
    assert bulletin.ref not in text(client("cbp.releaser").get("/inbox/?show=all"))


# --- Who ---------------------------------------------------------------------------------------------------
def test_who_asked_cannot_confirm_nor_can_a_colleague_of_theirs():
    bulletin = published_bulletin()
    row = asked(bulletin.ref)
    with pytest.raises(ValidationError, match="yourself"):
        confirmed(row, by="inspector")
    usps, rcmp = agency("USPS-OIG"), agency("RCMP")
    Person.objects.filter(username="inspector.ca").update(seconded_from=usps)
    with pytest.raises(ValidationError, match="same agency"):
        confirmed(row)
    Person.objects.filter(username="inspector.ca").update(seconded_from=None)
    with pytest.raises(ValidationError, match="seconded from no agency"):
        confirmed(row)
    Person.objects.filter(username="inspector.ca").update(seconded_from=rcmp)
    assert confirmed(row).state == EmergencyState.CONFIRMED


@pytest.mark.parametrize("username", ["cbp.releaser", "cbp.admin", "steward"])
def test_nobody_but_inspectors_asks_or_confirms(username):
    bulletin = published_bulletin()
    row = asked(bulletin.ref)
    with viewing(who := viewer(username)):
        with pytest.raises(PermissionDenied):
            ask(ref=bulletin.ref, username="cbp.officer", danger=DANGER, viewer=who, at=timezone.now())
        with pytest.raises(PermissionDenied):
            confirm(row, viewer=who, at=timezone.now())
    reader = client(username)
    assert reader.get("/emergencies/").status_code == 403
    assert reader.get(f"/emergencies/{row.uid}/").status_code == 404
    assert reader.post(f"/emergencies/{row.uid}/", {"do": "confirm"}).status_code == 404
    assert client("inspector.ca").get(f"/emergencies/{row.uid}/").status_code == 200


@pytest.mark.parametrize("username", ["nobody.there", "steward", ""])
def test_it_is_asked_for_somebody_at_work_in_an_agency(username):
    with pytest.raises(ValidationError, match="Nobody of that name"):
        asked(new_ref(), username)


def test_a_decided_one_is_not_decided_again():
    row = opened(published_bulletin())
    with pytest.raises(ValidationError, match="since you looked"):
        confirmed(row)
    answer = client("inspector.ca").post(f"/emergencies/{row.uid}/", {"do": "decline"})
    assert answer.status_code == 400 and "since you looked" in text(answer)


def test_what_was_asked_long_ago_is_not_confirmed():
    row = asked(published_bulletin().ref, at=timezone.now() - timedelta(hours=13))
    with pytest.raises(ValidationError, match="too long ago"):
        confirmed(row)


# --- The locks ----------------------------------------------------------------------------------------------
def test_the_database_lets_nobody_open_by_writing_a_row():
    bulletin = published_bulletin()
    row = asked(bulletin.ref)
    with viewing(viewer("inspector")):
        for sql in (
            "update sharing_emergency set state = 'confirmed'",
            "delete from sharing_emergency",
            "insert into sharing_grant (record_id) values (1)",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from bulletins_record")
            assert cursor.fetchone() == (0,)
    with engine(), pytest.raises(IntegrityError, match="another_agency"), transaction.atomic():
        Emergency.objects.filter(pk=row.pk).update(
            state="confirmed",
            decided_by=row.asked_by,
            decided_from=row.asked_from,
            decided_at=timezone.now(),
            record=bulletin,
            until=timezone.now(),
        )


def test_the_third_lock_shows_the_face_to_the_person_alone():
    bulletin = published_bulletin()
    opened(bulletin, "cbsa.officer")
    for username, number in (("cbsa.officer", 1), ("cbsa.releaser", 0), ("hsi.agent", 0)):
        with viewing(viewer(username)):
            assert Face.objects.filter(record_id=bulletin.pk).count() == number, username
            assert Emergency.objects.count() == number, username


def test_an_inspector_asks_and_another_confirms_on_their_pages():
    bulletin = published_bulletin()
    asker, second = client("inspector"), client("inspector.ca")
    form = {"ref": bulletin.ref.lower(), "username": "txdps.trooper", "danger": DANGER}
    wrong = asker.post("/emergencies/", form | {"danger": "help"})
    assert wrong.status_code == 400 and "Name the imminent danger" in text(wrong)
    there = asker.post("/emergencies/", form).headers["Location"]
    assert "You asked for it" in text(asker.get(there))
    assert "1 waits for you to confirm" in text(second.get("/"))
    assert "waits for you" not in text(asker.get("/"))
    assert "Opened for one hour" in text(second.post(there, {"do": "confirm"}, follow=True))
    assert CANARIES["core"] in page("txdps.trooper", bulletin)
    shown = text(second.get(there)) + text(second.get("/emergencies/"))
    assert not any(word in shown for word in CANARIES.values())
    assert "Closed" in text(asker.post(there, {"do": "end"}, follow=True))
    assert CANARIES["core"] not in page("txdps.trooper", bulletin)
