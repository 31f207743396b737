"""Every page in a real browser: accessible, no wider than a phone, quiet, light on the wire, usable without scripts."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.publishing.photographs.actions import add_photograph
from bulletins.records.actions import write_down
from hub.database.context import viewing
from sharing.flow import recall
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import PASSWORD, person, viewer
from tests.journeys.conftest import DESK, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOUND = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false}))
    .violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}`))"""
WIDEST = """width => document.documentElement.scrollWidth > width && [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > width + 1).map(each => each.outerHTML.slice(0, 80)).pop()"""
NARROW = 320
FIRST_LOAD, LATER_PAGE = 300_000, 60_000
GHOST = "/bulletins/2222-2222/"


@dataclass(frozen=True)
class Visit:
    """A page, who opens it, and what is done there before it is looked at."""

    who: str
    path: str
    before: Callable[[Page], object] | None = None
    status: int = 200


@dataclass(frozen=True)
class World:
    whole: str
    draft: str
    recalled: str
    amended: str
    seizure: str
    briefing: str


def photograph() -> SimpleUploadedFile:
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((900, 600)).convert("RGB").save(picture, "JPEG")
    return SimpleUploadedFile("a.jpg", picture.getvalue(), "image/jpeg")


@pytest.fixture
def world(tmp_path: Path, settings: Any) -> World:
    """One record for each state a page can be in."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "store")},
        }
    }
    officer, at = viewer("cbp.officer"), timezone.now()
    whole = draft_bulletin()
    with viewing(officer):
        add_photograph(whole, photograph(), viewer=officer, at=at, caption="The open tank")
        publish(whole, viewer=officer, at=at)
    released(whole, ("CBSA", "place", "identifiers"), "HSI", "community:HIDTA-STX")
    recalled = published_bulletin(title="Cocaine in a spare tire")
    released(recalled, "CBSA")
    with viewing(viewer("cbp.releaser")):
        recall(recalled, reason="The laboratory found sugar.", viewer=viewer("cbp.releaser"), at=at)
    amended = published_bulletin(title="Heroin behind a dashboard", methods=["VEH-INT-DASH"], hazard=False)
    released(amended, "CBSA", "HSI")
    with viewing(officer):
        fresh = Bulletin.objects.get(pk=amended.pk)
        write_down(fresh, {"tear_line": "Heroin lies behind the dashboard."}, viewer=officer, at=at)
        publish(fresh, viewer=officer, at=at, note="The laboratory's answer")
    seizure = published_seizure()
    released(seizure, "CBSA")
    made = client("cbp.liaison").post("/briefings/new/", {"title": "The call", "to": ["CBSA"], **month()})
    briefing = made["Location"].strip("/").rpartition("/")[2]
    return World(whole.ref, draft_bulletin().ref, recalled.ref, amended.ref, seizure.ref, briefing)


def month() -> dict[str, str]:
    return {"month": f"{timezone.localtime():%Y-%m}"}


def client(username: str) -> Client:
    signed_in = Client()
    signed_in.force_login(person(username), "allauth.account.auth_backends.AuthenticationBackend")
    return signed_in


def pick_cbsa(page: Page) -> None:
    """Pick CBSA on the release page, hold something back, and wait for what it would see."""
    page.evaluate("document.querySelector(`input[name=to][value='CBSA']`).closest('details').open = true")
    page.locator("input[name=to][value=CBSA] + label").click()
    page.locator("input[name='hold-CBSA'][value=identifiers] + label").click()
    page.locator("#outcome tr[data-agency=CBSA]").wait_for()


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")


def visits(world: World) -> Iterator[Visit]:
    """Every page of the hub but the API's documentation, as somebody of the cast opens it."""
    whole, owned = f"/bulletins/{world.whole}/", f"/bulletins/{world.amended}/"
    for who in ("cbp.releaser", "cbsa.officer", "rcmp.officer", "steward"):
        yield Visit(who, "/")
    for who in ("cbp.releaser", "rcmp.officer"):
        yield from (Visit(who, path) for path in ("/bulletins/", "/inbox/", "/briefings/"))
    for path in ("/inbox/", whole, f"/bulletins/{world.recalled}/", f"/seizures/{world.seizure}/"):
        yield Visit("cbsa.officer", path)
    for path in ("/bulletins/drafts/", f"/seizures/{world.seizure}/edit/"):
        yield Visit("cbp.officer", path)
    for path in ("/bulletins/new/", "/seizures/new/", f"/bulletins/{world.draft}/edit/"):
        yield Visit("cbp.officer", path, open_all)
    yield Visit("cbp.officer", f"/bulletins/{world.draft}/edit/discard/")
    for path in ("", "as/CBSA/", "recall/", "marking/", "review/", "purge/"):
        yield Visit("cbp.releaser", whole + path)
    yield Visit("cbp.releaser", f"/bulletins/{world.recalled}/recall/proof/")
    yield Visit("cbsa.officer", f"/bulletins/{world.recalled}/recall/answer/")
    for path in (whole + "correct/", whole + "ask/", "/corrections/?side=proposed", "/requests/"):
        yield Visit("cbsa.officer", path)
    for path in ("/corrections/", "/requests/", "/reviews/", "/bulletins/release/"):
        yield Visit("cbp.releaser", path)
    yield Visit("cbp.releaser", whole + "release/", pick_cbsa)
    yield Visit("cbp.releaser", f"/bulletins/{world.draft}/release/")
    for path in ("", "versions/1/", "carry-over/"):
        yield Visit("cbp.releaser", owned + path)
    for path in (
        "/seizures/",
        f"/seizures/{world.seizure}/",
        "/search/?q=fentanyl",
        "/search/?q=nothinglikeit",
    ):
        yield Visit("cbp.releaser", path)
    for path in ("/agreements/", "/agreements/CBP-CBSA/", "/communities/", "/communities/HIDTA-STX/"):
        yield Visit("cbp.releaser", path)
    for path in (
        "/agreements/new/",
        *(f"/agreements/CBP-CBSA/{verb}/" for verb in ("change", "suspend", "accept")),
    ):
        yield Visit("cbp.admin", path)
    for path in ("edit/", "close/"):
        yield Visit("stx.analyst", f"/communities/HIDTA-STX/{path}")
    for path in ("/communities/join/", "/agencies/CBP/belonging/"):
        yield Visit("cbp.admin", path)
    for path in ("/agencies/", "/agencies/CBSA/", "/accounts/password/change/", "/accounts/logout/"):
        yield Visit("cbp.releaser", path)
    for path in ("/briefings/new/", f"/briefings/{world.briefing}/", f"/briefings/{world.briefing}/present/"):
        yield Visit("cbp.liaison", path)
    for path in ("/ledger/", "/ledger/?side=received", f"/ledger/?ref={world.whole}"):
        yield Visit("cbp.releaser", path)
    for path in ("/trail/", "/trail/seals/", "/emergencies/"):
        yield Visit("inspector", path)
    yield Visit("cbp.officer", GHOST, status=404)
    yield Visit("cbp.officer", "/briefings/new/", status=403)
    yield Visit("", "/accounts/login/")


