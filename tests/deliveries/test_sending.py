"""From a release to inboxes, mails and webhooks; and from a recall."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from hub.agencies.models import Agency, AgencyState, Person
from hub.database.context import viewing
from sharing.deliveries.models import Delivery, Urgency
from sharing.deliveries.querysets import inbox_items, unread_count
from sharing.deliveries.sending import begin
from sharing.disclosures.models import LedgerRow
from sharing.releases.models import Release
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import deliveries, endpoint_for, recalled, send, states

pytestmark = pytest.mark.django_db

SENT = {("new", "inbox"): "sent", ("new", "mail"): "sent", ("new", "webhook"): "sent"}


def inbox(username):
    who = viewer(username)
    with viewing(who):
        return [(item.alert, item.ref) for item in inbox_items(who)]


def test_a_release_reaches_inbox_mail_and_webhook_of_those_named_and_of_nobody_else(receiver):
    endpoint_for("CBSA", receiver.url)
    endpoint_for("NCB-OTTAWA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "place", "identifiers"), "community:HIDTA-STX")

    send()

    assert states("CBSA") == SENT and len(receiver.received) == 1
    assert inbox("cbsa.officer") == inbox("stx.analyst") == [("new", bulletin.ref)]
    assert {"desk@cbsa.example", "desk@hidta-stx.example"} <= {to for sent in mail.outbox for to in sent.to}
    assert deliveries("NCB-OTTAWA") == deliveries("CBP") == []
    assert inbox("ncb.officer") == inbox("cbp.officer") == []
    assert not any("ncb" in to for sent in mail.outbox for to in sent.to)


def test_nothing_is_sent_twice_by_a_second_run(receiver):
    endpoint_for("CBSA", receiver.url)
    released(published_bulletin(), "CBSA")
    assert send() == 3
    assert send() == 0
    assert len(receiver.received) == 1 and len(mail.outbox) == 1


def test_what_is_withheld_is_in_no_mail_and_no_webhook(receiver):
    endpoint_for("CBSA", receiver.url)
    endpoint_for("DEA", receiver.url)
    released(published_bulletin(), ("CBSA", "place", "identifiers"), "DEA", tlp="TLP:GREEN")
    send()
    bodies = {got.payload["data"]["agreement"]: got.body.decode() for got in receiver.received}
    cbsa, dea = bodies["CBP-CBSA"], bodies[""]
    for group in ("place", "identifiers", "case"):
        assert CANARIES[group] in dea and CANARIES[group] not in cbsa
    assert CANARIES["detail"] in cbsa
    mails = "".join(part for sent in mail.outbox for part in (str(sent.message()), sent.subject))
    assert CANARIES["core"] in mails
    for group in ("detail", "place", "technique", "identifiers", "case"):
        assert CANARIES[group] not in mails


def test_a_recall_between_queueing_and_sending_cancels_and_sends_nothing_out(receiver):
    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    recalled(bulletin)
    send()
    assert mail.outbox == [] and receiver.received == []
    assert {states("CBSA")[key] for key in SENT} == {"cancelled"}
    # The record stood in their lists meanwhile: the notice of its recall is in the inbox, and nowhere else.
    assert [(row.alert.kind, row.channel) for row in deliveries("CBSA")][3:] == [("recalled", "inbox")]
    assert inbox("cbsa.officer") == [("recalled", bulletin.ref)]


def test_a_recall_after_sending_goes_wherever_it_was_sent_and_nowhere_else(receiver):
    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    recalled(bulletin)
    send()
    first, second = receiver.received
    assert (first.payload["type"], second.payload["type"]) == ("bulletin.released", "bulletin.recalled")
    assert set(second.payload["data"]) == {"uid", "ref", "kind", "version", "recalled_at", "reason"}
    assert second.payload["data"]["ref"] == bulletin.ref
    assert len(mail.outbox) == 2 and bulletin.ref in mail.outbox[1].subject
    assert inbox("cbsa.officer") == [("recalled", bulletin.ref)]
    assert inbox("ncb.officer") == inbox("rcmp.officer") == []


def test_a_retry_after_a_recall_sends_only_the_recall(receiver):
    endpoint_for("CBSA", receiver.url)
    receiver.answers = [500, 204]
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    (first,) = deliveries("CBSA", "webhook")
    assert (first.state, first.attempts, first.failure) == ("waiting", 1, "the endpoint answered 500")
    recalled(bulletin)
    send(at=first.due_at)
    first, second = deliveries("CBSA", "webhook")
    # The first attempt may have arrived whatever was answered: so the recall follows it.
    assert (first.state, second.state) == ("cancelled", "sent")
    assert [got.payload["type"] for got in receiver.received] == ["bulletin.released", "bulletin.recalled"]


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("how", ["release ended", "agency suspended", "endpoint disabled"])
def test_access_is_asked_again_when_sending(how, lost, receiver):
    endpoint, _ = endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    at = timezone.now()
    if lost and how == "release ended":
        who = viewer("cbp.releaser")
        with viewing(who):
            Release.objects.filter(record_id=bulletin.pk).update(ended_at=at)
            from sharing.audiences.actions import regrant

            regrant([bulletin.pk], at=at)
    elif lost and how == "agency suspended":
        Agency.objects.filter(code="CBSA").update(state=AgencyState.SUSPENDED)
    elif lost:
        with viewing(viewer("cbsa.officer")):
            type(endpoint).objects.filter(pk=endpoint.pk).update(disabled_at=at)
    send()
    assert states("CBSA")[("new", "webhook")] == ("cancelled" if lost else "sent")
    assert len(receiver.received) == (0 if lost else 1)
    if how != "endpoint disabled":
        assert len(mail.outbox) == (0 if lost else 1)


@pytest.mark.parametrize(("controls", "sent"), [((), "sent"), (("DISPLAY ONLY",), "cancelled")])
def test_what_is_for_display_only_leaves_by_no_webhook(controls, sent, receiver):
    from sharing.flow import release
    from tests.builders import pick, plan

    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick("CBSA"), controls=controls), viewer=who, at=timezone.now())
    send()
    (row,) = deliveries("CBSA", "webhook")
    assert row.state == sent and len(receiver.received) == (1 if sent == "sent" else 0)
    assert row.notes == ([] if sent == "sent" else ["its marking keeps it on the hub's pages"])
    assert row.failure == ""
    assert inbox("cbsa.officer") == [("new", bulletin.ref)]
    recalled(bulletin)
    send()
    assert len(receiver.received) == (2 if sent == "sent" else 0)


def test_at_red_the_person_named_is_told_and_neither_the_desk_nor_a_colleague(receiver):
    from sharing.flow import release
    from sharing.releases.plan import Pick
    from tests.builders import plan

    endpoint_for("HSI", receiver.url)
    hsi = agency("HSI")
    Person.objects.create(
        username="hsi.colleague", email="colleague@hub.example", agency=hsi, roles=["releaser"]
    )
    named = viewer("hsi.agent")
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        picked = Pick(agency=named.agency_id, persons=frozenset({named.person_id}))
        release([bulletin], plan(picked, tlp="TLP:RED"), viewer=who, at=timezone.now())
    send()
    (sent,) = mail.outbox
    assert sent.to == ["hsi.agent@hub.example"] and receiver.received == []
    assert inbox("hsi.agent") == [("new", bulletin.ref)] and inbox("hsi.colleague") == []
    colleague = viewer("hsi.colleague")
    with viewing(colleague):
        assert not Delivery.objects.exists()
    recalled(bulletin)
    send()
    assert [one.to for one in mail.outbox] == [["hsi.agent@hub.example"]] * 2
    assert inbox("hsi.agent") == [("recalled", bulletin.ref)] and inbox("hsi.colleague") == []


def test_hazards_and_recalls_overtake_what_waits_longer(receiver):
    endpoint_for("CBSA", receiver.url)
    refs = [released_quietly(hazard) for hazard in (False, False, True)]
    (first,), _more = begin("webhook", limit=1, at=timezone.now())
    assert first.row.ref == refs[2] and first.row.urgency == Urgency.FIRST
    assert [row.row.ref for row in begin("webhook", limit=9, at=timezone.now())[0]] == refs[:2]


def released_quietly(hazard):
    bulletin = published_bulletin(hazard=hazard)
    released(bulletin, "CBSA")
    return bulletin.ref


def test_each_mail_and_webhook_is_in_the_ledger_of_the_desk(receiver):
    endpoint_for("CBSA", receiver.url)
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    with viewing(viewer("cbsa.officer")):
        rows = {row.channel: row for row in LedgerRow.objects.all()}
    assert set(rows) == {"mail", "webhook"}
    assert rows["webhook"].records == [bulletin.pk] and rows["webhook"].person_id is None


def test_the_inbox_has_one_line_a_record_and_drops_what_is_no_longer_shared():
    bulletin, other = published_bulletin(), published_bulletin()
    released(bulletin, "CBSA")
    released(other, "CBSA")
    send()
    released(bulletin, ("CBSA", "place"))
    send()
    assert inbox("cbsa.officer") == [("amended", bulletin.ref), ("new", other.ref)]
    who = viewer("cbsa.officer")
    with viewing(who):
        assert unread_count(who) == 2
        first = inbox_items(who)[0]
        assert (first.kind, first.version, first.owner.code, first.hazard) == ("bulletin", 1, "CBP", True)
        assert [item.ref for item in inbox_items(who).before(first.uid)] == [other.ref]
    by = viewer("cbp.releaser")
    with viewing(by):
        from sharing.audiences.actions import regrant

        Release.objects.filter(record_id=other.pk).update(ended_at=timezone.now())
        regrant([other.pk], at=timezone.now())
    assert inbox("cbsa.officer") == [("amended", bulletin.ref)]
    with viewing(who):
        assert unread_count(who) == 1


def test_a_record_released_again_after_its_recall_stands_as_new():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    send()
    recalled(bulletin)
    send()
    released(bulletin, "CBSA")
    send(at=timezone.now() + timedelta(seconds=1))
    assert inbox("cbsa.officer") == [("new", bulletin.ref)]
    assert agency("CBSA").state == AgencyState.ACTIVE
