"""A recipient under consent has on every channel what the consent leaves it, and nothing past its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bulletins.models import Found
from hub.database.context import viewing
from sharing.requests.actions import withdraw_consent
from tests.briefings.conftest import briefing, browse  # noqa: F401
from tests.builders import CANARIES, asked, granted, released
from tests.cast import agency, viewer
from tests.deliveries.conftest import endpoint_for, loopback_is_permitted, receiver, send, states  # noqa: F401
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import reader, text, with_photographs

pytestmark = pytest.mark.django_db

HELD = ("place", "technique")


def given_on(record, *withheld, until=None):
    """HSI consents that Texas DPS has it, without some of it; CBP releases."""
    request = asked(record, "TXDPS", by="stx.analyst")
    granted(request, *withheld, by="hsi.agent", until=until)
    granted(request, by="cbp.releaser")
    return request


def test_pages_search_and_programs_show_what_the_consent_leaves(of_hsi, caller):
    given_on(of_hsi, *HELD)
    person, program = reader("txdps.trooper"), caller("txdps.trooper", "read")
    said = [
        text(person.get(f"/bulletins/{of_hsi.ref}/")),
        program.get(f"bulletins/{of_hsi.uid}/").content.decode(),
        program.get("bulletins/").content.decode(),
    ]
    for words in said:
        assert CANARIES["core"] in words
        assert not [group for group in HELD if CANARIES[group] in words]
    assert CANARIES["detail"] in said[0] and CANARIES["identifiers"] in said[1]
    who = viewer("txdps.trooper")
    with viewing(who):
        found = {
            group: Found.objects.visible_to(who).matching(word).exists() for group, word in CANARIES.items()
        }
    assert found["core"] and found["detail"] and not found["place"] and not found["technique"]
    names = program.get(f"bulletins/{of_hsi.uid}/").json()["withheld"]
    assert {row["group"] for row in names} == set(HELD)


def test_a_photograph_of_a_group_that_the_consent_withholds_is_not_streamed(store):  # noqa: F811
    record, uids = with_photographs(originator=agency("HSI"))
    from tests.builders import consented

    released(record, "HIDTA-STX", "TXDPS")
    consented(record, "HIDTA-STX", by="hsi.agent")
    given_on(record, "technique")
    client = reader("txdps.trooper")
    base = f"/bulletins/{record.ref}/photographs/"
    assert client.get(f"{base}{uids['detail']}/").status_code == 200
    assert client.get(f"{base}{uids['technique']}/").status_code == 404
    assert reader("stx.analyst").get(f"{base}{uids['technique']}/").status_code == 200


def test_webhooks_carry_what_the_consent_leaves(of_hsi, receiver):  # noqa: F811
    endpoint_for("TXDPS", receiver.url)
    given_on(of_hsi, *HELD)
    send()
    (sent,) = receiver.received
    words = sent.body.decode()
    assert CANARIES["core"] in words and CANARIES["detail"] in words
    assert CANARIES["place"] not in words and CANARIES["technique"] not in words


def test_mails_say_of_it_what_its_marking_allows_and_nothing_before_the_owner_releases(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, "place", by="hsi.agent")
    send()
    desk = agency("TXDPS").desk_email
    assert desk and not [each for each in mail.outbox if desk in each.to]
    granted(request, by="cbp.releaser")
    send()
    (sent,) = [each for each in mail.outbox if desk in each.to]
    words = sent.message().as_string()
    assert of_hsi.ref in words and not [word for word in CANARIES.values() if word in words]


def test_what_waits_to_be_sent_is_not_sent_once_the_consent_is_withdrawn(of_hsi, receiver):  # noqa: F811
    endpoint_for("TXDPS", receiver.url)
    request = given_on(of_hsi)
    who = viewer("hsi.agent")
    with viewing(who):
        withdraw_consent(request, viewer=who, at=timezone.now())
    send()
    assert not receiver.received
    assert states("TXDPS")["new", "mail"] != "sent"


def test_the_paper_of_a_briefing_leaves_out_what_the_consent_withholds(of_hsi, briefing):  # noqa: F811
    given_on(of_hsi, "detail")
    made = briefing("TXDPS")
    assert CANARIES["core"] in made.paper() and CANARIES["detail"] not in made.paper()
    assert CANARIES["detail"] not in made.text()


def test_past_the_end_of_the_consent_every_channel_is_silent(of_hsi, caller, jump, receiver):  # noqa: F811
    end = timezone.now() + timedelta(hours=1)
    endpoint_for("TXDPS", receiver.url)
    given_on(of_hsi, until=end)
    person, program = reader("txdps.trooper"), caller("txdps.trooper", "read")
    path = f"bulletins/{of_hsi.uid}/"
    assert program.get(path).status_code == 200
    jump(end)
    assert program.get(path).status_code in (404, 410)
    assert person.get(f"/bulletins/{of_hsi.ref}/").status_code == 404
    assert program.get("bulletins/").json()["results"] == []
    assert CANARIES["core"] not in text(person.get("/search/?q=fentanyl"))
    send()
    assert not receiver.received
    assert CANARIES["core"] in text(reader("stx.analyst").get(f"/bulletins/{of_hsi.ref}/"))


def test_e_sees_nothing_of_the_others(of_hsi, caller):
    """The probe: what came from A by B's asking shows E neither B nor B's words, nor who else has it."""
    request = asked(of_hsi, "TXDPS", by="stx.analyst", need="Bittern among the reeds")
    granted(request, by="hsi.agent")
    granted(request, by="cbp.releaser")
    send()
    person, program = reader("txdps.trooper"), caller("txdps.trooper", "read")
    said = (
        text(person.get(f"/bulletins/{of_hsi.ref}/"))
        + program.get(f"bulletins/{of_hsi.uid}/").content.decode()
    )
    assert CANARIES["core"] in said
    for path in ("/", "/inbox/", "/inbox/?show=all", "/requests/", f"/bulletins/{of_hsi.ref}/"):
        said += text(person.get(path))
    said += program.get("requests/").content.decode()
    assert "Bittern" not in said and "HIDTA-STX" not in said and str(request.uid) not in said
    assert person.get(f"/requests/{request.uid}/").status_code == 404
