"""Atom (RFC 4287) of what a feed says: marking and title, the rest behind sign-in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from lxml import etree

from sharing.disclosures.disclosure import Disclosure
from sharing.feeds.elements import child, document
from sharing.feeds.querysets import Said
from sharing.subscriptions.models import Subscription

NAMESPACE = "http://www.w3.org/2005/Atom"
TYPE = "application/atom+xml; charset=utf-8"


def name_of(feed: Subscription) -> str:
    """What readers list it under. Not the subscription's own name: that may say what a title does not."""
    return _("Drug concealment hub, feed %(letters)s") % {"letters": str(feed.uid)[:4].upper()}


def begun(feed: Subscription, said: Sequence[Said], *, address: str = "") -> etree._Element:
    """The feed without its entries. `address` is where it was asked for, unless that is a secret."""
    root = etree.Element(f"{{{NAMESPACE}}}feed", nsmap={None: NAMESPACE})
    child(root, "id", urn(feed.uid))
    child(root, "title", name_of(feed))
    child(root, "updated", instant(updated_of(feed, said)))
    child(child(root, "author"), "name", _("Drug concealment hub"))
    if address:
        child(root, "link", rel="self", type=TYPE.partition(";")[0], href=address)
    child(root, "link", rel="alternate", type="text/html", href=f"{settings.SITE_URL}/inbox/")
    return root


def updated_of(feed: Subscription, said: Sequence[Said]) -> datetime:
    """When what the feed says changed last: of its own entries, and of nothing else that there is."""
    return max((each.changed_at for each in said), default=feed.created_at)


def atom(feed: Subscription, said: Sequence[Said], *, address: str = "") -> bytes:
    root = begun(feed, said, address=address)
    for each in said:
        entry = child(root, "entry")
        child(entry, "id", urn(each.uid))
        child(entry, "title", title_of(each.shown) if each.shown else _("Withdrawn"))
        child(entry, "updated", instant(each.changed_at))
        child(entry, "link", rel="alternate", type="text/html", href=settings.SITE_URL + each.path)
        if each.shown:
            child(entry, "category", term=each.shown.marking.tlp, scheme="https://www.first.org/tlp/")
        else:
            words = _("It is no longer in this feed. Delete what you kept of it; its page says more.")
            child(entry, "summary", words, type="text")
    return document(root)


def title_of(shown: Disclosure) -> str:
    """The marking, that it is a hazard, and the title: all that Atom carries, and so what makes an entry new."""
    hazard = _("Hazard:") if shown.hazard else ""
    return " ".join(part for part in (shown.marking.banner, hazard, shown.title) if part)


def urn(uid: UUID) -> str:
    return f"urn:uuid:{uid}"


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
