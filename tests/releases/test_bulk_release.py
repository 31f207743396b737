"""Releasing several at once: one preview of all, all or none, each under its own marking."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.models import Given
from sharing.flow import release
from tests.builders import draft_bulletin, pick, plan, published_bulletin, published_seizure, released
from tests.cast import person, viewer

pytestmark = pytest.mark.django_db

PAGE = "/bulletins/release/"
FORM = {
    "to": ["CBSA", "community:DHE"],
    "hold-CBSA": ["place"],
    "need_to_know": "Fuel tanks on both borders",
    "right_to_know": "Drug enforcement in their own jurisdiction",
}


def browse(username: str = "cbp.releaser") -> Client:
    client = Client()
    client.force_login(person(username))
    return client


def look(client: Client, *records, **form):
    return client.post(f"{PAGE}preview/", {**FORM, "ref": [record.ref for record in records], **form})


def press(client: Client, *records, **form):
    """Look, then press the button; the answer to the press."""
    foreseen = look(client, *records, **form).context["foreseen"]
    values = {**FORM, "ref": [record.ref for record in records], **form}
    return client.post(PAGE, {**values, "seal": foreseen.seal if foreseen else "", "do": "release"})


def given(record) -> dict[str, frozenset[str]]:
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = Given.objects.filter(record_id=record.pk).values_list("agency__code", "withheld")
        return {code: frozenset(withheld) for code, withheld in rows}


def marked(record, tlp: str, *controls: str):
    with viewing(viewer("cbp.releaser")):
        type(record).objects.filter(pk=record.pk).update(tlp=tlp, controls=list(controls))
    return record


def trail(event: str) -> list[str]:
    with viewing(viewer("inspector")):
        return list(
            TrailRow.objects.filter(event=event, outcome="ok")
            .order_by("id")
            .values_list("object_id", flat=True)
        )


def row(foreseen, code: str):
    return next(each for each in foreseen.rows if each.best.code == code)


def test_what_the_one_table_says_is_what_each_record_is_given():
    one, two = published_bulletin(), published_bulletin(title="Cocaine in a spare tyre")
    abroad = marked(published_bulletin(), "TLP:AMBER", "NOFORN")
    client = browse()
    answer = look(client, one, two, abroad)
    foreseen, page = answer.context["foreseen"], answer.content.decode()
    cbsa, texas = row(foreseen, "CBSA"), row(foreseen, "TXDPS")
    assert (cbsa.all, cbsa.part, cbsa.no) == (0, 2, 1) and "Exact place and time" in cbsa.withheld
    assert (texas.all, texas.part, texas.no) == (3, 0, 0)
    assert "all 3" in page and "2 in part" in page and "1 not" in page
    assert f"Release 3 bulletins to {foreseen.whole.target_words()}" in page

    assert press(client, one, two, abroad).status_code == 302
    assert "place" in given(one)["CBSA"] and "place" in given(two)["CBSA"]
    assert "CBSA" not in given(abroad) and given(abroad)["TXDPS"] == frozenset()
    assert trail("record.release") == [one.ref, two.ref, abroad.ref]


def test_each_keeps_the_marking_it_has():
    green, amber = marked(published_bulletin(), "TLP:GREEN"), published_bulletin()
    assert press(browse(), green, amber, to=["HSI"]).status_code == 302
    with viewing(viewer("cbp.releaser")):
        marks = dict(type(green).objects.values_list("ref", "tlp"))
    assert (marks[green.ref], marks[amber.ref]) == ("TLP:GREEN", "TLP:AMBER")
    assert given(green).keys() >= {"HSI"} and given(amber).keys() >= {"HSI"}


def test_what_cannot_go_is_named_and_then_nothing_goes():
    fine, red = published_bulletin(), marked(published_bulletin(), "TLP:RED")
    strict = marked(published_bulletin(), "TLP:AMBER+STRICT")
    client = browse()
    answer = look(client, fine, red, strict)
    said = {refusal.refs: refusal.text for refusal in answer.context["foreseen"].refusals}
    assert "release it on its own page" in said[red.ref,]
    assert "agencies named one by one" in said[strict.ref,]
    assert 'value="release"' not in answer.content.decode()
    pressed = press(client, fine, red, strict)
    assert pressed.status_code == 400 and f"{red.ref}: TLP:RED" in pressed.content.decode()
    assert given(fine) == {} and given(strict) == {}
    # Without the two it goes.
    assert press(client, fine).status_code == 302 and "CBSA" in given(fine)


def test_the_unusual_is_said_once_with_the_records_it_holds_for():
    plain = published_bulletin()
    telling = published_bulletin(tear_line="At Lane 7, nightjar, a tank was found.")
    warnings = look(browse(), plain, telling).context["foreseen"].warnings
    (names,) = [each for each in warnings if "The tear line names" in each.text]
    assert names.refs == (telling.ref,)
    (first,) = [each for each in warnings if "First time" in each.text]
    assert first.refs == ()


def test_what_somebody_did_meanwhile_is_seen_first():
    one, two = published_bulletin(), published_bulletin()
    client = browse()
    form = {**FORM, "to": ["HSI"], "ref": [one.ref, two.ref]}
    seal = client.post(f"{PAGE}preview/", form).context["foreseen"].seal
    released(two, ("HSI", "detail"))
    late = client.post(PAGE, {**form, "seal": seal, "do": "release"})
    assert late.status_code == 400 and "Look, then release" in late.content.decode()
    assert given(one) == {} and given(two) == {"HSI": frozenset({"detail"})}
    assert press(client, one, two, to=["HSI"]).status_code == 302
    assert given(one) == given(two) == {"HSI": frozenset()}


def test_the_page_of_one_record_sees_it_first_too():
    record = published_bulletin()
    client, path = browse(), f"/bulletins/{record.ref}/release/"
    form = {**FORM, "to": ["HSI"], "tlp": "TLP:AMBER"}
    seal = client.post(f"{path}preview/", form).context["foreseen"].seal
    released(record, ("HSI", "detail"))
    released(record, ("HSI", "detail", "place"))
    late = client.post(path, {**form, "seal": seal, "do": "release"})
    assert late.status_code == 400 and given(record) == {"HSI": frozenset({"detail", "place"})}


def test_hidden_missing_and_unposted_are_one_answer_and_release_nothing():
    mine, draft = published_bulletin(), draft_bulletin()
    theirs, report = published_bulletin("cbsa.officer"), published_seizure()
    client = browse()

    def answer(ref: str) -> str:
        page = client.post(PAGE, {**FORM, "ref": [mine.ref, ref], "do": "release", "seal": "x"})
        assert page.status_code == 400
        return page.content.decode().split("Not everything you chose")[1].split("</li>")[0]

    assert {answer(ref) for ref in (draft.ref, theirs.ref, report.ref, "2222-2222", "' or 1=1")} == {
        answer("2222-2223")
    }
    assert given(mine) == {}


def test_fifty_at_most():
    refs = [f"2222-22{number:02}" for number in range(51)]
    page = browse().post(PAGE, {**FORM, "ref": refs, "do": "release"})
    assert page.status_code == 400 and "Choose 50 records at most" in page.content.decode()


def test_the_list_begins_with_what_went_to_nobody_and_offers_all():
    alone, gone = published_bulletin(title="Alone"), published_bulletin(title="Gone out")
    theirs = published_bulletin("cbsa.officer", title="Of another")
    released(gone, "CBSA")
    released(theirs, "CBP", by="cbsa.releaser")
    client = browse()
    first = {line.ref for line in client.get(PAGE).context["lines"]}
    every = {line.ref for line in client.get(f"{PAGE}?which=all").context["lines"]}
    assert first == {alone.ref} and every == {alone.ref, gone.ref}
    assert client.get(f"{PAGE}?after=20250101").status_code == 400
    assert f'href="{PAGE}"' in client.get("/bulletins/").content.decode()
    assert f'href="{PAGE}"' in client.get("/").content.decode()
    assert f'href="{PAGE}"' not in browse("cbp.officer").get("/bulletins/").content.decode()


def test_it_works_without_a_script_and_loses_nothing():
    record = published_bulletin()
    client = browse()
    looked = client.post(PAGE, {**FORM, "ref": [record.ref], "do": "look"}).content.decode()
    assert "Release 1 bulletin to" in looked and given(record) == {}
    empty = client.post(PAGE, {**FORM, "ref": [record.ref], "need_to_know": "", "do": "release"})
    page = empty.content.decode()
    assert empty.status_code == 400 and "Say why they need to know" in page
    assert f'value="{record.ref}" checked' in page and 'value="community:DHE" checked' in page


def test_a_hidden_roster_is_one_row_here_too(owner_sql):
    one, two = published_bulletin(), published_bulletin()
    owner_sql("update sharing_community set roster_visible = false where code = 'DHE'")
    try:
        rows = look(browse(), one, two, to=["community:DHE"]).context["foreseen"].rows
        assert [(each.best.code, each.best.agency) for each in rows] == [("DHE", None)]
    finally:
        owner_sql("update sharing_community set roster_visible = true where code = 'DHE'")


def test_an_error_at_the_last_record_leaves_the_first_unreleased():
    one, two = published_bulletin(), marked(published_bulletin(), "TLP:RED")
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from sharing.audiences.bulk import own_plan
    from sharing.flow import release_each

    who, drawn = viewer("cbp.releaser"), plan(pick("HSI"))
    with viewing(who):
        with pytest.raises(ValidationError, match=two.ref), transaction.atomic():
            release_each(
                [(each, own_plan(each, drawn)) for each in type(one).objects.order_by("id")],
                viewer=who,
                at=timezone.now(),
            )
        release([one], drawn, viewer=who, at=timezone.now())
    assert given(one).keys() == {"HSI"} and given(two) == {}


def test_the_number_of_questions_grows_by_record_and_not_by_agency(django_assert_max_num_queries):
    one = published_bulletin()
    client = browse()
    with django_assert_max_num_queries(60) as few:
        look(client, one, to=["HSI"])
    clear = marked(published_bulletin(), "TLP:CLEAR")
    with django_assert_max_num_queries(60) as many:
        look(client, clear, to=["everybody"])
    assert len(many) <= len(few) + 1
