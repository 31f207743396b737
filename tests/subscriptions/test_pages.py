"""The pages of subscriptions: any search becomes one, with what it would have brought, as its owner is shown it."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hub.database.context import engine, viewing
from sharing.audiences.models import Grant
from sharing.disclosures.models import LedgerRow
from sharing.flow import release
from sharing.releases.plan import Pick
from sharing.subscriptions.models import Subscription
from tests.builders import CANARIES, plan, published_bulletin, published_seizure, released
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.deliveries.conftest import send
from tests.disclosures.reader import reader, text
from tests.subscriptions.conftest import first_of, subscribed, to

pytestmark = pytest.mark.django_db

NEW, PREVIEW = "/subscriptions/new/", "/subscriptions/preview/"
FORM = {"title": "Tanks", "channels": ["inbox"], "frequency": "at_once"}


def count(page) -> int:
    return int(re.search(r'n-big">([\d,]+)', page.content.decode())[1].replace(",", ""))


def own(username):
    who = viewer(username)
    with viewing(who):
        return list(Subscription.objects.filter(person_id=who.person_id))


def test_a_search_becomes_a_subscription():
    released(published_bulletin(), "CBSA")
    officer = reader("cbsa.officer")
    found = officer.get("/search/?q=zebrafinch&method=VEH-MECH-FUEL")
    (href,) = re.findall(r'href="(/subscriptions/new/[^"]+)"', found.content.decode())
    form = officer.get(href.replace("&amp;", "&"))
    assert form.context["form"]["words"].value() == "zebrafinch" and count(form) == 1
    assert form.context["form"]["methods"].value() == ["VEH-MECH-FUEL"]
    sent = {**FORM, "words": "zebrafinch", "methods": ["VEH-MECH-FUEL"]}
    assert officer.post(NEW, sent)["Location"] == "/subscriptions/"
    (row,) = own("cbsa.officer")
    assert (row.words, row.methods, row.title, row.channels) == (
        "zebrafinch",
        ["VEH-MECH-FUEL"],
        "Tanks",
        ["inbox"],
    )
    released(published_bulletin(), "CBSA")
    assert [each.channel for each in to("cbsa.officer")] == ["inbox"]


@pytest.mark.parametrize(("kind", "path"), [("bulletin", "/bulletins/"), ("seizure", "/seizures/")])
def test_a_list_becomes_one_of_its_kind(kind, path):
    released(published_bulletin(), "CBSA")
    released(published_seizure(), "CBSA")
    officer = reader("cbsa.officer")
    page = officer.get(f"{path}?mode=passenger_vehicle&month=2026").content.decode()
    (href,) = re.findall(r'href="(/subscriptions/new/[^"]+)"', page)
    form = officer.get(href.replace("&amp;", "&"))
    assert form.context["form"]["kinds"].value() == [kind] and count(form) == 1
    assert "the month of your search is left out" in text(form)
    assert "/subscriptions/new/" not in officer.get(path).content.decode()


def test_what_is_withheld_is_neither_counted_nor_listed_and_whoever_has_it_counts_it():
    released(published_bulletin(), ("CBSA", "place", "technique", "identifiers"), "HSI")
    port = "Laredo - Gateway to the Americas, TX"
    for asked in (
        {"words": CANARIES["place"]},
        {"ports": port},
        {"ports": port, "near_km": 500},
        {"words": CANARIES["technique"]},
        {"words": CANARIES["identifiers"]},
    ):
        assert count(reader("cbsa.officer").get(PREVIEW, asked)) == 0, asked
        assert count(reader("hsi.agent").get(PREVIEW, asked)) == 1, asked
    assert count(reader("ncb.officer").get(PREVIEW)) == 0
    shown = text(reader("cbsa.officer").get(PREVIEW))
    assert CANARIES["core"] in shown and not any(CANARIES[group] in shown for group in ("place", "technique"))


def test_ones_own_agencys_posts_are_not_counted():
    released(published_bulletin(), "CBSA")
    assert count(reader("cbp.officer").get(PREVIEW)) == 0


def test_what_reached_the_agency_longer_ago_is_not_counted():
    released(published_bulletin(), "CBSA")
    assert count(reader("cbsa.officer").get(PREVIEW)) == 1
    as_owner("update sharing_grant set visible_since = visible_since - interval '91 days'")
    assert count(reader("cbsa.officer").get(PREVIEW)) == 0


def test_a_desks_is_counted_as_the_desk_is_shown():
    """What was named to a person at TLP:RED is theirs, not their desk's."""
    named, who = viewer("stx.analyst"), viewer("cbp.releaser")
    with viewing(who):
        picked = Pick(agency=named.agency_id, persons=frozenset({named.person_id}))
        release([published_bulletin()], plan(picked, tlp="TLP:RED"), viewer=who, at=timezone.now())
    liaison = reader("stx.analyst")
    assert count(liaison.get(PREVIEW, {"whose": "me"})) == 1
    assert count(liaison.get(PREVIEW, {"whose": "desk"})) == 0


