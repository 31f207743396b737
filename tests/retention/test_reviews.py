"""What names subjects: released with predicate, category and certification, reviewed within five years (28 CFR 23)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Record
from bulletins.records.actions import write_down
from bulletins.retention.rules import latest_review
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants
from sharing.flow import carry_over, refresh
from sharing.releases.models import Release
from sharing.retention.actions import keep, tell_owners
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import person, viewer
from tests.disclosures.reader import text

pytestmark = pytest.mark.django_db
PLATE = CANARIES["identifiers"]
TODAY = timezone.now().astimezone(UTC).date()


def client(username: str) -> Client:
    found = Client()
    found.force_login(person(username))
    return found


def seen(username: str, record) -> str:
    return text(client(username).get(f"/bulletins/{record.ref}/"))


def unsaid(record, **values) -> Bulletin:
    """The working copy posted anew, with other words and perhaps no certification."""
    certify, who = values.pop("certify", None), viewer("cbp.officer")
    with viewing(who):
        copy = Bulletin.objects.get(pk=record.pk)
        write_down(copy, values, viewer=who, at=timezone.now(), certify=certify)
        publish(copy, viewer=who, at=timezone.now(), note="Corrected")
    return copy


def reviewed(record, username="cbp.releaser", **values):
    with viewing(who := viewer(username)):
        row = Record.objects.get(pk=record.pk)
        given = {
            "reason": "The case is still open",
            "review_due": TODAY + timedelta(days=400),
            "checked": True,
            "seen": row.review_due,
            "viewer": who,
            "at": timezone.now(),
            **values,
        }
        return keep(row, **given)


def due_on(record, day) -> None:
    """As if it had been entered so long ago that the review is due then."""
    with viewing(viewer("cbp.officer")):
        Record.objects.filter(pk=record.pk).update(entered_on=day - timedelta(days=300), review_due=day)


@pytest.mark.parametrize("missing", [{"predicate": ""}, {"predicate_category": ""}, {"certify": False}])
def test_what_names_subjects_goes_nowhere_without_predicate_category_and_certification(missing):
    bulletin = published_bulletin()
    released(bulletin, "HSI")
    assert PLATE in seen("hsi.agent", bulletin)
    bulletin = unsaid(bulletin, **missing)
    with pytest.raises(ValidationError, match="names subjects"):
        released(bulletin, "DEA")
    with viewing(viewer("cbp.releaser")):
        assert not Release.objects.filter(record=bulletin, agency__code="DEA").exists()
    released(bulletin, ("DEA", "identifiers"))
    assert CANARIES["detail"] in (page := seen("dea.agent", bulletin)) and PLATE not in page


def test_what_names_nobody_needs_none_of_it():
    report = published_seizure()
    assert released(report, "HSI").granted


def test_an_amendment_that_is_not_certified_is_not_carried_over_with_its_identifiers():
    bulletin = published_bulletin()
    released(bulletin, "HSI", ("DEA", "identifiers"))
    bulletin = unsaid(bulletin, certify=False)
    who = viewer("cbp.releaser")
    with viewing(who):
        live = dict(Release.objects.filter(record=bulletin, ended_at=None).values_list("agency__code", "pk"))
        with pytest.raises(ValidationError, match="names subjects"):
            carry_over(bulletin, [live["HSI"]], viewer=who, at=timezone.now())
        carry_over(bulletin, [live["DEA"]], viewer=who, at=timezone.now())
    answer = client("cbp.releaser").post(f"/bulletins/{bulletin.ref}/carry-over/", {"release": "HSI"})
    assert answer.status_code == 400 and "names subjects" in text(answer)


def test_it_is_entered_when_posted_and_reviewed_five_years_on_or_earlier():
    bulletin, soon = published_bulletin(), TODAY + timedelta(days=100)
    shorter, none = published_bulletin(review_due=soon), published_seizure()
    with viewing(viewer("cbp.officer")):
        dates = {
            row.pk: (row.entered_on, row.review_due)
            for row in Record.objects.filter(pk__in=[bulletin.pk, shorter.pk, none.pk])
        }
    assert dates[bulletin.pk] == (TODAY, latest_review(TODAY))
    assert dates[shorter.pk] == (TODAY, soon)
    assert dates[none.pk] == (None, None)


def test_the_database_keeps_no_review_date_beyond_five_years():
    bulletin = published_bulletin()
    with viewing(viewer("cbp.officer")):
        row = Record.objects.filter(pk=bulletin.pk)
        assert row.update(review_due=latest_review(TODAY)) == 1
        for wrong in (latest_review(TODAY) + timedelta(days=1), None):
            with pytest.raises(IntegrityError), transaction.atomic():
                row.update(review_due=wrong)


def test_the_database_keeps_no_version_that_names_subjects_and_was_never_entered():
    bulletin = published_bulletin()
    with viewing(viewer("cbp.officer")):
        Record.objects.filter(pk=bulletin.pk).update(entered_on=None)
        with pytest.raises(IntegrityError, match="no review date"), transaction.atomic():
            version = bulletin.versions.get()
            version.pk, version.number = None, 2
            version.save()


def test_an_author_does_not_move_the_review_date_of_what_is_entered():
    bulletin = published_bulletin(review_due=TODAY + timedelta(days=100))
    with pytest.raises(ValidationError, match="reviews it"):
        unsaid(bulletin, review_due=TODAY + timedelta(days=900))
    page = text(client("cbp.officer").get(f"/bulletins/{bulletin.ref}/edit/"))
    assert 'name="predicate"' in page and 'name="review_due"' not in page
    assert 'name="review_due"' in text(client("cbp.officer").get(f"/bulletins/{draft_bulletin().ref}/edit/"))


def test_past_its_date_partners_are_shown_no_identifiers_from_that_instant_and_kept_they_are_again(jump):
    bulletin, day = published_bulletin(review_due=TODAY + timedelta(days=10)), TODAY + timedelta(days=10)
    released(bulletin, "HSI", "CBSA")
    opens = datetime.combine(day, time.min, UTC)
    jump(opens - timedelta(seconds=1))
    assert PLATE in seen("hsi.agent", bulletin)
    # At the instant it is gone whatever has run; then all but the identifiers is back.
    jump(opens)
    assert PLATE not in seen("hsi.agent", bulletin)
    with viewing(viewer("steward")):
        refresh(at=opens)
    for username in ("hsi.agent", "cbsa.officer"):
        assert CANARIES["detail"] in (page := seen(username, bulletin)) and PLATE not in page
    assert PLATE in seen("cbp.officer", bulletin)
    with pytest.raises(ValidationError, match="past their review date"), viewing(viewer("cbp.releaser")):
        released(bulletin, "DEA", at=opens)

    reviewed(bulletin, at=opens, review_due=day + timedelta(days=30))
    assert PLATE in seen("hsi.agent", bulletin)
    changes = rebuild_grants(opens)
    assert (changes.granted, changes.changed, changes.withdrawn) == ([], [], [])


def test_keeping_records_who_when_and_why():
    bulletin = published_bulletin()
    reviewed(bulletin)
    with viewing(viewer("cbp.officer")):
        row = Record.objects.select_related("validated_by").get(pk=bulletin.pk)
    assert (row.validated_by.username, row.validated_on, row.validated_why) == (
        "cbp.releaser",
        TODAY,
        "The case is still open",
    )
    assert row.review_due == TODAY + timedelta(days=400)
    assert "reviewed a record and kept it" in text(client("cbp.admin").get("/trail/"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reason": " "}, "Say why"),
        ({"reason": "x" * 501}, "at most"),
        ({"review_due": None}, "a day to come"),
        ({"review_due": TODAY}, "a day to come"),
        ({"review_due": latest_review(TODAY) + timedelta(days=1)}, "five years"),
        ({"checked": False}, "Tick"),
        ({"seen": TODAY}, "since you looked"),
    ],
)
def test_a_review_that_cannot_stand_says_why_and_writes_nothing(wrong, said):
    bulletin = published_bulletin()
    with pytest.raises(ValidationError, match=said):
        reviewed(bulletin, **wrong)
    with viewing(viewer("cbp.officer")):
        assert Record.objects.get(pk=bulletin.pk).review_due == latest_review(TODAY)
    reviewed(bulletin)


def test_the_queue_shows_what_is_due_to_releasers_and_admins_of_its_agency():
    bulletin, later = published_bulletin(), published_bulletin()
    due_on(bulletin, TODAY + timedelta(days=20))
    due_on(later, TODAY + timedelta(days=80))
    for username in ("cbp.releaser", "cbp.admin"):
        by = {days: text(client(username).get(f"/reviews/?days={days}")) for days in (90, 30, 0)}
        assert bulletin.ref in by[90] and later.ref in by[90]
        assert bulletin.ref in by[30] and later.ref not in by[30]
        assert bulletin.ref not in by[0]
    assert f"Review {bulletin.ref}" in text(client("cbp.releaser").get("/"))
    assert bulletin.ref not in text(client("hsi.agent").get("/reviews/"))
    assert client("cbp.officer").get("/reviews/").status_code == 403
    assert client("cbp.releaser").get("/reviews/?days=7").status_code == 400


def test_the_review_page_keeps_it():
    bulletin, colleague = published_bulletin(), client("cbp.admin")
    address = f"/bulletins/{bulletin.ref}/review/"
    assert "Keep it" in text(colleague.get(address))
    sent = {
        "reason": "The case is open",
        "review_due": str(TODAY + timedelta(days=50)),
        "seen": str(latest_review(TODAY)),
    }
    answer = colleague.post(address, sent)
    assert answer.status_code == 400 and "Tick that you have checked" in text(answer)
    assert colleague.post(address, sent | {"checked": "on"}).status_code == 302
    # The same form again: somebody has reviewed it meanwhile.
    again = colleague.post(address, sent | {"checked": "on"})
    assert again.status_code == 400 and "since you looked" in text(again)


def test_owners_are_told_once_each_90_30_and_0_days_ahead():
    bulletin, day = published_bulletin(), TODAY + timedelta(days=91)
    due_on(bulletin, day)

    def told(days_ahead: int) -> int:
        at = datetime.combine(day - timedelta(days=days_ahead), time(12), UTC)
        with viewing(viewer("steward")):
            return tell_owners(at=at)

    assert [told(days) for days in (91, 90, 89, 30, 29, 0)] == [0, 1, 0, 1, 0, 1]
    with engine():
        from sharing.deliveries.models import Alert

        facts = list(Alert.objects.filter(kind="review").order_by("id").values_list("facts__what", flat=True))
    assert facts == ["review.due.90", "review.due.30", "review.due.0"]
    reviewed(bulletin, review_due=TODAY + timedelta(days=80), seen=day)
    assert told(91) == 1
