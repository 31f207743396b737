"""A liaison at the pages of briefings, and what a PDF says."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from tests.cast import person


def this_month() -> str:
    return f"{timezone.now().astimezone(ZoneInfo('America/New_York')):%Y-%m}"


@dataclass
class Opened:
    """A briefing, looked at anew each time."""

    client: Client
    path: str

    def page(self, query: str = ""):
        answer = self.client.get(self.path + query)
        assert answer.status_code == 200
        return answer

    def text(self) -> str:
        return self.page().content.decode()

    def pdf(self) -> PdfReader:
        answer = self.client.get(f"{self.path}briefing.pdf")
        assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf", answer
        return PdfReader(io.BytesIO(answer.content))

    def paper(self) -> str:
        """All that the PDF says, in one line."""
        return " ".join(" ".join(page.extract_text() for page in self.pdf().pages).split())


@pytest.fixture
def browse(db) -> Callable[[str], Client]:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(person(username))
        return client

    return sign_in


@pytest.fixture
def briefing(browse) -> Callable[..., Opened]:
    """Makes a briefing by way of the form, as cbp.liaison."""

    def make(*to: str, by: str = "cbp.liaison", title: str = "The call", month: str = "") -> Opened:
        client = browse(by)
        answer = client.post("/briefings/new/", {"title": title, "month": month or this_month(), "to": to})
        assert answer.status_code == 302, answer.context["form"].errors
        return Opened(client, answer["Location"])

    return make
