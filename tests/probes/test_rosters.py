"""Who is in a community whose roster its lead alone sees is told to an owner by nothing that they get back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from bulletins.flow import publish
from hub.agencies.models import Role
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.holders import holders_of
from sharing.audiences.preview import preview, preview_marking
from sharing.flow import Handling, mark, recall, release, tell_corrected
from sharing.recalls.proof import proofs_of
from sharing.releases.models import Release
from sharing.releases.plan import Pick
from tests.api.conftest import Caller, caller, unhurried  # noqa: F401
from tests.builders import CANARIES, pick, plan, published_bulletin, released
from tests.cast import viewer
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db
MEMBER, STRANGER = "TXDPS", "NYSP"


@pytest.fixture
def hidden(owner_sql):
    """South Texas HIDTA's members, TXDPS among them, are its lead's to know."""
    owner_sql("update sharing_community set roster_visible = false where code = 'HIDTA-STX'")
    yield
    owner_sql("update sharing_community set roster_visible = true where code = 'HIDTA-STX'")


def shared():
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "community:HIDTA-STX")
    return bulletin


def trail_of(username="cbp.admin"):
    assert Role.AUDITOR in viewer(username).roles
    return text(reader(username).get("/trail/"))


def test_receipts_over_the_api_name_no_member(hidden, caller):  # noqa: F811
    bulletin = shared()
    member, owner = caller("txdps.trooper"), caller("cbp.releaser")
    assert member.post("receipts/", {"record": str(bulletin.uid)}).status_code == 201
    assert caller("cbsa.officer").post("receipts/", {"record": str(bulletin.uid)}).status_code == 201

    def named():
        return {row["agency"] for row in owner.get(f"receipts/?record={bulletin.uid}").json()["results"]}

    assert named() == {"CBSA"}
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    assert MEMBER not in named()


def test_an_open_roster_is_named_in_receipts(caller):  # noqa: F811
    bulletin = shared()
    rows = caller("cbp.releaser").get(f"receipts/?record={bulletin.uid}").json()["results"]
    assert {"CBSA", MEMBER} <= {row["agency"] for row in rows}


def test_a_recall_over_the_api_counts_no_member(hidden, caller):  # noqa: F811
    bulletin = shared()
    assert caller("txdps.trooper").get(f"bulletins/{bulletin.uid}/").status_code == 200
    answer = caller("cbp.releaser").post(
        "releases/recall/", {"record": str(bulletin.uid), "reason": "The laboratory found nothing"}
    )
    assert answer.status_code == 200 and answer.json()["agencies"] == 1
    assert caller("txdps.trooper").get(f"bulletins/{bulletin.uid}/").status_code == 410


def test_the_owners_auditor_reads_of_no_member_on_the_trail(hidden):
    bulletin = shared()
    assert reader("txdps.trooper").get(f"/bulletins/{bulletin.ref}/").status_code == 200
    released(bulletin, "CBSA", "HSI", "community:HIDTA-STX")
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
    page = trail_of()
    assert "CBSA" in page and "HSI" in page and MEMBER not in page
    assert "South Texas HIDTA" in page


def test_a_member_named_after_the_fact_is_not_told_as_having_had_it_before(hidden):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    released(bulletin, MEMBER)
    with viewing(viewer("cbp.admin")):
        rows = TrailRow.objects.filter(event="record.release").order_by("id")
        before, after = zip(*rows.values_list("audience_before", "audience_after"), strict=True)
    assert all(MEMBER not in each for each in before) and MEMBER not in after[0] and MEMBER in after[1]


def test_the_auditor_reads_the_members_of_an_open_roster():
    shared()
    assert MEMBER in trail_of()


def test_whether_something_went_to_a_member_before_is_not_told_by_the_preview(hidden):
    """Naming one after the other would otherwise tell who is in it: nothing of the owner's went to either by name."""
    released(published_bulletin(), "community:HIDTA-STX", "HSI")
    other, who = published_bulletin(), viewer("cbp.releaser")

    def first(code):
        with viewing(who):
            (row,) = preview(other, plan(pick(code)), viewer=who, at=timezone.now()).rows
        return row.first_time, json.dumps(sorted(row.reasons))

    assert first("HSI")[0] is False
    assert first(MEMBER) == first(STRANGER) and first(STRANGER)[0]