def test_the_preview_is_on_the_ledger_as_read_by_its_reader():
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    reader("cbsa.officer").get(PREVIEW)
    with viewing(viewer("cbsa.officer")) as who:
        (row,) = LedgerRow.objects.all()
    assert (row.records, row.person_id, row.channel) == ([bulletin.pk], who.person_id, "page")


def test_the_fragment_brings_its_marking_and_the_page_its_own():
    released(published_bulletin(), "CBSA")
    officer = reader("cbsa.officer")
    assert "TLP:AMBER" in text(officer.get(PREVIEW))
    assert officer.get(NEW).context["page_marking"].tlp == "TLP:AMBER"


@pytest.mark.parametrize(
    "asked", [{"methods": "NOTHING"}, {"near_km": "-3"}, {"ports": "Nowhere at all"}, {"owners": "GHOST"}]
)
def test_a_preview_of_nonsense_says_so(asked):
    page = reader("cbsa.officer").get(PREVIEW, asked)
    assert page.status_code == 200 and "usa-error-message" in page.content.decode()


def test_a_suspended_agency_is_picked_like_a_ghost():
    as_owner("update hub_agency set state = 'suspended' where code = 'USCG'")
    officer = reader("cbsa.officer")
    real, none = officer.get(PREVIEW, {"owners": "USCG"}), officer.get(PREVIEW, {"owners": "GHOST"})
    assert text(real).replace("USCG", "GHOST") == text(none)


WRONG = [
    ({"title": ""}, "title"),
    ({"channels": []}, "channels"),
    ({"channels": ["webhook"]}, "channels"),
    ({"near_km": "40"}, "near_km"),
    ({"frequency": "daily"}, "times"),
    ({"frequency": "daily", "times": "six"}, "times"),
    ({"frequency": "daily", "times": "06:00 07:00"}, "times"),
    ({"methods": ["NOTHING"]}, "methods"),
    ({"countries": "Nowhere"}, "countries"),
]


@pytest.mark.parametrize(("sent", "field"), WRONG, ids=str)
def test_what_is_wrong_is_said_at_its_field(sent, field):
    page = reader("cbsa.officer").post(NEW, {**FORM, **sent})
    assert page.status_code == 400 and page.context["form"].errors[field]
    assert own("cbsa.officer") == []


def test_shifts_are_set_in_the_readers_zone():
    as_owner("update hub_person set time_zone = 'America/Toronto' where username = 'cbsa.officer'")
    officer = reader("cbsa.officer")
    officer.post(NEW, {**FORM, "frequency": "shift", "times": "06:00, 14:00 22:00"})
    (row,) = own("cbsa.officer")
    assert [at.hour for at in row.times] == [6, 14, 22]
    assert row.next_at > timezone.now() and row.next_at - timezone.now() <= timedelta(hours=9)
    assert row.next_at.astimezone(ZoneInfo("America/Toronto")).hour in (6, 14, 22)


def test_a_form_of_one_that_is_there_shows_it_and_changes_it():
    row = subscribed("cbsa.officer", ports=("P031",), near_km=40, origins=("MX", "CO"), owners=("CBP",))
    officer = reader("cbsa.officer")
    page = officer.get(f"/subscriptions/{row.uid}/")
    form = page.context["form"]
    assert form[
        "ports"
    ].value() == "Laredo - Gateway to the Americas, TX" and "within 40 km of Laredo" in text(
        officer.get("/subscriptions/")
    )
    sent = {**FORM, "title": "Laredo", "ports": "Laredo - Gateway to the Americas, TX", "near_km": 40}
    assert officer.post(f"/subscriptions/{row.uid}/", sent).status_code == 302
    (changed,) = own("cbsa.officer")
    assert (changed.title, changed.ports, changed.origins, changed.uid) == ("Laredo", ["P031"], [], row.uid)


def test_pause_resume_and_remove():
    row = subscribed("cbsa.officer")
    officer = reader("cbsa.officer")
    path = f"/subscriptions/{row.uid}/"
    assert officer.get(f"{path}pause/").status_code == 405
    officer.post(f"{path}pause/")
    assert own("cbsa.officer")[0].paused_at and "Paused" in text(officer.get("/subscriptions/"))
    officer.post(f"{path}resume/")
    assert own("cbsa.officer")[0].paused_at is None
    officer.post(f"{path}remove/")
    assert own("cbsa.officer") == []