@pytest.fixture
def opened(chromium: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """A browser of somebody who is signed in already; the sign-in page itself is tried in the journey."""
    contexts = []

    def open_for(username: str = "", **options: Any) -> BrowserContext:
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        if username:
            session = client(username).cookies[configured.SESSION_COOKIE_NAME].value
            cookie = {"name": configured.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
            context.add_cookies([cookie])  # type: ignore[list-item]
        return context

    yield open_for
    for context in contexts:
        context.close()


def axe(page: Page, rules: list[str]) -> list[str]:
    return page.evaluate(FOUND, rules)  # type: ignore[no-any-return]


def sized(page: Page, width: int) -> None:
    """As tall as the page, so that the tabs of a phone cover nothing of it."""
    page.set_viewport_size({"width": width, "height": 900})
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(tall + 150, 20_000)})


def faults(page: Page, visit: Visit) -> Iterator[str]:
    """What is wrong with the page at both sizes."""
    answer = page.goto(visit.path)
    assert answer
    if answer.status != visit.status:
        yield f"answers {answer.status}"
    if visit.before:
        visit.before(page)
    page.evaluate(AXE)
    yield from (f"1440 px: {found}" for found in axe(page, WCAG))
    sized(page, PHONE["width"])
    yield from (f"390 px: {found}" for found in axe(page, WCAG))
    for width in (PHONE["width"], NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        if widest := page.evaluate(WIDEST, width):
            yield f"{width} px: scrolls sideways because of {widest}"


def test_every_page_is_accessible_fits_a_phone_and_is_quiet(world, opened):
    """One page a person, so that what a script or the policy complains about is heard throughout."""
    pages: dict[str, Page] = {}
    complaints: list[str] = []
    wrong: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error" and "status of 40" not in said.text:
            complaints.append(f"the console says: {said.text}")

    for visit in visits(world):
        if visit.who not in pages:
            page = pages[visit.who] = opened(visit.who).new_page()
            page.on("pageerror", lambda error: complaints.append(f"a script's error: {error}"))
            page.on("console", heard)
        page = pages[visit.who]
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        found = [*faults(page, visit), *complaints]
        complaints.clear()
        wrong += [f"{visit.path} as {visit.who or 'a stranger'}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)


def test_the_main_pages_are_readable_in_the_dark(world, opened):
    wrong: list[str] = []
    for who, paths in {
        "cbp.releaser": ("/", f"/bulletins/{world.whole}/", "/bulletins/", "/search/?q=fentanyl"),
        "cbsa.officer": ("/inbox/", f"/bulletins/{world.whole}/", f"/bulletins/{world.recalled}/"),
        "cbp.officer": ("/bulletins/new/",),
        "cbp.liaison": (f"/briefings/{world.briefing}/", f"/briefings/{world.briefing}/present/"),
    }.items():
        page = opened(who, color_scheme="dark").new_page()
        for path in paths:
            page.goto(path)
            page.evaluate(AXE)
            for width in (DESK["width"], PHONE["width"]):
                sized(page, width)
                wrong += [f"{path} at {width} px: {found}" for found in axe(page, ["color-contrast"])]
    assert not wrong, "\n".join(wrong)


def test_what_is_chosen_dark_prints_dark_on_white(world, opened):
    page = opened("cbp.liaison", color_scheme="dark", viewport=DESK).new_page()
    for path in (f"/bulletins/{world.whole}/", f"/briefings/{world.briefing}/"):
        page.goto(path)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.emulate_media(media="print")
        page.evaluate(AXE)
        assert not axe(page, ["color-contrast"]), path
        page.emulate_media(media="screen")


def test_pages_are_light_on_the_wire(world, opened):
    """What was fetched once is not fetched again: built files' addresses name their content."""
    page = opened("cbsa.officer", viewport=PHONE).new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    known: set[str] = set()

    def weight(path: str) -> int:
        answers.clear()
        page.goto(path, wait_until="networkidle")
        fresh = {answer.url: answer for answer in answers if answer.url not in known and answer.ok}
        known.update(url for url in fresh if "/static/" in url or "/drawings/" in url)
        return sum(len(gzip.compress(answer.body())) for answer in fresh.values())

    assert weight("/") < FIRST_LOAD
    bulletin = f"/bulletins/{world.whole}/"
    weights = {path: weight(path) for path in ("/bulletins/", "/inbox/", "/search/?q=fentanyl", bulletin)}
    assert max(weights.values()) < LATER_PAGE, weights


def test_the_hub_works_without_scripts(opened, world):
    """Sign in, post, release, acknowledge and recall with plain forms."""

    def enter(username: str) -> Page:
        page = opened(viewport=PHONE, java_script_enabled=False).new_page()
        page.goto("/accounts/login/")
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        return page

    officer = enter("cbp.officer")
    officer.goto("/bulletins/new/")
    officer.locator("input[name=methods][value=VEH-BODY-FLOOR] + label").click()
    officer.get_by_label("Drug or other thing seized").first.fill("Cocaine")
    officer.locator("[name=substances-0-quantity]").fill("20")
    officer.locator("[name=tear_line]").fill("Cocaine lies in a false floor of a pickup.")
    officer.locator("input[name=hazard][value=no]").check(force=True)
    officer.get_by_role("button", name="Post to CBP").click()
    assert re.search(r"/bulletins/[0-9A-Z]{4}-[0-9A-Z]{4}/$", officer.url), officer.locator(
        "main"
    ).inner_text()
    path = "/" + officer.url.split("/", 3)[3]

    releaser = enter("cbp.releaser")
    releaser.goto(path + "release/")
    pick = releaser.locator("input[name=to][value=CBSA]")
    releaser.locator("details", has=pick).last.locator("summary").click()
    releaser.locator("input[name=to][value=CBSA] + label").click()
    releaser.locator("[name=need_to_know]").fill("Pickups at land ports")
    releaser.get_by_role("button", name="Show what each would see").click()
    releaser.get_by_role("button", name=re.compile("^Release to ")).click()
    assert releaser.url.endswith(path)

    partner = enter("cbsa.officer")
    partner.goto(path)
    partner.get_by_role("button", name="Acknowledge").locator("visible=true").first.click()
    partner.goto(path)
    assert "You acknowledged it" in partner.locator("main").inner_text()

    releaser.goto(path + "recall/")
    releaser.locator("[name=reason]").fill("The laboratory found sugar.")
    releaser.get_by_role("button", name=re.compile("^Recall it")).click()
    partner.goto(path)
    assert "The laboratory found sugar." in partner.locator("main").inner_text()
