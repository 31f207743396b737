"""What is derived is as strict as what it rests on: asked for, marked, narrowed, recomputed."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from bulletins.faces.derived import derived_from
from bulletins.flow import publish
from bulletins.models import Bulletin, SourceLink
from bulletins.publishing.actions import Entry, save
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants
from sharing.disclosures.reading import shown_to
from sharing.flow import Handling, mark
from sharing.flow.purging import purge
from tests.builders import asked, draft_bulletin, granted, published_bulletin, published_seizure, released
from tests.cast import viewer
from tests.disclosures.reader import reader, take_back, text

pytestmark = pytest.mark.django_db

AUTHOR = "hsi.agent"


def linked(draft, *sources, by=AUTHOR):
    who = viewer(by)
    with viewing(who):
        return save(draft, Entry(seizures=[each.ref for each in sources]), viewer=who, at=timezone.now())


def posted(draft, by=AUTHOR):
    who = viewer(by)
    with viewing(who):
        publish(draft, viewer=who, at=timezone.now())
        draft.refresh_from_db()
    return draft


def derived(*sources, by=AUTHOR, **values):
    """HSI's bulletin that rests on what HSI was given."""
    draft = draft_bulletin(by, title="Derived", **values)
    assert not linked(draft, *sources, by=by)
    return posted(draft, by)


def marked(record, tlp, by="cbp.releaser", controls=(), reason="Lowered on purpose"):
    who = viewer(by)
    with viewing(who):
        record.refresh_from_db()
        return mark(record, Handling(tlp, controls), reason=reason, viewer=who, at=timezone.now())


def seen(username, record):
    who = viewer(username)
    with viewing(who):
        return shown_to(who, record.kind, record.ref)


@pytest.fixture
def source(db):
    """CBP's report, which HSI was given."""
    report = published_seizure()
    released(report, "HSI")
    return report


def test_a_bulletin_may_rest_on_what_was_given_and_on_nothing_else(source):
    hidden, draft = published_seizure(), draft_bulletin(AUTHOR)
    assert not linked(draft, source)
    errors = linked(draft, source, hidden)
    assert hidden.ref in str(errors["seizures"])
    with viewing(viewer(AUTHOR)):
        assert list(SourceLink.objects.values_list("source_id", flat=True)) == [source.pk]
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "insert into bulletins_linkedseizure (bulletin_id, source_id) values (%s, %s)",
                [draft.pk, hidden.pk],
            )


def test_hidden_and_missing_are_refused_alike_as_sources(source):
    hidden, draft = published_seizure(), draft_bulletin(AUTHOR)
    said = []
    for ref in (hidden.ref, "ZZZZ-ZZZZ"):
        who = viewer(AUTHOR)
        with viewing(who):
            errors = save(draft, Entry(seizures=[ref]), viewer=who, at=timezone.now())
        said.append(str(errors).replace(ref, ""))
    assert said[0] == said[1]


def test_it_goes_to_a_third_agency_with_the_sources_owners_consent_alone(source):
    bulletin = derived(source)
    released(bulletin, "TXDPS", "CBP", by=AUTHOR)
    assert seen("txdps.trooper", bulletin) is None
    # Whoever it rests on needs no consent of its own.
    assert seen("cbp.officer", bulletin)
    form = {"to": ["TXDPS"], "tlp": "TLP:AMBER", "need_to_know": "Mine", "right_to_know": "Mine"}
    page = text(reader(AUTHOR).post(f"/bulletins/{bulletin.ref}/release/preview/", form))
    assert "CBP has not consented" in page and "ask/?to=TXDPS" in page
    request = asked(bulletin, "TXDPS", by=AUTHOR)
    page = text(reader("cbp.releaser").get(f"/requests/{request.uid}/"))
    assert source.ref in page or "Derived" in page
    granted(request, "place", by="cbp.releaser")
    shown = seen("txdps.trooper", bulletin)
    assert {each.group for each in shown.withheld} == {"place"}
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def test_the_owner_of_a_source_is_told_which_of_its_own_it_rests_on_and_no_more(source):
    bulletin = derived(source)
    request = asked(bulletin, "TXDPS", by=AUTHOR)
    page = text(reader("cbp.releaser").get(f"/requests/{request.uid}/"))
    assert source.ref in page and bulletin.ref in page and "zebrafinch" not in page and "Derived" not in page


