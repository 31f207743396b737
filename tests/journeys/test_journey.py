"""The journey: from a phone at the inspection table to a partner's desk, a recall and the monthly briefing."""

from __future__ import annotations

import io
import re
from ipaddress import ip_network

import pytest
from django.utils import timezone
from PIL import Image
from standardwebhooks import Webhook

from hub.accounts.viewer import desk_of
from hub.database.context import viewing
from sharing.deliveries.endpoints.actions import add_endpoint, verify_endpoint
from tests.cast import agency
from tests.deliveries.conftest import answers_challenges, receiver  # noqa: F401
from tests.journeys.conftest import PHONE, apart
from tests.processes import until, worker

pytestmark = pytest.mark.django_db(transaction=True)

TITLE = "Fentanyl in a fuel tank"
TEAR_LINE = "Fentanyl powder is carried in a false fuel tank of a pickup."
PLATE, PLACE = "QZX4471", "Nightjarfield lane 7"
GHOST = "/bulletins/2222-2222/"


def photograph() -> bytes:
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a description nobody may read"
    Image.new("RGB", (900, 600), (120, 90, 60)).save(picture, "JPEG", exif=exif)
    return picture.getvalue()


def post(page, shots) -> str:
    """Step 1: an officer posts a bulletin on a phone; it survives closing the page. Returns its reference."""
    page.goto("/bulletins/new/")
    page.get_by_label("Drug or other thing seized").first.fill("Fentanyl")
    page.locator("[name=substances-0-quantity]").fill("12.5")
    page.locator("[name=tear_line]").fill(TEAR_LINE)
    page.wait_for_url(re.compile(r"/bulletins/[0-9A-Z]{4}-[0-9A-Z]{4}/edit/"))
    draft = page.url
    page.locator("[data-saved], .saved").first.wait_for()
    page.wait_for_function("() => document.body.innerText.match(/Saved/)")
    page.goto("/")
    page.goto(draft)
    assert page.locator("[name=tear_line]").input_value() == TEAR_LINE
    assert page.locator("[name=substances-0-quantity]").input_value().startswith("12.5")

    page.set_input_files(
        "input[type=file] >> nth=0", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photograph()}
    )
    page.locator("[data-uploads] img, .uploads img, .pictures img").first.wait_for()
    page.locator("svg [data-code=VEH-MECH-FUEL]").first.click()
    assert page.locator("input[name=methods][value=VEH-MECH-FUEL]").is_checked()
    page.locator("input[name=hazard][value=yes]").check()
    page.locator("[name=safety_note]").fill("Wear a respirator when opening the tank.")
    for name in ("Title and story", "Where and when", "Identifiers"):
        page.locator("summary", has_text=name).first.click()
    page.locator("[name=title]").fill(TITLE)
    page.locator("[name=place]").fill(PLACE)
    page.locator("[name=port]").fill("Laredo - World Trade Bridge")
    page.locator("[name=identifiers-0-kind]").select_option("plate")
    page.locator("[name=identifiers-0-value]").fill(PLATE)
    page.locator("[name=predicate]").fill("Found in possession at inspection")
    page.locator("[name=predicate_category]").select_option("trafficking")
    page.locator("label", has=page.locator("[name=certify]")).or_(
        page.locator("label[for=id_certify]")
    ).first.click()
    shots(page, "1-post-390")
    page.get_by_role("button", name="Post to CBP").click()
    page.wait_for_url(re.compile(r"/bulletins/[0-9A-Z]{4}-[0-9A-Z]{4}/$"))
    shots(page, "1-posted-390")
    return page.url.rstrip("/").rpartition("/")[2]


def tick(page, selector) -> None:
    """Tick the (last) box by its label, as people do: the box itself is drawn by the label. Folds are opened first."""
    box = page.locator(selector).last
    box.evaluate(
        "box => { for (let e = box; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true }"
    )
    page.locator(f"label[for='{box.get_attribute('id')}']").click()


def release(page, ref, shots) -> None:
    """Step 2: a releaser sees it waiting, tries what cannot be, and releases it with parts withheld from CBSA."""
    page.goto("/")
    assert page.get_by_text(TITLE).count()
    page.goto(f"/bulletins/{ref}/")
    page.get_by_role("link", name="Release", exact=True).first.click()
    page.wait_for_url(f"**/bulletins/{ref}/release/")
    for key in ("CBSA", "community:HIDTA-STX", "community:DHE"):
        tick(page, f'input[name=to][value="{key}"]')
    for group in ("identifiers", "place"):
        tick(page, f"input[name='hold-CBSA'][value={group}]")
    page.locator("[name=need_to_know]").fill("Pickups at land ports")
    page.locator("[name=tlp]").select_option("TLP:AMBER+STRICT")
    page.locator("#outcome", has_text="agencies named one by one").wait_for()
    shots(page, "2-strict-1440")
    page.locator("[name=tlp]").select_option("TLP:AMBER")
    for whole in ("TXDPS", "HIDTA-STX"):
        page.locator(f"#outcome tr[data-agency='{whole}'][data-outcome=all]").wait_for()
    row = page.locator("#outcome tr[data-agency=CBSA]")
    row.get_by_text("Sees without").wait_for()
    said = row.inner_text().lower()
    assert "identifiers" in said and "exact place" in said
    shots(page, "2-release-1440")
    page.get_by_role("button", name=re.compile(r"^Release to ")).click()
    page.wait_for_url(f"**/bulletins/{ref}/")
    shots(page, "2-released-1440")


