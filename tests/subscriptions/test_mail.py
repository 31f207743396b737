"""What a mail says of the subscription it came by, and the link that stops its like."""

from __future__ import annotations

import email
import re
from email.policy import default

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.accounts.viewer import desk_of
from hub.agencies.models import Agency, AgencyState, Person
from hub.database.context import viewing
from sharing.subscriptions.actions import change
from sharing.subscriptions.links import Link, opened, sealed
from sharing.subscriptions.models import Subscription
from sharing.subscriptions.wishes import wish_of
from tests.builders import published_bulletin, released
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import recalled, send
from tests.disclosures.reader import text
from tests.subscriptions.conftest import first_of, quiet, subscribed, told

pytestmark = pytest.mark.django_db


def sent(to: str):
    (found,) = [each for each in mail.outbox if each.to == [to]]
    return email.message_from_bytes(found.message().as_bytes(), policy=default)


def link_in(message) -> str:
    whole = message["List-Unsubscribe"].strip()
    assert whole.startswith("<http") and whole.endswith("/>"), whole
    return re.sub(r"^<https?://[^/]+|>$", "", whole)


def plain(page) -> str:
    """The page without what each answer has anew."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(page))


def given(tlp="TLP:GREEN", hazard=False, code="DEA"):
    released(published_bulletin(hazard=hazard), code, tlp=tlp)
    send()


def fresh(row):
    who = viewer("dea.agent")
    with viewing(who):
        return Subscription.objects.get(pk=row.pk)


def test_a_mail_says_which_subscription_it_came_by_where_it_may_say_what_it_is_about():
    subscribed("dea.agent", title="Fuel tanks", methods=("VEH-MECH-FUEL",))
    given()
    body = sent("dea.agent@hub.example").get_body(("plain",)).get_content()
    assert "It came by your subscription: Fuel tanks." in body
    assert "Fuel tanks" not in str(sent(agency("DEA").desk_email))


@pytest.mark.parametrize("tlp", ["TLP:AMBER", "TLP:AMBER+STRICT"])
def test_a_mail_that_may_not_say_what_it_is_about_does_not_say_it_by_a_name_either(tlp):
    subscribed("dea.agent", title="Fuel tanks", methods=("VEH-MECH-FUEL",))
    given(tlp)
    found = sent("dea.agent@hub.example")
    assert "Fuel tanks" not in found.as_string() and found["List-Unsubscribe"]


def test_a_name_does_not_tell_what_was_withheld_after_it_matched():
    subscribed("dea.agent", title="Near Laredo", words="Laredo")
    subscribed("dea.agent", title="Tanks", methods=("VEH-MECH-FUEL",))
    bulletin = published_bulletin(hazard=False)
    released(bulletin, "DEA", tlp="TLP:GREEN")
    released(bulletin, ("DEA", "place"), tlp="TLP:GREEN")
    send()
    body = sent("dea.agent@hub.example").get_body(("plain",)).get_content()
    assert "subscription: Tanks." in body and "Laredo" not in body


def test_headers_are_those_of_one_click():
    subscribed("dea.agent")
    given()
    found = sent("dea.agent@hub.example")
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link_in(found).startswith("/unsubscribe/")
    text = found.as_string()
    assert "dea.agent" not in link_in(found) and "DEA" not in link_in(found) and "Mine" in text


def test_one_click_stops_and_a_look_does_not():
    row = subscribed("dea.agent")
    given()
    stop, client = link_in(sent("dea.agent@hub.example")), Client(enforce_csrf_checks=True)
    looked = client.get(stop)
    assert looked.status_code == 200 and client.head(stop).status_code == 200
    assert fresh(row).paused_at is None
    done = client.post(stop, {"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and fresh(row).paused_at is not None
    assert plain(client.post(stop)) == plain(done)
    given()
    assert len([each for each in mail.outbox if each.to == ["dea.agent@hub.example"]]) == 1


def test_pages_of_the_link_name_nothing_and_answer_any_link_alike():
    subscribed("dea.agent", title="Fuel tanks")
    given()
    stop, client = link_in(sent("dea.agent@hub.example")), Client()
    for method in (client.get, client.post):
        real, none = method(stop), method("/unsubscribe/nothing/")
        assert real.status_code == none.status_code == 200
        assert plain(real).replace(stop, "/unsubscribe/nothing/") == plain(none)
        for word in ("Fuel tanks", "DEA", "dea.agent", "Fentanyl"):
            assert word not in real.content.decode()


def test_other_ways_go_on_when_mails_stop():
    row = first_of("stx.analyst")
    given(code="HIDTA-STX")
    Client().post(link_in(sent(agency("HIDTA-STX").desk_email)))
    given(code="HIDTA-STX")
    assert [each.channel for each in told("HIDTA-STX")] == ["inbox", "mail", "inbox"]
    with viewing(viewer("stx.analyst")):
        row.refresh_from_db()
    assert row.channels == ["inbox", "webhook", "taxii"] and row.paused_at is None


def test_officer_safety_has_no_link_at_the_desk_and_goes_on():
    given(hazard=True)
    assert sent(agency("DEA").desk_email)["List-Unsubscribe"] is None
    quiet("cbsa.liaison")
    given(hazard=True, code="CBSA", tlp="TLP:AMBER")
    assert sent(agency("CBSA").desk_email)["List-Unsubscribe"] is None


@pytest.mark.parametrize("hazard", [True, False])
def test_a_mail_that_does_not_say_whether_it_is_a_hazard_does_not_say_it_by_a_link_either(hazard):
    given(tlp="TLP:AMBER+STRICT", hazard=hazard)
    found = sent(agency("DEA").desk_email)
    assert "something waits" in found["Subject"].lower() and found["List-Unsubscribe"]


def test_recalls_have_no_link():
    bulletin = published_bulletin(hazard=False)
    released(bulletin, "DEA", tlp="TLP:GREEN")
    send()
    recalled(bulletin)
    send()
    assert (
        "List-Unsubscribe" in mail.outbox[0].message() and "List-Unsubscribe" not in mail.outbox[1].message()
    )


@pytest.mark.parametrize("gone", ["", "inactive", "moved", "suspended", "forged", "another's"])
def test_a_link_stops_what_is_its_recipients_and_nothing_else(gone):
    row = subscribed("dea.agent")
    who = viewer("dea.agent")
    link = Link(who.agency_id, who.person_id, (row.uid,))
    if gone == "another's":
        link = Link(who.agency_id, viewer("hsi.agent").person_id, (row.uid,))
    if gone == "inactive":
        Person.objects.filter(pk=who.person_id).update(is_active=False)
    if gone == "moved":
        Person.objects.filter(pk=who.person_id).update(agency=agency("CBP"))
    if gone == "suspended":
        Agency.objects.filter(pk=who.agency_id).update(state=AgencyState.SUSPENDED)
    token = sealed(link)
    Client().post(f"/unsubscribe/{token[:-4] + 'AAAA' if gone == 'forged' else token}/")
    with viewing(who):
        assert (Subscription.objects.get(pk=row.pk).paused_at is not None) is (gone == "")


def test_the_desks_link_stops_no_persons_and_a_persons_not_the_desks():
    own, desk = subscribed("stx.analyst"), first_of("stx.analyst")
    who = viewer("stx.analyst")
    for link in (Link(who.agency_id, None, (own.uid,)), Link(who.agency_id, who.person_id, (desk.uid,))):
        Client().post(f"/unsubscribe/{sealed(link)}/")
    with viewing(who):
        assert Subscription.objects.get(pk=own.pk).paused_at is None
        assert Subscription.objects.get(pk=desk.pk).channels == ["inbox", "mail", "webhook", "taxii"]


def test_links_say_nothing_to_who_holds_them_and_are_known_again():
    who = viewer("dea.agent")
    link = Link(who.agency_id, who.person_id, (subscribed("dea.agent").uid,))
    token = sealed(link)
    assert opened(token) == link and sealed(link) != token
    assert opened("") is opened("x" * 9000) is opened("é") is opened(token[:-1]) is None


def test_signed_in_as_somebody_else_the_link_is_its_recipients_still():
    row = subscribed("dea.agent")
    given()
    client = Client()
    client.force_login(person("cbsa.officer"))
    client.post(link_in(sent("dea.agent@hub.example")))
    assert fresh(row).paused_at is not None


def test_a_title_begins_no_header_of_its_own():
    row, who = subscribed("dea.agent"), viewer("dea.agent")
    with viewing(who):
        from dataclasses import replace

        change(row, replace(wish_of(row), title="x\r\nBcc: all@example.com"), viewer=who, at=timezone.now())
    given()
    assert sent("dea.agent@hub.example")["Bcc"] is None
    with viewing(desk_of(agency("DEA"))):
        assert not Subscription.objects.filter(person_id=who.person_id).exists()
