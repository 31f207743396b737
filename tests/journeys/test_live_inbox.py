"""Two browsers: what one releases appears in the other's open inbox, and is acknowledged on a phone in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.builders import published_bulletin, released
from tests.deliveries.conftest import send as sends
from tests.disclosures.reader import take_back
from tests.journeys.conftest import DESK, PHONE, apart
from tests.receipts.conftest import HOUR, acknowledged, asking, run

pytestmark = pytest.mark.django_db(transaction=True)

PLAIN = {"hazard": False, "safety_note": ""}
# What the page does by itself every eight seconds or so.
ASK = "document.dispatchEvent(new Event('visibilitychange'))"


def send() -> None:
    apart(sends)


def given(title: str, **values: object) -> object:
    record = published_bulletin(title=title, **values)
    released(record, "CBSA")
    send()
    return record


def row(page: Page, title: str):
    return page.locator("li", has=page.locator("a.title", has_text=title))


def test_a_release_appears_in_an_open_inbox_and_is_acknowledged_on_a_phone(
    signed_in: Callable[..., Page], shots: Callable[[Page, str], None]
):
    plain = published_bulletin(title="Heroin behind a dashboard", **PLAIN)
    phone = signed_in("cbsa.officer", PHONE)
    phone.goto("/inbox/")
    expect(phone.get_by_text("Nothing waits for you")).to_be_visible()
    releaser = signed_in("cbp.releaser", DESK)
    releaser.goto(f"/bulletins/{plain.ref}/release/")
    releaser.evaluate("document.querySelector(`input[name=to][value='CBSA']`).closest('details').open = true")
    releaser.locator("input[name=to][value=CBSA] + label").click()
    releaser.fill("[name=need_to_know]", "Dashboards on both borders")
    releaser.select_option("[name=acknowledge_within]", "4")
    expect(releaser.get_by_text("Each agency is asked to acknowledge by")).to_be_visible()
    shots(releaser, "release-asks")
    releaser.get_by_role("button", name="Release to 1 agency").click()
    releaser.wait_for_url(f"**/bulletins/{plain.ref}/")
    send()

    # By itself, within its own time, without a reload.
    phone.evaluate("window.here = true")
    arrived = row(phone, "Heroin behind a dashboard")
    expect(arrived).to_be_visible(timeout=15_000)
    expect(arrived).to_contain_text("Acknowledge by")
    expect(phone.get_by_text("Nothing waits for you")).to_be_hidden()
    expect(phone.locator("[data-news-said]")).to_have_text("1 new message")
    expect(phone.locator("[data-news-unread]")).to_have_text("1 unread")
    expect(phone.locator(".tabs .count")).to_contain_text("1")
    expect(phone.locator("section.marking").first).to_contain_text("TLP:AMBER")
    assert phone.title().startswith("TLP:AMBER") and phone.evaluate("window.here")
    shots(phone, "inbox-arrived-phone")

    button = arrived.get_by_role("button", name="Acknowledge")
    box = button.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button.click()
    expect(arrived.get_by_text("acknowledged")).to_be_visible()
    phone.goto(f"/bulletins/{plain.ref}/")
    expect(phone.get_by_text("You acknowledged it on").last).to_be_attached()
    releaser.reload()
    expect(releaser.get_by_text("1 of 1 acknowledged")).to_be_attached()
    run(timezone.now() + 5 * HOUR)
    releaser.goto("/")
    expect(releaser.get_by_text("not acknowledged")).to_have_count(0)


def test_what_is_overdue_stands_first_on_a_phone_and_leads_to_the_button(
    signed_in: Callable[..., Page], shots: Callable[[Page, str], None]
):
    record = published_bulletin(title="Heroin behind a dashboard", **PLAIN)
    asking(record, "CBSA", ago=5 * HOUR)
    given("Fentanyl in a fuel tank")
    run(timezone.now())
    send()
    phone = signed_in("cbsa.liaison", PHONE)
    expect(phone.locator("section[aria-labelledby=acknowledge] a.title").first).to_have_text(
        "Heroin behind a dashboard"
    )
    shots(phone, "today-overdue-phone")
    phone.goto("/inbox/")
    phone.get_by_text("Nobody of your agency has acknowledged").click()
    phone.wait_for_url(f"**/bulletins/{record.ref}/")
    bar = phone.locator(".thumbbar")
    expect(bar).to_contain_text("it is overdue")
    shots(phone, "record-overdue-phone")
    bar.get_by_role("button", name="Acknowledge").click()
    phone.wait_for_url(f"**/bulletins/{record.ref}/")
    owner = signed_in("cbp.releaser", DESK)
    expect(owner.get_by_text("not acknowledged")).to_have_count(0)


def test_what_becomes_overdue_says_so_on_an_open_page(signed_in: Callable[..., Page]):
    asking(published_bulletin(title="Due by four", **PLAIN), "CBSA", within=4 * HOUR)
    asking(published_bulletin(title="Due by eight", **PLAIN), "CBSA", within=8 * HOUR)
    page = signed_in("cbsa.officer", DESK)
    page.clock.install()
    page.goto("/inbox/")
    tag = row(page, "Due by four").locator(".usa-tag--due")
    expect(tag).to_contain_text("Acknowledge by")
    shown = tag.locator("time").text_content()
    page.clock.fast_forward("04:01:00")
    expect(tag).to_have_text(f"Overdue since {shown}")
    expect(tag.locator("svg")).to_have_count(1)
    expect(row(page, "Due by eight").locator(".usa-tag--due")).to_contain_text("Acknowledge by")


def test_the_reader_stays_where_they_are_while_rows_come_and_go(signed_in: Callable[..., Page]):
    records = [given(f"Number {number:02}", **PLAIN) for number in range(12)]
    page = signed_in("cbsa.officer", PHONE)
    page.goto("/inbox/")
    there = row(page, "Number 03").locator("a.title")
    there.focus()
    there.scroll_into_view_if_needed()
    before = there.bounding_box()["y"]
    given("Hazard one")
    given("One more", **PLAIN)
    page.evaluate(ASK)
    expect(row(page, "Hazard one")).to_be_attached()
    assert abs(there.bounding_box()["y"] - before) < 2
    assert page.evaluate("document.activeElement.textContent") == "Number 03"
    expect(page.locator("#group-hazards .n")).to_have_text("1")
    # What is taken back goes by itself, and what is done elsewhere too.
    take_back(records[5])
    acknowledged("cbsa.officer", records[6])
    send()
    page.evaluate(ASK)
    expect(row(page, "Number 05")).to_have_count(0)
    expect(row(page, f"Bulletin {records[5].ref}")).to_be_attached()
    expect(row(page, "Number 06")).to_have_count(0)
    assert abs(there.bounding_box()["y"] - before) < 2
    # The row one is on goes: its neighbour is where one is.
    acknowledged("cbsa.officer", records[3])
    page.evaluate(ASK)
    expect(row(page, "Number 03")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent").startswith("Number")


def test_the_page_says_when_it_cannot_reach_the_hub_and_that_it_can_again(
    signed_in: Callable[..., Page], shots: Callable[[Page, str], None]
):
    page = signed_in("cbsa.officer", DESK)
    page.goto("/inbox/")
    line = page.locator("[data-news-offline]")
    expect(line).to_be_hidden()
    page.context.set_offline(True)
    expect(line).to_be_visible()
    shots(page, "inbox-offline")
    given("Came meanwhile", **PLAIN)
    page.context.set_offline(False)
    expect(row(page, "Came meanwhile")).to_be_visible()
    expect(line).to_be_hidden()


def test_a_hidden_page_asks_nothing_and_a_shown_one_asks_at_once(signed_in: Callable[..., Page]):
    page = signed_in("cbsa.officer", DESK)
    page.goto("/inbox/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/inbox/news/" in request.url else None)
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => window.covered, configurable: true })"
    )
    page.evaluate(f"window.covered = true; {ASK}")
    given("Came meanwhile", **PLAIN)
    page.wait_for_timeout(10_500)
    assert asked == []
    page.evaluate(f"window.covered = false; {ASK}")
    expect(row(page, "Came meanwhile")).to_be_visible()
    assert len(asked) == 1


def test_the_number_in_the_shell_follows_on_every_page(signed_in: Callable[..., Page]):
    page = signed_in("cbsa.officer", DESK)
    page.goto("/bulletins/")
    expect(page.locator(".tool.inbox .count")).to_have_count(0)
    given("Came meanwhile", **PLAIN)
    page.evaluate(ASK)
    expect(page.locator(".tool.inbox .count")).to_contain_text("1")


def test_while_you_were_away_is_one_tap_to_each_list(
    signed_in: Callable[..., Page], shots: Callable[[Page, str], None]
):
    from tests.deliveries.test_away import was_here

    was_here("cbsa.officer", timedelta(days=3))
    given("Hazard one")
    take_back(given("Taken back", **PLAIN))
    given("Plain one", **PLAIN)
    send()
    page = signed_in("cbsa.officer", PHONE)
    page.get_by_role("link", name="See what came").click()
    panel = page.locator("section.away")
    expect(panel).to_contain_text("While you were away")
    shots(page, "away-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    panel.get_by_role("link", name="1 hazard").click()
    expect(page.locator("a.title")).to_have_text(["Hazard one"])
    page.go_back()
    panel.get_by_role("button", name="Done").click()
    expect(panel).to_have_count(0)