def test_a_marking_lower_than_a_sources_is_refused_by_its_reference(source):
    marked(source, "TLP:AMBER+STRICT")
    draft = draft_bulletin(AUTHOR)
    assert not linked(draft, source)
    with pytest.raises(ValidationError) as refused:
        posted(draft)
    assert source.ref in str(refused.value.message_dict["tlp"])
    who = viewer(AUTHOR)
    with viewing(who):
        save(draft, Entry(values={"tlp": "TLP:AMBER+STRICT"}), viewer=who, at=timezone.now())
    bulletin = posted(draft)
    for lower in ("TLP:AMBER", "TLP:CLEAR"):
        with pytest.raises(ValidationError):
            marked(bulletin, lower, by=AUTHOR)
        with pytest.raises(ValidationError):
            released(bulletin, "CBP", by=AUTHOR, tlp=lower)
    released(bulletin, "CBP", by=AUTHOR, tlp="TLP:AMBER+STRICT")


def test_ones_own_word_may_be_marked_as_one_likes():
    report = published_seizure(tlp="TLP:AMBER+STRICT")
    bulletin = derived(report, by="cbp.officer", tlp="TLP:GREEN")
    released(bulletin, "TXDPS", tlp="TLP:GREEN")
    assert seen("txdps.trooper", bulletin)


def test_raising_a_source_narrows_what_is_derived_in_the_same_moment(source):
    bulletin = derived(source)
    released(bulletin, "community:HIDTA-STX", "DEA", by=AUTHOR)
    for to in ("TXDPS", "DEA"):
        granted(asked(bulletin, to, by=AUTHOR), by="cbp.releaser")
    assert seen("txdps.trooper", bulletin) and seen("dea.agent", bulletin)
    marked(source, "TLP:AMBER+STRICT")
    # To a community no longer; to those named still, and marked so.
    assert seen("txdps.trooper", bulletin) is None
    assert seen("dea.agent", bulletin).marking.tlp == "TLP:AMBER+STRICT"
    marked(source, "TLP:AMBER+STRICT", controls=("DISPLAY ONLY",))
    assert "DISPLAY ONLY" in seen("dea.agent", bulletin).marking.controls
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)
    # Lowered again it is as its own agency marked it.
    marked(source, "TLP:AMBER")
    assert seen("dea.agent", bulletin).marking.tlp == "TLP:AMBER" and seen("txdps.trooper", bulletin)


def test_a_release_that_marks_a_source_narrows_what_is_derived_too(source):
    bulletin = derived(source)
    released(bulletin, "community:HIDTA-STX", by=AUTHOR)
    granted(asked(bulletin, "TXDPS", by=AUTHOR), by="cbp.releaser")
    assert seen("txdps.trooper", bulletin)
    released(source, "HSI", tlp="TLP:AMBER+STRICT")
    assert seen("txdps.trooper", bulletin) is None


def test_it_holds_at_any_remove(source):
    first = derived(source)
    released(first, "DEA", by=AUTHOR)
    granted(asked(first, "DEA", by=AUTHOR), by="cbp.releaser")
    second = derived(first, by="dea.agent")
    assert derived_from([source.pk]) == {first.pk, second.pk}
    released(second, "TXDPS", by="dea.agent")
    request = asked(second, "TXDPS", by="dea.agent")
    granted(request, by=AUTHOR)
    assert seen("txdps.trooper", second) is None
    granted(request, by="cbp.releaser")
    assert seen("txdps.trooper", second)
    marked(source, "TLP:AMBER+STRICT")
    assert seen("txdps.trooper", second).marking.tlp == "TLP:AMBER+STRICT"


def test_a_source_that_comes_to_rest_on_something_stricter_narrows_what_is_derived_from_it(source):
    marked(source, "TLP:AMBER+STRICT")
    first = published_bulletin(AUTHOR)
    released(first, "DEA", by=AUTHOR)
    second = derived(first, by="dea.agent")
    released(second, "community:HIDTA-STX", by="dea.agent")
    assert seen(AUTHOR, second) is not None
    who = viewer(AUTHOR)
    with viewing(who):
        save(first, Entry(values={"tlp": "TLP:AMBER+STRICT"}), viewer=who, at=timezone.now())
    assert not linked(first, source)
    posted(first)
    assert seen(AUTHOR, second) is None
    assert seen("dea.agent", second).marking.tlp == "TLP:AMBER+STRICT"
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def amended(record, *sources, by=AUTHOR):
    """The next version, which rests on `sources` too."""
    who = viewer(by)
    with viewing(who):
        fresh = Bulletin.objects.get(pk=record.pk)
        links = SourceLink.objects.filter(bulletin_id=record.pk).values_list("source__ref", flat=True)
        assert not save(
            fresh, Entry(seizures=[*links, *(each.ref for each in sources)]), viewer=who, at=timezone.now()
        )
        publish(fresh, viewer=who, at=timezone.now())


