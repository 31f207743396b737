"""CAP 1.2: alerts, updates and cancellations that a receiver of CAP takes, for the caller's agency and nobody else."""

from __future__ import annotations

import re

import pytest
from capvalidator import check_schema
from django.test import Client
from django.utils import timezone
from lxml import etree

from hub.database.context import engine, viewing
from sharing.disclosures.models import LedgerRow
from sharing.feeds.models import FeedEntry
from sharing.feeds.rules import certainty_of, severity_of, urgency_of
from sharing.flow import Handling, mark, release
from sharing.releases.plan import Pick
from tests.builders import CANARIES, plan, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.disclosures.reader import reader, same_to_a_stranger, take_back, text, with_photographs
from tests.feeds.polling import desk_feed, entries, program
from tests.feeds.test_atom import amended, marked
from tests.retention.test_purge import purged

pytestmark = pytest.mark.django_db

C = "{urn:oasis:names:tc:emergency:cap:1.2}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")


def alerts(username: str = "cbsa.officer", feed=None) -> list[etree._Element]:
    """Each alert of the list, fetched as a receiver does, and held to the OASIS schema."""
    client, feed = program(username), feed or desk_feed(username)
    found = []
    for entry in entries(client.get(f"/feeds/{feed.uid}/cap.xml")):
        answer = client.get(re.sub(r"^https?://[^/]+", "", entry.links[0].href))
        assert answer.status_code == 200 and answer["Content-Type"].startswith("application/cap+xml")
        result = check_schema(answer.content)
        assert result.passed, result.message
        found.append(etree.fromstring(answer.content))
        assert entry.id == f"urn:uuid:{said(found[-1], 'identifier')}"
    return found


def said(alert: etree._Element, name: str) -> str:
    return alert.findtext(f".//{C}{name}") or ""


def test_an_alert_says_all_that_the_caller_is_shown_and_nothing_withheld():
    bulletin = published_bulletin(title="Tank zebrafinch")
    released(bulletin, ("CBSA", "place", "identifiers"))
    (alert,) = alerts()
    whole = etree.tostring(alert, encoding="unicode")
    for group, word in CANARIES.items():
        # The agreement withholds the case.
        assert (word in whole) is (group not in ("place", "identifiers", "case")), group
    assert "withheld" in whole.lower() and "CBP" in said(alert, "source")
    assert (said(alert, "msgType"), said(alert, "status")) == ("Alert", "Actual")
    assert [each.text for each in alert.iter(f"{C}category")] == ["Safety", "Security"]
    assert (said(alert, "urgency"), said(alert, "severity")) == ("Immediate", "Severe")
    assert said(alert, "headline").startswith("TLP:AMBER") and said(alert, "description").startswith("TLP:")
    assert said(alert, "references") == ""
    for name in ("sent", "effective"):
        assert TIME.fullmatch(said(alert, name)) and said(alert, name).endswith("-00:00")
    for name in ("identifier", "sender"):
        assert not set(said(alert, name)) & set(" ,<&")


def test_the_order_of_elements_and_the_area_where_it_is_shown():
    bulletin = published_bulletin(latitude="27.50000", longitude="-99.50000", tlp="TLP:AMBER")
    released(bulletin, "CBSA", ("HSI", "place"))
    (whole,) = alerts("cbsa.officer")
    (part,) = alerts("hsi.agent")
    assert said(whole, "circle") == "27.5,-99.5 0" and CANARIES["place"] in said(whole, "areaDesc")
    assert said(part, "circle") == "" and CANARIES["place"] not in said(part, "areaDesc")


@pytest.mark.parametrize(
    ("tlp", "scope"),
    [
        ("TLP:CLEAR", "Restricted"),
        ("TLP:GREEN", "Restricted"),
        ("TLP:AMBER", "Restricted"),
        ("TLP:AMBER+STRICT", "Private"),
    ],
)
def test_it_is_never_public_and_names_no_receiver_but_the_caller(tlp, scope):
    released(published_bulletin(tlp=tlp), "CBSA", "HSI", "DEA", tlp=tlp)
    (alert,) = alerts()
    assert said(alert, "scope") == scope and said(alert, "restriction").startswith(tlp)
    assert said(alert, "addresses") == ("CBSA" if scope == "Private" else "")
    whole = etree.tostring(alert, encoding="unicode")
    assert "HSI" not in whole and "DEA" not in whole


