"""A real browser against a real server: one Chromium a module, one context a person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.cast import PASSWORD

# Playwright's synchronous interface runs a loop of its own in this thread; Django takes that for an async view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def apart(call: Callable[[], Any]) -> Any:
    """`call` in a thread of its own: the way out turns a loop, and Playwright's turns in this one."""

    def run() -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """No longer than a module: its loop would stay in the thread in which other tests send."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=QUIET
        )
        yield browser
        browser.close()


@pytest.fixture
def signed_in(
    chromium: Browser, live_server: Any, shots: Callable[[Page, str], None]
) -> Iterator[Callable[..., Page]]:
    """`signed_in("cbp.officer", PHONE)`: a page of that person, who has signed in by the form.

    What the page's own scripts complain about fails the test.
    """
    opened = []
    complaints: list[str] = []

    def open_for(username: str, size: dict[str, int] = DESK) -> Page:
        context = chromium.new_context(viewport=size, base_url=live_server.url, accept_downloads=True)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: (
                complaints.append(f"{page.url}: {said.text}")
                if said.type == "error" and "status of 4" not in said.text
                else None
            ),
        )
        page.goto("/accounts/login/")
        page.fill("input[name=login]", username)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield open_for
    for number, context in enumerate(opened):
        for page in context.pages:
            shots(page, f"last-{number}")
        context.close()
    assert not complaints


@pytest.fixture
def shots() -> Callable[[Page, str], None]:
    """Keeps a picture of the page in the folder that HUB_SHOTS names, for people to look at."""
    folder = os.environ.get("HUB_SHOTS")

    def take(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    return take