@pytest.mark.parametrize("username", ["cbsa.liaison", "cbp.liaison", "steward"])
def test_a_colleagues_and_anothers_are_not_there(username):
    row = subscribed("cbsa.officer", title="Quietly")
    asker = reader(username)
    assert "Quietly" not in text(asker.get("/subscriptions/"))
    for verb in ("pause", "resume", "remove"):
        assert asker.post(f"/subscriptions/{row.uid}/{verb}/").status_code == 404
    assert asker.get(f"/subscriptions/{row.uid}/").status_code == 404
    assert asker.post(f"/subscriptions/{row.uid}/", FORM).status_code == 404
    assert own("cbsa.officer")[0].paused_at is None


@pytest.mark.parametrize(("username", "status"), [("cbsa.officer", 403), ("cbsa.liaison", 302)])
def test_the_desks_is_changed_by_its_liaison_alone(username, status):
    row, asker = first_of(username), reader(username)
    assert asker.get(f"/subscriptions/{row.uid}/").status_code == 200
    sent = {**FORM, "title": "Renamed"}
    assert asker.post(f"/subscriptions/{row.uid}/", sent).status_code == status
    assert asker.post(f"/subscriptions/{row.uid}/pause/").status_code == status
    with viewing(viewer("cbsa.releaser")):
        assert (Subscription.objects.get(pk=row.pk).title == "Renamed") is (status == 302)
    assert asker.post(NEW, {**FORM, "whose": "desk"}).status_code == 302
    with viewing(viewer("cbsa.releaser")):
        assert Subscription.objects.filter(person_id=None).count() == (2 if status == 302 else 1)


def test_the_list_counts_each_as_its_recipient_is_shown_and_costs_the_same_however_long():
    for _number in range(3):
        released(published_bulletin(), ("CBSA", "place"))
    officer = reader("cbsa.officer")
    subscribed("cbsa.officer", title="Place", words=CANARIES["place"])
    subscribed("cbsa.officer", title="Tanks", methods=("VEH",), owners=("CBP",))
    page = officer.get("/subscriptions/")
    assert [line.count for line in (*page.context["own"], *page.context["desk"])] == ["0", "3", "3"]
    with CaptureQueriesContext(
        connection,
    ) as few:
        officer.get("/subscriptions/")
    for number in range(6):
        subscribed("cbsa.officer", title=f"More {number}", drugs=("fentanyl",), owners=("CBP", "HSI"))
    with CaptureQueriesContext(connection) as many:
        officer.get("/subscriptions/")
    assert len(many) == len(few)


def test_the_inbox_says_for_which_subscription_and_only_to_its_owner():
    subscribed("cbsa.officer", title="Near Laredo", words="Laredo", channels=("inbox",))
    subscribed("cbsa.officer", title="Tanks of mine", methods=("VEH-MECH-FUEL",), channels=("inbox",))
    bulletin = published_bulletin(hazard=False)
    released(bulletin, "CBSA")
    send()
    assert "for “Near Laredo”" in text(reader("cbsa.officer").get("/inbox/"))
    others = text(reader("cbsa.liaison").get("/inbox/"))
    assert "Tanks of mine" not in others and "Everything given" not in others and bulletin.title in others
    # Nor does a name stay where what it asked for has since been withheld.
    released(bulletin, ("CBSA", "place"))
    send()
    now = text(reader("cbsa.officer").get("/inbox/"))
    assert "Near Laredo" not in now and "Tanks of mine" in now


def test_there_is_an_end_to_how_many():
    as_owner(
        "insert into sharing_subscription (uid, agency_id, person_id, title, kinds, methods, drugs, classes, modes,"
        " regions, ports, near_km, countries, origins, destinations, owners, urgencies, tlps, hazard, words, channels,"
        " frequency, times, weekday, day, created_at, changed_at)"
        " select gen_random_uuid(), %s, %s, 'n', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 0, '{}', '{}', '{}', '{}',"
        " '{}', '{}', false, '', '{inbox}', 'at_once', '{}', 0, 1, now(), now() from generate_series(1, 50)",
        [agency("CBSA").pk, viewer("cbsa.officer").person_id],
    )
    page = reader("cbsa.officer").post(NEW, FORM)
    assert page.status_code == 400 and "There are 50 already" in text(page)


def test_nobody_reaches_anothers_rows_by_sql_either():
    own_row = subscribed("cbsa.officer")
    for username in ("cbsa.liaison", "cbp.admin", "steward"):
        with viewing(viewer(username)):
            assert not Subscription.objects.filter(pk=own_row.pk).exists()
            assert Subscription.objects.filter(pk=own_row.pk).update(title="Mine") == 0
    with engine():
        assert Grant.objects.count() >= 0 and Subscription.objects.filter(pk=own_row.pk).exists()