def test_that_a_member_has_it_now_is_not_told_by_the_preview(hidden):
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "community:HIDTA-STX", "HSI")

    def told(code, **values):
        with viewing(who):
            found = preview(bulletin, plan(pick(code), **values), viewer=who, at=timezone.now())
        rows = [row for row in found.rows if row.code == code]
        warnings = [each.replace(code, "X") for each in found.warnings]
        return [(row.outcome, row.held, row.first_time) for row in rows], warnings

    assert told("HSI") == ([("all", True, False)], [])
    assert told(MEMBER) == told(STRANGER)
    assert told("HSI", controls=("FED ONLY",))[0] == [("all", True, False)]
    assert told(MEMBER, controls=("FED ONLY",)) == told(STRANGER, controls=("FED ONLY",))


# --- What was once released to all
def to_all_and_to_the_roster():
    """Released to every agency and to the hidden roster, at TLP:CLEAR: everybody has it, and may be known to."""
    bulletin, who = published_bulletin(tlp="TLP:CLEAR"), viewer("cbp.releaser")
    with viewing(who):
        both = plan(pick("community:HIDTA-STX"), Pick(), tlp="TLP:CLEAR")
        release([bulletin], both, viewer=who, at=timezone.now())
    return bulletin


def marked(bulletin, tlp, **values):
    who = viewer("cbp.releaser")
    with viewing(who):
        mark(bulletin, Handling(tlp, **values), reason="Fewer", viewer=who, at=timezone.now())


def has(username, bulletin):
    return CANARIES["core"] in text(reader(username).get(f"/bulletins/{bulletin.ref}/"))


def test_who_keeps_it_under_a_stricter_marking_is_not_told_before_it_is_marked(hidden):
    bulletin, who = to_all_and_to_the_roster(), viewer("cbp.releaser")
    green = plan(tlp="TLP:GREEN")
    with viewing(who):
        rows = preview_marking(bulletin, green, None, viewer=who, at=timezone.now())
        other = preview(bulletin, plan(pick("HSI"), tlp="TLP:GREEN"), viewer=who, at=timezone.now())
    for found in (rows, other.rows):
        told = {row.code: (row.outcome, row.held, row.reasons) for row in found}
        assert told[MEMBER] == told[STRANGER] == ("no", True, told[STRANGER][2])


def test_who_kept_it_under_a_stricter_marking_is_in_nothing_its_owner_reads(hidden):
    bulletin = to_all_and_to_the_roster()
    assert has("txdps.trooper", bulletin) and has("cbsa.officer", bulletin)
    marked(bulletin, "TLP:GREEN")
    assert has("txdps.trooper", bulletin) and not has("cbsa.officer", bulletin)
    who, asked = viewer("cbp.releaser"), {"ref": bulletin.ref}
    with viewing(who):
        assert holders_of(bulletin.pk, who).agencies == ()
    # Each of the two once, from when it was everybody's.
    given = [line.agency for line in reader("cbp.releaser").get("/ledger/", asked).context["lines"]]
    assert sorted(given) == ["CBSA", MEMBER]
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, at=timezone.now())
        (proof,) = proofs_of(bulletin, who)
    lines = {line.code: (len(line.had), line.told_at is not None) for line in proof.lines}
    assert lines == {"CBSA": (1, True), MEMBER: (1, True)}
    with viewing(viewer("cbp.admin")):
        rows = TrailRow.objects.filter(event__in=["record.mark", "record.recall"]).order_by("id")
        marking, recalled = rows.values_list("audience_before", "audience_after")
    assert {MEMBER, STRANGER} <= set(marking[0])
    assert not {MEMBER, STRANGER} & {*marking[1], *recalled[0], *recalled[1]}


def test_a_correction_is_told_to_a_hidden_roster_whether_somebody_there_holds_it_or_not(hidden):
    """Refused where nobody is told, it would say of each country and kind whether there are such members."""
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "community:HIDTA-STX")
    assert has("txdps.trooper", bulletin)
    marked(bulletin, "TLP:AMBER", embargo_until=timezone.now() + timedelta(days=1))
    assert not has("txdps.trooper", bulletin)
    with viewing(who):
        publish(bulletin, viewer=who, at=timezone.now())
        stands = list(Release.objects.filter(record=bulletin).values_list("pk", flat=True))
        assert tell_corrected(bulletin, stands, viewer=who, at=timezone.now()) == 0


def test_where_everybody_reached_is_known_a_correction_for_nobody_is_refused():
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "community:HIDTA-STX")
    marked(bulletin, "TLP:AMBER", embargo_until=timezone.now() + timedelta(days=1))
    with viewing(who):
        publish(bulletin, viewer=who, at=timezone.now())
        stands = list(Release.objects.filter(record=bulletin).values_list("pk", flat=True))
        with pytest.raises(ValidationError):
            tell_corrected(bulletin, stands, viewer=who, at=timezone.now())


