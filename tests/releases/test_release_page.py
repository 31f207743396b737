"""The release page: the table says what is then written, and only exactly that is released."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Given
from sharing.audiences.preview import preview
from sharing.flow import release
from sharing.releases.models import Release
from tests.builders import draft_bulletin, pick, plan, published_bulletin, published_seizure, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db

JOURNEY = {
    "to": ["CBSA", "community:HIDTA-STX", "community:DHE"],
    "hold-CBSA": ["identifiers", "place"],
    "tlp": "TLP:AMBER",
    "need_to_know": "Fuel tanks on both borders",
    "right_to_know": "Drug enforcement in their own jurisdiction",
}


@pytest.fixture
def browse():
    def as_one(username: str) -> Client:
        client = Client()
        client.force_login(person(username))
        return client

    return as_one


@pytest.fixture
def releaser(browse) -> Client:
    return browse("cbp.releaser")


def press(client: Client, record, **form):
    """Look first, as the page does, then press the button."""
    path = f"/bulletins/{record.ref}/release/"
    looked = client.post(f"{path}preview/", form)
    seal = looked.context["foreseen"].seal if looked.context["foreseen"] else ""
    return client.post(path, {**form, "seal": seal, "do": "release"})


def given(record) -> dict[str, frozenset[str]]:
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = Given.objects.filter(record_id=record.pk).values_list("agency__code", "withheld")
        return {code: frozenset(withheld) for code, withheld in rows}


def trail(event: str) -> list[tuple[str, str, str]]:
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(event=event).order_by("id")
        return list(rows.values_list("actor", "outcome", "object_id"))


def test_what_the_table_says_is_what_is_written(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/"
    foreseen = releaser.post(f"{path}preview/", JOURNEY).context["foreseen"]
    answer = press(releaser, bulletin, **JOURNEY)
    assert answer.status_code == 302 and answer["Location"] == f"/bulletins/{bulletin.ref}/"

    reached = {row.code: set(row.withheld) for row in foreseen.rows if row.outcome != "no"}
    labels = {
        "identifiers": "Identifiers",
        "place": "Exact place and time",
        "case": "Case details",
        "detail": "Narrative and photographs",
        "technique": "How it was found",
    }
    written = {code: {labels[group] for group in groups} for code, groups in given(bulletin).items()}
    assert reached == written
    assert len(reached) == foreseen.reached > 30


def test_a_release_until_the_last_day_of_the_calendar_has_no_end(releaser):
    bulletin = published_bulletin()
    answer = press(releaser, bulletin, **JOURNEY, ends_on="9999-12-31")
    assert answer.status_code == 302
    with viewing(viewer("cbp.releaser")):
        assert set(Release.objects.values_list("ends_at", flat=True)) == {None}


def test_an_instant_past_the_calendar_in_utc_is_refused_on_the_page(releaser):
    bulletin = published_bulletin()
    answer = press(releaser, bulletin, **JOURNEY, acknowledge_by="9999-12-31T23:59")
    assert answer.status_code == 400 and "Enter a valid date/time" in answer.content.decode()
    with viewing(viewer("cbp.releaser")):
        assert not Release.objects.exists()


def test_cbsa_lacks_what_is_held_back_from_it_though_a_community_of_its_gets_all(releaser):
    bulletin = published_bulletin()
    press(releaser, bulletin, **JOURNEY)
    written = given(bulletin)
    assert {"identifiers", "place"} <= written["CBSA"]
    assert written["TXDPS"] == frozenset() and written["HIDTA-STX"] == frozenset()
    # The same release without the hold-back is the control.
    other = published_bulletin()
    press(releaser, other, **{**JOURNEY, "hold-CBSA": []})
    assert written["TXDPS"] == frozenset() and "place" not in given(other)["CBSA"]


def test_the_page_shows_what_each_would_get_and_names_the_button(releaser):
    bulletin = published_bulletin()
    shown = releaser.post(f"/bulletins/{bulletin.ref}/release/preview/", JOURNEY).content.decode()
    assert "Sees without <i>exact place and time, identifiers, case details</i>" in shown
    assert "CBP-CBSA agreement" in shown and "Sees all" in shown
    assert "Release to" in shown and "in 2 countries" in shown
    assert "First time" in shown


def test_strict_is_told_why_communities_cannot_be_chosen_and_has_no_button(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/"
    strict = {**JOURNEY, "tlp": "TLP:AMBER+STRICT"}
    shown = releaser.post(f"{path}preview/", strict).content.decode()
    assert "TLP:AMBER+STRICT is for agencies named one by one" in shown
    assert 'value="release"' not in shown
    pressed = press(releaser, bulletin, **strict)
    assert pressed.status_code == 400 and given(bulletin) == {}
    named = press(releaser, bulletin, **{**strict, "to": ["CBSA", "HSI"]})
    assert named.status_code == 302 and given(bulletin).keys() == {"CBSA", "HSI"}


def test_nothing_is_lost_when_something_is_missing(releaser):
    bulletin = published_bulletin()
    answer = press(releaser, bulletin, **{**JOURNEY, "need_to_know": "", "rel_to": "Canada, Atlantis"})
    page = answer.content.decode()
    assert answer.status_code == 400 and given(bulletin) == {}
    assert "Not a country: Atlantis" in page and "Say why they need to know" in page
    assert 'value="community:DHE" checked' in page
    assert 'id="hold-cbsa-place" value="place" checked' in page


def test_only_what_was_looked_at_is_released(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/"
    seal = releaser.post(f"{path}preview/", {**JOURNEY, "to": ["HSI"]}).context["foreseen"].seal
    answer = releaser.post(path, {**JOURNEY, "seal": seal, "do": "release"})
    assert answer.status_code == 400 and "Look, then release" in answer.content.decode()
    assert given(bulletin) == {}
    assert releaser.post(path, {**JOURNEY, "do": "release"}).status_code == 400
    assert given(bulletin) == {}


def test_the_page_works_without_a_script(releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/"
    assert "Nobody picked yet" in releaser.get(path).content.decode()
    looked = releaser.post(path, {**JOURNEY, "do": "look"})
    assert looked.status_code == 200 and "Release to" in looked.content.decode()
    assert given(bulletin) == {}


def test_a_community_that_the_agency_is_not_in_is_refused_in_words(browse):
    seizure = published_seizure("cbsa.officer")
    client = browse("cbsa.releaser")
    path = f"/seizures/{seizure.ref}/release/"
    page = client.get(path).content.decode()
    assert 'value="community:DHE"' in page
    assert 'value="community:HIDTA-STX"' not in page
    for key in ("community:HIDTA-STX", "community:NO-SUCH"):
        answer = client.post(path, {**JOURNEY, "to": ["CBP", key], "do": "release", "seal": "x"})
        assert answer.status_code == 400
        assert "There is no such agency or community, or not for your agency" in answer.content.decode()


STATUS = {
    "cbp.releaser": 200,
    "cbp.officer": 403,
    "cbp.liaison": 403,
    "hsi.agent": 403,  # has received it
    "cbsa.releaser": 404,
    "ncb.officer": 404,
    "steward": 404,
    "inspector": 404,
}
EVENTS = {"release/": "record.release", "recall/": "record.recall", "carry-over/": "record.extend"}


@pytest.mark.parametrize("page", EVENTS)
def test_only_a_releaser_of_the_owner_releases(browse, page):
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    path = f"/bulletins/{bulletin.ref}/{page}"
    for username, status in STATUS.items():
        client = browse(username)
        assert client.get(path).status_code == status, username
        if status != 200:
            assert client.post(path, {**JOURNEY, "reason": "x", "do": "release"}).status_code == status
        assert client.get(f"/bulletins/2222-2222/{page}").status_code == 404
        # Of the wrong kind it does not exist either.
        assert client.get(f"/seizures/{bulletin.ref}/{page}").status_code == 404
        assert ((username, "refused", bulletin.ref) in trail(EVENTS[page])) is (status == 403)
    assert given(bulletin).keys() == {"HSI"}


def test_nobody_signed_in_is_sent_to_sign_in():
    bulletin = published_bulletin()
    answer = Client().get(f"/bulletins/{bulletin.ref}/release/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_a_draft_says_to_post_it_first(releaser):
    draft = draft_bulletin("cbp.releaser")
    page = releaser.get(f"/bulletins/{draft.ref}/release/").content.decode()
    assert "Post it first" in page and f"/bulletins/{draft.ref}/edit/" in page


@pytest.fixture
def dhe_roster_hidden(owner_sql):
    owner_sql("update sharing_community set roster_visible = false where code = 'DHE'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'DHE'")


def test_a_hidden_roster_is_one_row_that_counts_nobody(dhe_roster_hidden, releaser):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/"
    assert "Enforcement (members not listed)" in releaser.get(path).content.decode()
    alone = {**JOURNEY, "to": ["community:DHE"]}
    rows = releaser.post(f"{path}preview/", alone).context["foreseen"].rows
    assert [(row.code, row.agency, row.count) for row in rows] == [("DHE", None, 0)]
    # Beside it, naming one who is in it and one who is not tells no difference.
    for code in ("TXDPS", "USMS"):
        found = releaser.post(f"{path}preview/", {**alone, "to": ["community:DHE", code]}).context["foreseen"]
        assert [row.code for row in found.rows] == [code, "DHE"] and found.reached == 1
    page = press(releaser, bulletin, **alone)
    assert page.status_code == 302 and "TXDPS" in given(bulletin)
    for below in ("release/", "recall/"):
        shown = releaser.get(f"/bulletins/{bulletin.ref}/{below}").content.decode()
        assert "who are not listed" in shown and "/agencies/TXDPS/" not in shown


def test_red_goes_to_people_named_and_says_nothing_of_others(releaser):
    bulletin = published_bulletin()
    red = {**JOURNEY, "to": ["HSI"], "tlp": "TLP:RED"}
    assert press(releaser, bulletin, **red).status_code == 400
    said = []
    for name in ("rcmp.officer", "nobody.here"):
        answer = press(releaser, bulletin, **red, **{"people-HSI": name})
        assert answer.status_code == 400
        said.append(answer.content.decode().split("No such person there")[1].split("</li>")[0])
    assert said[0].replace("rcmp.officer", "X") == said[1].replace("nobody.here", "X")
    done = press(releaser, bulletin, **red, **{"people-HSI": "hsi.agent"})
    assert done.status_code == 302
    with engine():
        (row,) = Release.objects.filter(record_id=bulletin.pk, ended_at=None)
        assert row.persons == [person("hsi.agent").pk]


def test_a_release_that_would_take_it_from_somebody_says_so():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    who = viewer("cbp.releaser")
    with viewing(who):
        found = preview(bulletin, plan(pick("HSI"), controls=("NOFORN",)), viewer=who, at=timezone.now())
    lost = {row.code for row in found.rows if row.held and row.outcome == "no"}
    assert lost == {"CBSA"} and any("CBSA would lose what they have" in each for each in found.warnings)
    with viewing(who):
        release([bulletin], plan(pick("HSI"), controls=("NOFORN",)), viewer=who, at=timezone.now())
    assert given(bulletin).keys() == {"HSI"}


def test_the_preview_counts_what_stands_beside_the_plan():
    bulletin = published_bulletin()
    released(bulletin, ("community:DHE", "technique"))
    who = viewer("cbp.releaser")
    with viewing(who):
        found = preview(bulletin, plan(pick("CBSA")), viewer=who, at=timezone.now())
        release([bulletin], plan(pick("CBSA")), viewer=who, at=timezone.now())
    (row,) = [row for row in found.rows if row.code == "CBSA"]
    assert "How it was found" in row.withheld
    assert "technique" in given(bulletin)["CBSA"]


def test_a_later_start_leaves_what_stands_until_then():
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    who = viewer("cbp.releaser")
    later = timezone.now() + timedelta(days=2)
    with viewing(who):
        found = preview(bulletin, plan(pick("HSI", "place"), starts_at=later), viewer=who, at=timezone.now())
        assert any("Nobody gets it before" in each for each in found.warnings)
        release([bulletin], plan(pick("HSI", "place"), starts_at=later), viewer=who, at=timezone.now())
    assert given(bulletin) == {"HSI": frozenset()}


def test_text_that_names_what_is_withheld_is_pointed_out():
    bulletin = published_bulletin(narrative="Found at Lane 7, nightjar, by the crew.")
    who = viewer("cbp.releaser")
    with viewing(who):
        told = preview(bulletin, plan(pick("CBSA", "place")), viewer=who, at=timezone.now()).warnings
        untold = preview(bulletin, plan(pick("HSI")), viewer=who, at=timezone.now()).warnings
    assert any("The narrative names" in each and "CBSA" in each for each in told)
    assert not any("names" in each for each in untold)


def test_the_preview_costs_the_same_however_many_are_picked(releaser, django_assert_max_num_queries):
    bulletin = published_bulletin()
    path = f"/bulletins/{bulletin.ref}/release/preview/"
    everyone = {**JOURNEY, "to": ["everybody"], "tlp": "TLP:CLEAR"}
    with django_assert_max_num_queries(45) as one:
        releaser.post(path, {**JOURNEY, "to": ["HSI"]})
    with django_assert_max_num_queries(45) as all_of_them:
        answer = releaser.post(path, everyone)
    assert len(answer.context["foreseen"].rows) > 100
    assert len(all_of_them) <= len(one) + 1
