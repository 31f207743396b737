"""Recipients of the old version are told what changed: of what they are shown, when the new one is given to them."""

from __future__ import annotations

import pytest
from django.core import mail

from hub.database.context import viewing
from sharing.audiences.changes import amended_for, compared
from sharing.flow import tell_corrected
from sharing.releases.models import Release
from tests.builders import CANARIES, published_bulletin, released
from tests.cast import viewer
from tests.deliveries.conftest import endpoint_for, loopback_is_permitted, receiver, send  # noqa: F401
from tests.disclosures.reader import reader, text
from tests.recalls.conftest import amend, carried, read, taken_back

pytestmark = pytest.mark.django_db
NOTE = "Place and method corrected, capercaillie"


@pytest.fixture
def amended():
    """Place and technique changed in version 2; from CBSA the technique is withheld."""
    bulletin = published_bulletin()
    released(bulletin, ("CBSA", "technique"), "HSI", "DEA")
    amend(bulletin, note=NOTE, place="Lane 9, heronry", technique="A scanner found it.")
    return bulletin


def changes(username, bulletin):
    who = viewer(username)
    with viewing(who):
        return amended_for(who, bulletin.pk)


def test_it_is_told_once_the_version_is_given_and_only_of_what_is_shown(amended):
    assert changes("cbsa.officer", amended) is None
    assert NOTE not in read("cbsa.officer", amended) and "takes the place of" not in read(
        "cbsa.officer", amended
    )
    carried(amended, "CBSA", "HSI")
    theirs, whole = changes("cbsa.officer", amended), changes("hsi.agent", amended)
    assert (theirs.before, theirs.version) == (whole.before, whole.version) == (1, 2)
    assert theirs.changed == ("place",) and whole.changed == ("place", "technique")
    assert theirs.note == "" and whole.note == NOTE
    page = read("cbsa.officer", amended)
    assert "Version 2 takes the place of version 1" in page and "Changed: exact place and time." in page
    assert (
        NOTE not in page and "how it was found" not in page.split("takes the place of")[1].split("</div>")[0]
    )
    assert NOTE in read("hsi.agent", amended)
    assert changes("dea.agent", amended) is None and "takes the place of" not in read("dea.agent", amended)
    assert changes("ncb.officer", amended) is None


def test_a_part_that_was_withheld_until_now_is_told_as_added(amended):
    released(amended, "CBSA")
    found = changes("cbsa.officer", amended)
    assert found.added == ("technique",) and found.changed == ("place",) and found.note == ""


def test_what_neither_face_shows_is_in_no_comparison():
    older = {"core": {"title": "a"}, "place": {"place": "x"}, "withheld": ["case"]}
    newer = {"core": {"title": "a"}, "place": {"place": "x"}, "withheld": ["case"]}
    found = compared(1, older, 2, newer, "the case number")
    assert found.changed == found.added == () and found.note == ""
    newly = {"core": {"title": "b"}, "withheld": ["case", "place"]}
    assert compared(1, older, 2, newly, "the place").changed == ("core",)


def test_the_mail_names_the_parts_where_a_mail_may_and_never_the_note():
    bulletin = published_bulletin()
    released(bulletin, "HSI", tlp="TLP:GREEN")
    send()
    mail.outbox.clear()
    amend(bulletin, note=NOTE, place="Lane 9")
    carried(bulletin, "HSI")
    send()
    (sent,) = mail.outbox
    assert "Changed since version 1: exact place and time." in sent.body and NOTE not in sent.body


def test_the_mail_of_what_goes_by_link_alone_names_no_part(amended):
    send()
    mail.outbox.clear()
    carried(amended, "HSI")
    send()
    assert mail.outbox and all("Changed since" not in each.body for each in mail.outbox)


def test_those_who_keep_an_older_version_are_told_only_that_there_is_a_correction(amended):
    releaser = reader("cbp.releaser")
    path = f"/bulletins/{amended.ref}/carry-over/"
    carried(amended, "HSI")
    assert releaser.post(path, {"release": ["DEA"], "do": "tell"}).status_code == 302
    send()
    told = text(reader("dea.agent").get("/inbox/"))
    assert f"CBP has corrected {amended.ref} since version 1" in told
    assert "version 2" not in told and "heronry" not in told and NOTE not in told
    assert "heronry" not in read("dea.agent", amended) and CANARIES["place"] in read("dea.agent", amended)
    for username in ("cbsa.officer", "hsi.agent", "ncb.officer"):
        assert "has corrected" not in text(reader(username).get("/inbox/"))
    page = text(releaser.get(path))
    assert page.count("Told that their version was corrected") == 1
    again = releaser.post(path, {"release": ["DEA"], "do": "tell"})
    assert again.status_code == 400 and "was not told" in text(again)


def test_nobody_is_told_by_a_release_that_reaches_only_holders_of_the_newest(amended):
    carried(amended, "CBSA", "HSI", "DEA")
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = list(Release.objects.filter(record=amended.pk, ended_at=None).values_list("pk", flat=True))
        from django.core.exceptions import ValidationError
        from django.utils import timezone

        with pytest.raises(ValidationError):
            tell_corrected(amended, rows, viewer=who, at=timezone.now())


def test_after_a_recall_and_a_new_release_nothing_is_compared_with_what_was_taken(amended):
    taken_back(amended)
    released(amended, "HSI")
    assert changes("hsi.agent", amended) is None


def test_the_webhook_carries_what_changed(amended, receiver):  # noqa: F811
    endpoint_for("HSI", receiver.url)
    carried(amended, "HSI", "CBSA")
    send()
    found = [each.payload for each in receiver.received]
    (body,) = [each for each in found if each["type"] == "bulletin.amended"]
    assert body["data"]["amends"] == {
        "version": 1,
        "changed": ["place", "technique"],
        "added": [],
        "note": NOTE,
    }