# --- What a later marking would say of an earlier time
def lines_of(bulletin, number=0):
    who = viewer("cbp.releaser")
    with viewing(who):
        proof = proofs_of(bulletin, who)[number]
    return {line.code: (line.told_at is not None, line.told_before is not None) for line in proof.lines}


def taken_back(bulletin, **options):
    who = viewer("cbp.releaser")
    with viewing(who):
        recall(bulletin, reason="Wrong", viewer=who, **{"at": timezone.now(), **options})


def test_a_marking_lowered_since_names_nobody_whom_a_recall_took_it_from(hidden):
    bulletin, who = to_all_and_to_the_roster(), viewer("cbp.releaser")
    marked(bulletin, "TLP:GREEN")
    taken_back(bulletin)
    assert lines_of(bulletin) == {}
    with viewing(who):
        release(
            [bulletin], plan(Pick(), tlp="TLP:CLEAR", marking_reason="Again"), viewer=who, at=timezone.now()
        )
    assert lines_of(bulletin) == {}


def test_who_had_it_openly_before_is_told_alike_whether_a_hidden_roster_gave_it_since_or_not(hidden):
    """Both read what was everybody's; the member has kept it by the roster, the other has lost it."""
    bulletin = to_all_and_to_the_roster()
    assert has("txdps.trooper", bulletin) and has("cbsa.officer", bulletin)
    taken_back(bulletin)
    assert lines_of(bulletin)[MEMBER] == lines_of(bulletin)["CBSA"] == (True, False)
    who = viewer("cbp.releaser")
    with viewing(who):
        again = plan(pick("community:HIDTA-STX"), tlp="TLP:GREEN", marking_reason="Fewer")
        release([bulletin], again, viewer=who, at=timezone.now())
    assert has("txdps.trooper", bulletin) and not has("cbsa.officer", bulletin)
    taken_back(bulletin)
    # Told of the first recall: that the member was told again is the roster's.
    assert lines_of(bulletin)[MEMBER] == lines_of(bulletin)["CBSA"] == (False, True)
    taken_back_again = lines_of(bulletin, number=1)
    assert taken_back_again[MEMBER] == taken_back_again["CBSA"] == (True, False)


def test_a_marking_lowered_since_names_nobody_who_proposed_a_correction(hidden):
    bulletin, owner = to_all_and_to_the_roster(), reader("cbp.releaser")
    marked(bulletin, "TLP:GREEN")
    body = {"part": "place", "says": "Lane nine", "why": "Our officer stood beside it"}
    assert reader("txdps.trooper").post(f"/bulletins/{bulletin.ref}/correct/", body).status_code == 302
    marked(bulletin, "TLP:CLEAR")
    page = text(owner.get(f"/bulletins/{bulletin.ref}/"))
    assert "correction" in page and MEMBER not in text(owner.get("/corrections/"))
    body["part"] = "detail"
    assert reader("txdps.trooper").post(f"/bulletins/{bulletin.ref}/correct/", body).status_code == 302
    # What it says now it says as one of all.
    assert text(owner.get("/corrections/")).count(MEMBER) == 1


def test_whom_a_release_gives_nothing_a_correction_of_it_is_not_told_for_the_rosters_sake(hidden):
    """The release to all reaches nobody at TLP:GREEN: that a member holds it by the roster must not show."""
    bulletin, who = to_all_and_to_the_roster(), viewer("cbp.releaser")
    marked(bulletin, "TLP:GREEN")
    with viewing(who):
        publish(bulletin, viewer=who, at=timezone.now())
        to_all, to_roster = Release.objects.filter(record=bulletin).order_by("community_id").reverse()
        assert to_all.community_id is None
        with pytest.raises(ValidationError):
            tell_corrected(bulletin, [to_all.pk], viewer=who, at=timezone.now())
        assert tell_corrected(bulletin, [to_roster.pk], viewer=who, at=timezone.now())


def test_an_open_roster_that_gave_nothing_does_not_say_that_a_hidden_one_did(hidden):
    """Both are in DHE, to which something will go tomorrow; one is in the hidden roster, too."""
    scheduled, other, who = published_bulletin(), published_bulletin(), viewer("cbp.releaser")
    with viewing(who):
        tomorrow = plan(pick("community:DHE"), starts_at=timezone.now() + timedelta(days=1))
        release([scheduled], tomorrow, viewer=who, at=timezone.now())
    released(published_bulletin(), "community:HIDTA-STX", "HSI")

    def first(code):
        with viewing(who):
            (row,) = preview(other, plan(pick(code)), viewer=who, at=timezone.now()).rows
        return row.first_time

    assert first("HSI") is False and first(MEMBER) is first(STRANGER) is True