def test_red_and_display_only_are_in_no_list_and_no_alert():
    red, shown = published_bulletin(tlp="TLP:RED"), published_bulletin()
    released(shown, "CBSA")
    (alert,) = alerts()
    marked(shown, "TLP:AMBER", controls=("DISPLAY ONLY",))
    (cancel,) = alerts()
    assert said(cancel, "msgType") == "Cancel" and said(alert, "identifier") in said(cancel, "references")
    del red


def test_a_correction_is_an_update_that_refers_to_what_this_feed_said_before():
    released(bulletin := published_bulletin(title="First"), "CBSA")
    (first,) = alerts()
    triple = ",".join(said(first, name) for name in ("sender", "identifier", "sent"))
    amended(bulletin, title="Second")
    (update,) = alerts()
    assert said(update, "msgType") == "Update" and said(update, "references") == triple
    assert said(update, "identifier") != said(first, "identifier") and said(update, "sent") > said(
        first, "sent"
    )
    amended(bulletin, title="Third")
    (newest,) = alerts()
    other = ",".join(said(update, name) for name in ("sender", "identifier", "sent"))
    assert said(newest, "references") == f"{triple} {other}"
    # Another feed that gave none of it before refers to nothing.
    released(bulletin, "HSI")
    (fresh,) = alerts("hsi.agent")
    assert (said(fresh, "msgType"), said(fresh, "references")) == ("Alert", "")


@pytest.mark.parametrize("how", ["recalled", "purged"])
def test_a_recall_is_a_cancel_with_no_word_left(how):
    released(bulletin := published_bulletin(title="Was here"), "CBSA")
    (first,) = alerts()
    take_back(bulletin) if how == "recalled" else purged(bulletin)
    with engine():
        assert (FeedEntry.objects.get().shape == "") is (how == "purged")
    (cancel,) = alerts()
    assert (said(cancel, "msgType"), said(cancel, "scope")) == ("Cancel", "Private")
    assert said(cancel, "addresses") == "CBSA"
    assert said(cancel, "references") == ",".join(
        said(first, name) for name in ("sender", "identifier", "sent")
    )
    whole = etree.tostring(cancel, encoding="unicode")
    assert "Was here" not in whole and "TLP" not in whole and cancel.find(f"{C}info") is None


def test_what_comes_back_is_an_alert_of_its_own():
    released(bulletin := published_bulletin(), "CBSA")
    (first,) = alerts()
    marked(bulletin, "TLP:AMBER", controls=("DISPLAY ONLY",))
    (cancel,) = alerts()
    marked(bulletin, "TLP:AMBER")
    (again,) = alerts()
    assert (said(again, "msgType"), said(again, "references")) == ("Alert", "")
    assert said(first, "sent") <= said(cancel, "sent") < said(again, "sent")


def test_an_older_message_is_fetched_in_vain():
    released(bulletin := published_bulletin(), "CBSA")
    (first,) = alerts()
    feed, client = desk_feed("cbsa.officer"), program("cbsa.officer")
    address = f"/feeds/{feed.uid}/cap/{said(first, 'identifier')}.xml"
    amended(bulletin, title="Second")
    # Superseded, though nobody has asked for the list since.
    assert client.get(address).status_code == 404
    alerts()
    ghost = f"/feeds/{feed.uid}/cap/00000000-0000-4000-8000-000000000000.xml"
    assert same_to_a_stranger(client.get(address)) == same_to_a_stranger(client.get(ghost))


def test_an_alert_of_another_feed_is_a_ghost():
    released(published_bulletin(), "CBSA")
    alerts()
    with engine():
        message = FeedEntry.objects.get().message
    for username in ("hsi.agent", "ncb.officer"):
        client, feed = program(username), desk_feed(username)
        found = client.get(f"/feeds/{feed.uid}/cap/{message}.xml")
        ghost = client.get(f"/feeds/{feed.uid}/cap/00000000-0000-4000-8000-000000000000.xml")
        assert same_to_a_stranger(found) == same_to_a_stranger(ghost) and found.status_code == 404
        assert entries(client.get(f"/feeds/{feed.uid}/cap.xml")) == []


