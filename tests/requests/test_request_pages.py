"""The pages of asking and answering: what each reader is offered and told, and what they are not."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils import timezone

from bulletins.flow import publish
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from hub.trail.models import TrailRow
from sharing.requests.models import OnwardRequest
from tests.builders import CANARIES, asked, consented, granted, released
from tests.cast import agency, viewer
from tests.disclosures.reader import reader, same_to_a_stranger, text

pytestmark = pytest.mark.django_db

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
WHY = {"need_to_know": "Their trucks cross the same lanes", "right_to_know": "Drug enforcement"}


def path_of(record) -> str:
    return f"/bulletins/{record.ref}/ask/"


def press(client, request, do, **form):
    """Look first, as the page does, then press the button."""
    path = f"/requests/{request.uid}/"
    looked = client.post(f"{path}preview/", form).content.decode()
    seal = re.search(r'name="seal" value="(\w+)"', looked)
    return client.post(path, {**form, "do": do, "seal": seal[1] if seal else ""})


def test_a_holder_asks_from_the_record_and_follows_it_to_the_answer(own):
    client = reader("stx.analyst")
    assert path_of(own) in text(client.get(f"/bulletins/{own.ref}/"))
    answer = client.post(path_of(own), {"to": "TXDPS", **WHY})
    assert answer.status_code == 302
    page = text(client.get(answer["Location"]))
    assert "HIDTA-STX asks that TXDPS may have" in page and "waiting" in page
    with engine():
        request = OnwardRequest.objects.get()
    assert text(reader("cbp.releaser").get("/")).count(f"/requests/{request.uid}/") >= 1
    assert press(reader("cbp.releaser"), request, "grant", withheld=["place"]).status_code == 302
    page = text(client.get(answer["Location"]))
    assert "granted" in page and "without exact place and time" in page
    assert CANARIES["place"] not in text(reader("txdps.trooper").get(f"/bulletins/{own.ref}/"))
    assert CANARIES["detail"] in text(reader("txdps.trooper").get(f"/bulletins/{own.ref}/"))


def test_what_is_granted_until_the_last_day_of_the_calendar_has_no_end(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    assert press(reader("cbp.releaser"), request, "grant", until="9999-12-31").status_code == 302
    page = text(reader("stx.analyst").get(f"/requests/{request.uid}/"))
    assert "granted" in page and "9999" not in page


def test_whoever_does_not_hold_it_finds_no_such_page(own):
    ghost = "ZZZZ-ZZZZ"
    for username in ("ncb.officer", "txdps.trooper", "steward"):
        client = reader(username)
        for ask in (client.get, lambda path, client=client: client.post(path, {"to": "DEA", **WHY})):
            real, none = ask(path_of(own)), ask(f"/bulletins/{ghost}/ask/")
            assert same_to_a_stranger(real) == same_to_a_stranger(none)
            assert real.status_code == 404


def test_a_request_is_a_ghost_to_all_whom_it_does_not_concern(of_hsi):
    released(of_hsi, "HIDTA-STX", "DEA")
    consented(of_hsi, "DEA", by="hsi.agent")
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    assert reader("hsi.agent").get(f"/requests/{request.uid}/").status_code == 200
    ghost = uuid4()
    # A holder, the one it is for, a stranger, those above agencies.
    for username in ("dea.agent", "txdps.trooper", "ncb.officer", "steward", "inspector"):
        client = reader(username)
        for below in ("", "preview/"):
            real, none = (
                client.post(f"/requests/{uid}/{below}", {"do": "grant"}) for uid in (request.uid, ghost)
            )
            assert real.status_code == none.status_code == 404
            # Its own address is all that such a page repeats.
            plain = [
                text(answer).replace(str(uid), "") for answer, uid in ((real, request.uid), (none, ghost))
            ]
            assert TOKEN.sub("", plain[0]) == TOKEN.sub("", plain[1])
        assert str(request.uid) not in text(client.get("/requests/")) + text(client.get("/"))


def test_the_originator_is_shown_none_of_a_record_it_does_not_hold(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    page = text(reader("hsi.agent").get(f"/requests/{request.uid}/"))
    assert "Their trucks cross the same lanes" in page and of_hsi.ref in page and "HIDTA-STX" in page
    for word in (*CANARIES.values(), "TLP:AMBER", "Fentanyl", "CBP"):
        assert word not in page, word
    # Held, it is linked and named.
    released(of_hsi, "HIDTA-STX", "HSI")
    assert f"/bulletins/{of_hsi.ref}/" in text(reader("hsi.agent").get(f"/requests/{request.uid}/"))


def test_the_originators_preview_says_what_its_own_word_lets_through(of_hsi):
    request = asked(of_hsi, "CBSA", by="stx.analyst")
    client = reader("hsi.agent")
    answer = client.post(f"/requests/{request.uid}/preview/", {"extent": "whole"})
    (line,) = answer.context["outlook"].lines
    assert (line.code, line.outcome) == ("CBSA", "no")
    assert "no live agreement with HSI" in line.reasons
    inland = asked(of_hsi, "TXDPS", by="stx.analyst")
    for form, outcome in (({}, "all"), ({"withheld": ["place"]}, "part"), ({"extent": "tear_line"}, "part")):
        (line,) = client.post(f"/requests/{inland.uid}/preview/", form).context["outlook"].lines
        assert line.outcome == outcome
    Agency.objects.filter(code="TXDPS").update(state=AgencyState.SUSPENDED)
    (line,) = client.post(f"/requests/{inland.uid}/preview/", {}).context["outlook"].lines
    assert line.reasons == ("the agency is suspended",)


def test_the_owner_sees_that_the_agency_has_it_already_and_the_asker_does_not(own):
    released(own, "TXDPS")
    request = asked(own, "TXDPS", by="stx.analyst")
    assert "Has it now" in text(reader("cbp.releaser").get(f"/requests/{request.uid}/"))
    fresh = asked(own, "DEA", by="stx.analyst")
    pages = [text(reader("stx.analyst").get(f"/requests/{each.uid}/")) for each in (request, fresh)]
    assert "Has it now" not in pages[0]
    assert len(pages[0]) - pages[0].count("TXDPS") * 2 - len(agency("TXDPS").label) > 0
    assert re.sub(r"TXDPS", "DEA", pages[0]).count("waiting") == pages[1].count("waiting")


def test_what_was_looked_at_is_what_is_granted(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    client = reader("cbp.releaser")
    looked = client.post(f"/requests/{request.uid}/preview/", {}).context["outlook"]
    stale = client.post(
        f"/requests/{request.uid}/", {"do": "grant", "withheld": ["place"], "seal": looked.seal}
    )
    assert stale.status_code == 400 and "Look, then grant" in text(stale)
    with engine():
        assert OnwardRequest.objects.get(pk=request.pk).state == "waiting"
    assert press(client, request, "grant").status_code == 302


def test_a_form_that_came_too_late_changes_nothing_and_says_so(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    client = reader("cbp.releaser")
    seal = client.get(f"/requests/{request.uid}/").context["outlook"].seal
    granted(request, by="cbp.releaser")
    late = client.post(f"/requests/{request.uid}/", {"do": "grant", "seal": seal})
    assert late.status_code == 400
    assert client.post(f"/requests/{request.uid}/", {"do": "refuse", "reason": "Late"}).status_code == 400
    with engine():
        assert OnwardRequest.objects.get(pk=request.pk).state == "granted"


def test_only_releasers_decide_and_a_refused_try_is_on_the_trail(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    officer = reader("cbp.officer")
    page = officer.get(f"/requests/{request.uid}/")
    assert page.status_code == 200 and page.context["outlook"] is None
    assert officer.post(f"/requests/{request.uid}/", {"do": "grant"}).status_code == 403
    assert officer.post(f"/requests/{request.uid}/preview/", {}).status_code == 403
    with viewing(viewer("inspector")):
        rows = TrailRow.objects.filter(event="request.grant", outcome="refused")
        assert [row.actor for row in rows] == ["cbp.officer"]
    assert "/requests/" not in text(officer.get("/")).partition("<main")[2].partition("</main>")[0]


def test_a_refusal_is_read_by_the_asker(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    client = reader("hsi.agent")
    assert client.post(f"/requests/{request.uid}/", {"do": "refuse", "reason": " "}).status_code == 400
    answer = client.post(f"/requests/{request.uid}/", {"do": "refuse", "reason": "The case is open"})
    assert answer.status_code == 302
    page = text(reader("stx.analyst").get(f"/requests/{request.uid}/"))
    assert "The case is open" in page and "Refused by HSI" in page


def test_a_consent_is_withdrawn_on_the_page_it_was_given_on(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    client = reader("hsi.agent")
    assert press(client, request, "grant").status_code == 302
    assert press(reader("cbp.releaser"), request, "grant").status_code == 302
    assert reader("txdps.trooper").get(f"/bulletins/{of_hsi.ref}/").status_code == 200
    assert "Withdraw the consent" in text(client.get(f"/requests/{request.uid}/"))
    assert client.post(f"/requests/{request.uid}/", {"do": "withdraw"}).status_code == 302
    gone = reader("txdps.trooper").get(f"/bulletins/{of_hsi.ref}/")
    assert "gone" in gone.context and not gone.context["gone"].reason
    assert "HSI" not in text(gone)
    assert "consent withdrawn" in text(reader("cbp.releaser").get(f"/requests/{request.uid}/"))


def test_the_asker_takes_it_back_on_its_page(own):
    request = asked(own, "TXDPS", by="stx.analyst")
    client = reader("stx.analyst")
    assert client.post(f"/requests/{request.uid}/", {"do": "take_back"}).status_code == 302
    assert "taken back" in text(client.get(f"/requests/{request.uid}/"))
    assert reader("cbp.releaser").post(f"/requests/{request.uid}/", {"do": "take_back"}).status_code == 403


def test_the_release_page_offers_to_ask_where_consent_is_what_is_missing(of_hsi):
    form = {"to": ["TXDPS", "RCMP"], "tlp": "TLP:AMBER", "need_to_know": "Mine", "right_to_know": "Mine"}
    page = text(reader("cbp.releaser").post(f"/bulletins/{of_hsi.ref}/release/preview/", form))
    assert f"/bulletins/{of_hsi.ref}/ask/?to=TXDPS" in page and "HSI has not consented" in page
    asked_for = reader("cbp.releaser").get(f"/bulletins/{of_hsi.ref}/ask/?to=TXDPS")
    assert asked_for.status_code == 200 and asked_for.context["form"].initial["to"] == "TXDPS"


def test_an_agency_with_nobody_to_ask_is_told_to_release(own):
    page = reader("cbp.officer").get(path_of(own))
    assert "It is yours to release" in text(page)


def test_bad_forms_say_what_to_do_and_write_nothing(own):
    client = reader("stx.analyst")
    for form in (
        {},
        {"to": "NOBODY", **WHY},
        {"to": "CBP", **WHY},
        {"to": "HIDTA-STX", **WHY},
        {"to": "TXDPS", "need_to_know": "x" * 301, "right_to_know": " "},
    ):
        assert client.post(path_of(own), form).status_code == 400, form
    assert client.post(path_of(own), {"to": "TXDPS", **WHY}).status_code == 302
    again = client.post(path_of(own), {"to": "TXDPS", **WHY})
    assert again.status_code == 400 and "asked this already" in text(again)
    with engine():
        assert OnwardRequest.objects.count() == 1


def test_an_amendment_since_does_not_slip_through_by_an_older_consent(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, by="hsi.agent")
    who = viewer("cbp.releaser")
    with viewing(who):
        publish(of_hsi, viewer=who, at=timezone.now(), note="Weighed again")
    answer = press(reader("cbp.releaser"), request, "grant")
    assert answer.status_code == 400 and "HSI has not consented to this recipient" in text(answer)
    assert reader("txdps.trooper").get(f"/bulletins/{of_hsi.ref}/").status_code == 404


def test_markup_in_the_askers_words_stays_words(own):
    request = asked(own, "TXDPS", by="stx.analyst", need="<script>alert(1)</script>")
    for username in ("cbp.releaser", "stx.analyst"):
        for path in ("/requests/", f"/requests/{request.uid}/", "/"):
            assert "<script>alert" not in text(reader(username).get(path))


def test_the_list_costs_no_query_more_for_each_request(own):
    def queries():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as found:
            client.get("/requests/")
        return len(found)

    client = reader("cbp.releaser")
    asked(own, "TXDPS", by="stx.analyst")
    client.get("/requests/")
    first = queries()
    for to in ("DEA", "HSI"):
        asked(own, to, by="stx.analyst")
    assert queries() == first


def test_how_it_ended_is_the_askers_and_the_owners_to_read(of_hsi):
    request = asked(of_hsi, "TXDPS", by="stx.analyst")
    granted(request, by="hsi.agent")
    path = f"/requests/{request.uid}/"
    assert reader("cbp.releaser").post(path, {"do": "refuse", "reason": "Bitterns nest"}).status_code == 302
    for username in ("stx.analyst", "cbp.releaser"):
        assert "Bitterns nest" in text(reader(username).get(path))
    assert "Bitterns nest" not in text(reader("hsi.agent").get(path))
