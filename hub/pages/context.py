"""What every page knows: who reads it, where they may go, how many messages wait, which theme they chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

THEMES = ("light", "dark")


class Reader(Protocol):
    """What the shell asks of `request.viewer`."""

    agency_id: int | None
    agency_code: str
    roles: frozenset[str]

    @property
    def is_authenticated(self) -> bool: ...

    def can(self, *roles: str) -> bool: ...


@dataclass(frozen=True)
class Entry:
    """A place to go. `here` is true for the section that the page belongs to."""

    name: str
    label: str
    href: str
    icon: str
    here: bool = False
    below: tuple[Entry, ...] = ()
    under: tuple[str, ...] = ()


# Arrows point to `hub`: who can count messages, and who plays the demo, is said when the apps are ready.
_counts: list[Callable[[Any], int]] = []
_cast: list[str] = []


def count_inbox_with(count: Callable[[Any], int]) -> None:
    """Registers (viewer) -> number of unread messages, asked once a page and only where it is shown."""
    _counts[:] = [count]


def offer_cast(usernames: Iterable[str]) -> None:
    """Registers the names that the sign-in page offers while HUB_DEMO is set; never a password."""
    _cast[:] = usernames


def places(viewer: Reader, path: str) -> tuple[Entry, ...]:
    """The sections this reader may enter, by task. What they may not do is not among them."""

    def entry(
        name: str,
        text: str,
        href: str,
        icon: str,
        *,
        below: tuple[Entry, ...] = (),
        under: tuple[str, ...] = (),
    ) -> Entry:
        at = (href, *under, *(child.href for child in below))
        here = path == "/" if href == "/" else any(path.startswith(start) for start in at)
        return Entry(name, text, href, icon, here, below, under)

    found = [entry("today", _("Today"), "/", "home")]
    # A hub-wide steward or inspector belongs to no agency, and reads no record.
    if viewer.agency_id is not None:
        found += [
            entry("bulletins", _("Bulletins"), "/bulletins/", "topic"),
            entry("seizures", _("Seizures"), "/seizures/", "science"),
            entry("find", _("Find"), "/search/", "search"),
            entry("inbox", _("Inbox"), "/inbox/", "mail", under=("/subscriptions/",)),
            entry("briefings", _("Briefings"), "/briefings/", "groups"),
        ]
    below: tuple[Entry, ...] = (
        entry("agreements", _("Agreements"), "/agreements/", "verified"),
        entry("communities", _("Communities"), "/communities/", "group_add"),
        entry("agencies", _("Agencies"), "/agencies/", "public"),
    )
    if viewer.agency_id is not None:
        asked = (
            entry("requests", _("Requests"), "/requests/", "help"),
            entry("corrections", _("Corrections"), "/corrections/", "edit"),
            entry("exports", _("Files"), "/exports/", "file_download"),
        )
        below = (*asked, *below)
        if viewer.can("releaser", "admin"):
            below += (entry("reviews", _("Reviews"), "/reviews/", "event"),)
        if viewer.can("auditor", "releaser", "liaison", "admin"):
            below += (entry("ledger", _("Ledger"), "/ledger/", "list"),)
        if viewer.can("liaison", "admin"):
            below += (
                entry("endpoints", _("Endpoints"), "/endpoints/", "send", under=("/deliveries/",)),
                entry("peers", _("Peers"), "/peers/", "file_download"),
            )
    found.append(
        entry("sharing", _("Sharing"), "/agreements/", "share", below=below, under=("/deliveries/",))
    )
    if viewer.agency_id is None and viewer.can("inspector"):
        found.append(entry("emergencies", _("Emergencies"), "/emergencies/", "warning"))
    if viewer.can("auditor", "inspector"):
        found.append(entry("trail", _("Trail"), "/trail/", "history"))
    if viewer.agency_id is None and viewer.can("steward", "inspector"):
        found.append(entry("operations", _("Operations"), "/operations/", "insights"))
    return tuple(found)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. A page sets `page_marking` itself, from what it shows."""
    viewer: Reader | None = getattr(request, "viewer", None)
    theme = request.COOKIES.get("theme", "")
    known: dict[str, Any] = {"theme": theme if theme in THEMES else "", "viewer": None}
    if viewer is None or not viewer.is_authenticated:
        return known | {"demo_cast": tuple(_cast) if settings.HUB_DEMO else ()}
    entries = SimpleLazyObject(lambda: places(viewer, request.path))
    return known | {
        "viewer": viewer,
        "nav": entries,
        "section": SimpleLazyObject(lambda: next((entry for entry in entries if entry.here), None)),
        "may_post": viewer.agency_id is not None and viewer.can("officer", "releaser"),
        "inbox_count": SimpleLazyObject(lambda: _counts[0](viewer) if _counts else 0),
    }