def verified(endpoint, desk):
    with viewing(desk):
        verify_endpoint(endpoint, viewer=desk, at=timezone.now())


def test_the_journey(signed_in, receiver, live_server, tmp_path, settings, shots):  # noqa: F811
    settings.OUTGOING_ALLOW = [ip_network("127.0.0.0/8")]
    settings.HUB_DEMO = True
    desk = desk_of(agency("CBSA"))
    with viewing(desk):
        endpoint, secret = add_endpoint(receiver.url, viewer=desk, at=timezone.now())
        receiver.echo = answers_challenges
    apart(lambda: verified(endpoint, desk))
    receiver.received.clear()

    with worker(tmp_path):
        ref = post(signed_in("cbp.officer", PHONE), shots)
        releaser = signed_in("cbp.releaser")
        release(releaser, ref, shots)

        # 3. Pushed by the worker: inbox, mail, webhook, each without what is withheld.
        until(lambda: len(receiver.received) == 1, within_s=30)
        got = receiver.received[0]
        assert Webhook(secret).verify(got.body, got.headers)
        assert PLATE.encode() not in got.body and b"Nightjarfield" not in got.body
        until(lambda: (tmp_path / "mail").exists() and list((tmp_path / "mail").iterdir()), within_s=10)
        officer = signed_in("cbsa.officer", PHONE)
        officer.goto("/inbox/")
        officer.get_by_text(TITLE).first.wait_for()
        shots(officer, "3-inbox-390")
        officer.goto(f"/bulletins/{ref}/")
        shown = officer.locator("main").inner_text()
        assert PLATE not in shown and "Nightjarfield" not in shown and "Laredo" not in shown
        for label in ("Identifiers", "Exact place and time"):
            assert re.search(rf"{label}\s+withheld by CBP", shown)
        shots(officer, "3-cbsa-390")
        picture = officer.locator("img[src*='/photographs/'], a[href*='/photographs/']").first
        address = picture.get_attribute("src") or picture.get_attribute("href")
        assert officer.request.get(address).status == 200
        for username in ("stx.analyst", "txdps.trooper"):
            page = signed_in(username)
            page.goto(f"/bulletins/{ref}/")
            whole = page.locator("main").inner_text()
            assert PLATE in whole and "Nightjarfield" in whole
            shots(page, f"3-{username}-1440")

        # 4. Nothing for who has none: the same answer as for a ghost; and what is withheld is not found either.
        outsider = signed_in("ncb.officer")
        ghost = outsider.request.get(GHOST)
        for path in (
            f"/bulletins/{ref}/",
            address,
            f"/bulletins/{ref}/release/",
            f"/bulletins/{ref}/recall/",
        ):
            assert outsider.request.get(path).status == ghost.status == 404
        for path in ("/bulletins/", "/inbox/", f"/search/?q={TITLE}", "/"):
            outsider.goto(path)
            assert ref not in outsider.content() and TEAR_LINE not in outsider.content()
        shots(outsider, "4-nothing-1440")
        for query in (f"q={PLATE}", "q=Nightjarfield", "port=P033"):
            assert ref not in officer.request.get(f"/search/?{query}").text()
        assert ref in officer.request.get("/search/?q=fentanyl+tank").text()

        # 5. Acknowledged: the owner sees which agency and when.
        officer.goto(f"/bulletins/{ref}/")
        officer.locator("button:visible", has_text="Acknowledge").first.click()
        officer.get_by_text("You acknowledged it").first.wait_for()
        releaser.goto(f"/bulletins/{ref}/")
        line = releaser.locator("tr", has_text="CBSA").first.inner_text()
        assert "cbsa.officer" not in releaser.content() and re.search(r"\d{4}", line)
        shots(releaser, "5-receipts-1440")

        # 7, before the recall: this month's briefing for CBSA and the HIDTA, as a page and as a PDF.
        briefing(signed_in("cbp.liaison"), shots)

        # 6. Recalled: a tombstone at once, a notice, and nothing for anyone else.
        releaser.goto(f"/bulletins/{ref}/recall/")
        releaser.locator("[name=reason]").fill("The laboratory found sugar.")
        shots(releaser, "6-recall-1440")
        releaser.get_by_role("button", name=re.compile("^Recall it")).click()
        officer.goto(f"/bulletins/{ref}/")
        stone = officer.locator("main").inner_text()
        assert "The laboratory found sugar." in stone and TEAR_LINE not in stone
        shots(officer, "6-tombstone-390")
        until(lambda: len(receiver.received) == 2, within_s=30)
        officer.goto("/inbox/")
        officer.get_by_text("ecalled").first.wait_for()
        assert officer.request.get(address).status == 404
        assert outsider.request.get(f"/bulletins/{ref}/").status == 404


def briefing(page, shots) -> None:
    page.goto("/briefings/new/")
    for value in ("CBSA", "community:HIDTA-STX"):
        tick(page, f"main input[value='{value}']")
    page.locator("main form button:visible").last.click()
    page.wait_for_url(re.compile(r"/briefings/[0-9A-Z]{4}-[0-9A-Z]{4}/"))
    pack = page.locator("main").inner_text()
    assert TITLE in pack and PLATE not in pack and "Nightjarfield" not in pack
    shots(page, "7-briefing-1440")
    answer = page.request.get(page.url.rstrip("/") + "/briefing.pdf")
    assert answer.status == 200 and answer.body().startswith(b"%PDF")