def test_photographs_are_named_by_address_and_never_inside():
    bulletin, uids = with_photographs()
    released(bulletin, ("CBSA", "technique"))
    (alert,) = alerts()
    (resource,) = alert.iter(f"{C}resource")
    assert (
        said(resource, "uri").endswith(f"/photographs/{uids['detail']}/") and said(resource, "derefUri") == ""
    )
    assert uids["technique"] not in etree.tostring(alert, encoding="unicode")
    path = re.sub(r"^https?://[^/]+", "", said(resource, "uri"))
    read = program("cbsa.officer", scope="read")
    assert (
        read.get(path).status_code == 200
        and program("ncb.officer", scope="read").get(path).status_code == 404
    )


def test_a_seizure_report_is_an_alert_too():
    released(published_seizure(), "CBSA")
    (alert,) = alerts()
    assert (said(alert, "certainty"), said(alert, "urgency")) == ("Observed", "Past")
    assert [each.text for each in alert.iter(f"{C}category")] == ["Security"]
    assert "44.1 lb" in said(alert, "description")


def test_what_is_pulled_is_in_the_ledger_and_an_unchanged_list_is_not_given_again():
    released(bulletin := published_bulletin(), "CBSA")
    feed, client = desk_feed("cbsa.officer"), program("cbsa.officer")
    first = client.get(f"/feeds/{feed.uid}/cap.xml")
    again = client.get(f"/feeds/{feed.uid}/cap.xml", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    with engine():
        (row,) = LedgerRow.objects.filter(channel="cap")
    assert (row.records, row.agency_id, row.person) == ([bulletin.pk], agency("CBSA").pk, "cbsa.officer")


def test_words_of_people_break_no_document():
    odd = 'A & B <c> ]]> \x0b\x00 \U0001f69b \ufffe, "quoted"'
    with viewing(viewer("cbp.officer")):
        bulletin = published_bulletin(title=odd.replace("\x00", ""), narrative=odd.replace("\x00", ""))
    released(bulletin, "CBSA")
    (alert,) = alerts()
    assert "A & B <c> ]]>" in said(alert, "headline")


def test_a_link_opens_no_alerts():
    assert Client().get(f"/feeds/{'x' * 43}/cap.xml").status_code == 404
    assert "cap" not in text(Client().get(f"/feeds/{'x' * 43}/atom.xml"))


@pytest.mark.parametrize(
    ("kind", "urgency", "hazard", "expected"),
    [
        ("bulletin", "immediate", False, ("Immediate", "Moderate")),
        ("bulletin", "priority", False, ("Expected", "Moderate")),
        ("bulletin", "routine", False, ("Future", "Minor")),
        ("bulletin", "routine", True, ("Immediate", "Severe")),
        ("seizure", "", False, ("Past", "Minor")),
    ],
)
def test_what_caps_terms_mean_here(kind, urgency, hazard, expected):
    assert (urgency_of(kind, urgency, hazard=hazard), severity_of(urgency, hazard=hazard)) == expected


@pytest.mark.parametrize(
    ("grade", "said"),
    [("1", "Observed"), ("2", "Likely"), ("4", "Unlikely"), ("6", "Unknown"), ("", "Unknown")],
)
def test_certainty_is_the_grading_of_the_information(grade, said):
    assert certainty_of("bulletin", grade) == said


@pytest.mark.parametrize("form", ["atom", "cap"])
def test_what_one_person_was_given_is_in_no_feed_that_colleagues_poll(form):
    """Named at TLP:RED, it stays theirs when it is marked lower; a colleague's poll would tell of its end."""
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(given := published_bulletin(title="For the desk"), "CBSA")
    with viewing(who):
        named = Pick(
            agency=viewer("cbsa.officer").agency_id, persons=frozenset({viewer("cbsa.officer").person_id})
        )
        release([bulletin], plan(named, tlp="TLP:RED"), viewer=who, at=timezone.now())
        mark(bulletin, Handling("TLP:AMBER"), reason="As agreed", viewer=who, at=timezone.now())
    assert reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/").status_code == 200
    assert reader("cbsa.liaison").get(f"/bulletins/{bulletin.ref}/").status_code == 404
    path = f"/feeds/{desk_feed('cbsa.officer').uid}/{form}.xml"
    for username in ("cbsa.officer", "cbsa.liaison", "cbsa.officer"):
        found = program(username).get(path).content.decode()
        assert given.title in found, username
        assert CANARIES["core"] not in found and bulletin.ref not in found, username
        assert "Withdrawn" not in found, username
