"""The events and fields of standards 5 that no other test of the trail looks at, refusals included."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from hub.agencies.models import Agency, Person
from hub.database.context import viewing
from hub.trail.models import TrailRow
from hub.trail.seals import WATCH
from sharing.flow import recall, release
from tests.api.conftest import Caller, caller, unhurried  # noqa: F401
from tests.builders import CANARIES, pick, plan, published_bulletin, released
from tests.cast import PASSWORD, agency, person, viewer
from tests.disclosures.reader import reader

pytestmark = pytest.mark.django_db


def rows(event, **asked):
    with viewing(WATCH):
        return list(TrailRow.objects.filter(event=event, **asked).order_by("id"))


def seen_by(username, event):
    with viewing(viewer(username)):
        return [row.object_id for row in TrailRow.objects.filter(event=event).order_by("id")]


def test_a_row_says_who_from_where_with_what_and_how_long_it_took():
    client = reader("cbp.admin")
    client.get("/trail/", HTTP_USER_AGENT="Firefox")
    client.get("/trail/")
    first, second = rows("trail.read")
    assert (first.actor, first.agency, first.method, first.outcome) == ("cbp.admin", "CBP", "session", "ok")
    assert first.ip == "127.0.0.1" and first.user_agent == "Firefox" and len(first.request_id) == 32
    assert first.credential and first.credential == second.credential, "one session"
    assert client.session.session_key not in first.credential
    assert first.duration_ms is not None and first.duration_ms >= 0 and first.rows is not None
    reader("cbp.admin").get("/trail/")
    assert rows("trail.read")[2].credential != first.credential, "another session"


def test_a_tokens_rows_tell_which_token_and_open_nothing(caller):  # noqa: F811
    one, other = caller("cbp.releaser"), caller("cbp.releaser")
    for asker in (one, one, other):
        asker.get("ledger/")
    told = [(row.method, row.credential) for row in rows("ledger.read")]
    assert told[0] == told[1] != told[2] and told[0][0] == "token"
    assert len(told[0][1]) == 16 and told[0][1] not in one.client.defaults["HTTP_AUTHORIZATION"]


def test_a_token_that_is_not_valid_is_on_the_trail_under_nobodys_name(caller):  # noqa: F811
    assert caller("cbp.officer").get("bulletins/").status_code == 200
    assert Caller("hub_nonsense").get("bulletins/").status_code == 401
    (row,) = rows("token.use")
    assert (
        row.outcome == "refused" and row.actor == "" and row.agency == "" and "nonsense" not in row.object_id
    )
    assert seen_by("cbp.admin", "token.use") == []


def test_signing_in_wrongly_rightly_and_out_is_on_the_trail():
    client = Client()
    for password in ("wrong and wrong again", PASSWORD):
        client.post("/accounts/login/", {"login": "cbp.admin", "password": password})
    client.post("/accounts/logout/")
    assert [(row.actor, row.outcome) for row in rows("person.sign_in")] == [
        ("", "failed"),
        ("cbp.admin", "ok"),
    ]
    assert [row.actor for row in rows("person.sign_out")] == ["cbp.admin"]


def test_a_new_password_is_on_the_trail_and_no_word_of_it():
    client = Client()
    assert client.post("/accounts/login/", {"login": "cbp.admin", "password": PASSWORD}).status_code == 302
    fresh = "another long passphrase 77"
    answer = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    )
    assert answer.status_code == 302
    (row,) = rows("person.password")
    assert (row.actor, row.object_id, row.ip) == ("cbp.admin", "cbp.admin", "127.0.0.1")
    change = rows("person.change")[-1]
    assert change.object_id == "cbp.admin" and change.facts == {"changed": "password"}
    assert change.actor == "cbp.admin", "whose context it was changed in"


def test_a_change_of_account_or_role_is_on_the_trail_whoever_makes_it():
    Person.objects.filter(username="cbp.officer").update(roles=["officer", "releaser"])
    Person.objects.filter(username="cbp.officer").update(is_active=False)
    Person.objects.create(username="cbp.new", agency=agency("CBP"), roles=["officer"])
    Person.objects.filter(username="cbp.officer").update(last_login=timezone.now())
    changed = rows("person.change")
    assert [row.facts.get("changed") for row in changed] == ["roles", "is_active"]
    assert (
        changed[0].facts["roles_before"] == "officer"
        and changed[0].facts["roles_since"] == "officer, releaser"
    )
    assert seen_by("cbp.admin", "person.add") == ["cbp.new"]
    assert seen_by("cbp.admin", "person.change") == ["cbp.officer", "cbp.officer"]


def test_a_move_is_told_to_the_agency_left_and_the_one_joined_and_to_no_third():
    """cbsa.liaison is no auditor: made one here, so that the row has a reader there too."""
    Person.objects.filter(username="cbsa.officer").update(roles=["auditor"])
    mover = person("hsi.agent")
    mover.agency = agency("CBP")
    mover.save()
    moved = rows("person.change", object_id="hsi.agent")
    assert sorted(row.agency for row in moved) == ["CBP", "HSI"]
    assert seen_by("cbp.admin", "person.change") == ["hsi.agent"]
    assert "hsi.agent" not in seen_by("cbsa.officer", "person.change")


@pytest.mark.parametrize(
    ("tlp", "controls", "withheld", "told"),
    [
        ("TLP:AMBER", (), ("identifiers",), False),
        ("TLP:AMBER", (), (), True),
        ("TLP:AMBER+STRICT", (), ("identifiers",), True),
        ("TLP:AMBER", ("DISPLAY ONLY",), ("identifiers",), True),
    ],
)
def test_each_opening_of_what_is_closely_held_is_on_the_trail(tlp, controls, withheld, told):
    who, bulletin = viewer("cbp.releaser"), published_bulletin()
    Agency.objects.filter(code="HSI").update(cfr23_accepted_on=timezone.localdate())
    with viewing(who):
        release(
            [bulletin],
            plan(pick("HSI", *withheld), tlp=tlp, controls=controls),
            viewer=who,
            at=timezone.now(),
        )
    client = reader("hsi.agent")
    for _ in range(2):
        assert client.get(f"/bulletins/{bulletin.ref}/").status_code == 200
    opened = rows("record.open", actor="hsi.agent")
    assert len(opened) == (2 if told else 0)
    if told:
        assert opened[0].object_id == bulletin.ref and opened[0].version == 1 and tlp in opened[0].marking
        assert seen_by("cbp.admin", "record.open") == [], (
            "the owner's auditor is not told who of another agency"
        )


def test_searching_through_the_api_is_on_the_trail_too(caller):  # noqa: F811
    released(published_bulletin(), "HSI")
    asker = caller("hsi.agent")
    asker.get("bulletins/?q=fentanyl&tlp=TLP:AMBER")
    asker.get("bulletins/")
    (row,) = rows("search.run")
    assert (
        row.facts == {"words": "fentanyl", "filters": {"tlp": "TLP:AMBER", "kind": "bulletin"}}
        and row.rows == 1
    )


def test_a_refusal_tells_an_auditor_what_was_asked_and_never_what_is_behind():
    """C's own auditor must not learn from C's trail that a hidden record exists."""
    hidden = published_bulletin()
    released(hidden, "CBSA")
    Person.objects.filter(username="ncb.officer").update(roles=["officer", "auditor"])
    client = reader("ncb.officer")
    for ref in (hidden.ref, "2222-2222"):
        assert client.get(f"/bulletins/{ref}/").status_code == 404
    real, ghost = rows("request.refused")
    for name in (
        "event",
        "outcome",
        "reason",
        "object_type",
        "version",
        "marking",
        "rows",
        "facts",
        "audience_after",
    ):
        assert getattr(real, name) == getattr(ghost, name), name
    page = client.get("/trail/").content.decode()
    assert not [word for word in CANARIES.values() if word in page] and "CBP" not in page


def test_sharing_says_the_audience_before_and_after_and_why():
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "HSI")
    with viewing(who):
        recall(bulletin, reason="The laboratory found nothing", viewer=who, at=timezone.now())
    (given,), (taken,) = rows("record.release"), rows("record.recall")
    assert set(given.audience_after) - set(given.audience_before) == {"HSI"} and given.reason
    assert "HSI" in taken.audience_before and taken.reason == "The laboratory found nothing"
    assert given.marking == "TLP:AMBER" and given.version == 1 and given.object_id == bulletin.ref
