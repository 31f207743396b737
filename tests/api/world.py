"""Something of every noun of the API, for tests that ask of all of it: made through the API, and its names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.database.context import viewing
from sharing.communities.models import Community
from sharing.flow.joining import invite
from tests.api.conftest import Caller
from tests.briefings.conftest import this_month
from tests.builders import draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import viewer

WHY = {"need_to_know": "Their trucks", "right_to_know": "Their law"}
# Where the uids of each noun are listed.
LISTS = {
    "bulletins": ("bulletins/", "bulletins/?state=draft"),
    "seizures": ("seizures/", "seizures/?state=draft"),
    "corrections": ("corrections/",),
    "recalls": ("recalls/",),
    "requests": ("requests/",),
    "deliveries": ("deliveries/",),
    "endpoints": ("deliveries/endpoints/",),
    "subscriptions": ("subscriptions/",),
    "briefings": ("briefings/",),
    "joinings": ("communities/joinings/",),
}


def populate(caller: Callable[..., Caller]) -> None:
    """Records of CBP's, shared with CBSA and Texas, and what passes between them."""
    releaser, liaison, partner = caller("cbp.releaser"), caller("cbp.liaison"), caller("cbsa.officer")
    bulletin, report, wrong = published_bulletin(), published_seizure(), published_bulletin()
    draft_bulletin()
    for each in (bulletin, report, wrong):
        released(each, ("CBSA", "place"), "TXDPS")
        said(partner.post("receipts/", {"record": str(each.uid)}))
    record = {"record": str(bulletin.uid)}
    said(partner.post("corrections/", {**record, "part": "core", "says": "Flour", "why": "Tested"}))
    said(partner.post("requests/", {**record, "to": "RCMP", **WHY}))
    said(releaser.post("releases/recall/", {"record": str(wrong.uid), "reason": "Wrong"}))
    said(partner.post("subscriptions/", {"title": "Tanks", "methods": ["VEH-MECH-FUEL"]}))
    said(liaison.post("subscriptions/", {"title": "All", "whose": "desk"}))
    said(liaison.post("briefings/", {"month": this_month(), "agencies": ["CBSA", "TXDPS"]}))
    lead = viewer("stx.analyst")
    with viewing(lead):
        from django.utils import timezone

        invite(Community.objects.get(code="HIDTA-STX"), "CBSA", viewer=lead, at=timezone.now())


def said(answer: Any) -> Any:
    assert answer.status_code < 300, answer.content
    return answer.json()


def names_seen(who: Caller) -> dict[str, set[str]]:
    """The uids of all that a caller may list, by noun."""
    return {noun: {uid for path in paths for uid in _listed(who, path)} for noun, paths in LISTS.items()}


def noun_of(path: str) -> str:
    """The noun whose uid a path of the schema takes."""
    parts = path.partition("/{uid}/")[0].split("/")
    return parts[-1]


def _listed(who: Caller, path: str) -> list[str]:
    answer = who.get(path)
    return [row["uid"] for row in answer.json()["results"]] if answer.status_code == 200 else []