def test_what_a_source_comes_to_rest_on_later_binds_in_the_same_moment(source):
    """DEA's bulletin rests on HSI's, which in its next version rests on CBP's report."""
    first = published_bulletin(AUTHOR)
    released(first, "DEA", by=AUTHOR)
    second = derived(first, by="dea.agent")
    released(second, "TXDPS", by="dea.agent")
    granted(asked(second, "TXDPS", by="dea.agent"), by=AUTHOR)
    assert seen("txdps.trooper", second)
    amended(first, source)
    assert seen("txdps.trooper", second) is None
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def test_a_source_binds_on_through_what_was_purged_between(source):
    first = derived(source)
    released(first, "DEA", by=AUTHOR)
    granted(asked(first, "DEA", by=AUTHOR), by="cbp.releaser")
    second = derived(first, by="dea.agent")
    released(second, "TXDPS", by="dea.agent")
    granted(asked(second, "TXDPS", by="dea.agent"), by=AUTHOR)
    assert seen("txdps.trooper", second) is None
    who = viewer(AUTHOR)
    with viewing(who):
        purge([first], reason="obsolete", typed=[first.ref], viewer=who, at=timezone.now())
    assert derived_from([source.pk]) >= {second.pk}
    rebuild_grants(timezone.now())
    # CBP has not consented.
    assert seen("txdps.trooper", second) is None
    marked(source, "TLP:AMBER+STRICT")
    assert seen("dea.agent", second).marking.tlp == "TLP:AMBER+STRICT"


def test_a_source_taken_back_still_binds_and_is_not_lost_by_an_edit(source):
    draft = draft_bulletin(AUTHOR)
    assert not linked(draft, source)
    take_back(source)
    who = viewer(AUTHOR)
    with viewing(who):
        save(draft, Entry(seizures=[]), viewer=who, at=timezone.now())
    bulletin = posted(draft)
    released(bulletin, "TXDPS", by=AUTHOR)
    assert seen("txdps.trooper", bulletin) is None
    with engine():
        assert derived_from([source.pk]) == {bulletin.pk}


def test_the_form_and_the_api_keep_what_it_rests_on(source, caller):
    bulletin = derived(source)
    page = text(reader(AUTHOR).get(f"/bulletins/{bulletin.ref}/edit/"))
    assert source.ref in page
    copy = caller(AUTHOR).get(f"bulletins/{bulletin.uid}/?state=draft").json()
    assert copy["values"]["seizures"] == [str(source.uid)]
    made = caller(AUTHOR).post("bulletins/", {"title": "By program", "seizures": [str(source.uid)]})
    assert made.status_code == 201 and made.json()["values"]["seizures"] == [str(source.uid)]
    stranger = caller("dea.agent").post("bulletins/", {"title": "No", "seizures": [str(source.uid)]})
    ghost = caller("dea.agent").post(
        "bulletins/", {"title": "No", "seizures": [str(published_bulletin().uid)]}
    )
    assert stranger.status_code == ghost.status_code == 400


def test_a_program_names_no_source_that_it_may_not_be_told_of(source, caller):
    bulletin = derived(source)
    marked(source, "TLP:AMBER", controls=("DISPLAY ONLY",))
    copy = caller(AUTHOR).get(f"bulletins/{bulletin.uid}/?state=draft")
    assert str(source.uid) not in copy.content.decode()
    refused = caller(AUTHOR).post("bulletins/", {"title": "No", "seizures": [str(source.uid)]})
    assert refused.status_code == 400


def test_a_reader_is_told_of_sources_that_it_has_alone(source):
    bulletin = derived(source)
    released(bulletin, "CBP", "TXDPS", by=AUTHOR)
    granted(asked(bulletin, "TXDPS", by=AUTHOR), by="cbp.releaser")
    assert source.ref in text(reader("cbp.officer").get(f"/bulletins/{bulletin.ref}/"))
    assert source.ref not in text(reader("txdps.trooper").get(f"/bulletins/{bulletin.ref}/"))


def test_what_rests_on_red_is_nobody_elses_to_work_on_in_its_own_agency_either():
    """The record's own marking is lower: what is in force is its source's, for working copies too."""
    report = published_seizure("hsi.agent")
    released(report, "CBP", by="hsi.agent")
    bulletin = derived(report, by="cbp.officer")
    colleague, author = reader("cbp.liaison"), reader("cbp.officer")
    paths = [f"/bulletins/{bulletin.ref}/{end}" for end in ("", "edit/")]
    assert all("Derived" in text(colleague.get(path)) for path in paths)
    marked(report, "TLP:RED", by="hsi.agent")
    for path in paths:
        assert "Derived" in text(author.get(path))
        answer = colleague.get(path)
        assert answer.status_code == 404 and "Derived" not in text(answer), path
    assert "Derived" in text(reader("cbp.releaser").get(paths[1]))
    marked(report, "TLP:AMBER", by="hsi.agent")
    assert all("Derived" in text(colleague.get(path)) for path in paths)
