"""What an agency does with its peers, each verb as the viewer. No answer and no trail row has the address or secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from hub.accounts.viewer import Viewer
from hub.outgoing.post import Refused, Unreachable, check
from hub.trail.actions import record as write_trail
from sharing.deliveries.actions import hasten
from sharing.deliveries.sealing import seal
from sharing.intake.pulling.asking import TooLarge, Unanswered, ask_collection, ask_page
from sharing.intake.pulling.models import Peer, Scheme

PULL_DUE = "sharing.intake.pulling.tasks.pull_due"
MOST = 50
# How many objects are looked at to find out whether it is another hub.
FIRST = 20
_COLLECTION = re.compile(r".+/collections/[^/]+/")


@dataclass(frozen=True)
class Wanted:
    """A peer as its agency describes it; an empty `secret` leaves the one there is."""

    title: str
    url: str
    scheme: str = Scheme.BASIC.value
    username: str = ""
    secret: str = ""
    every_minutes: int = 60
    unmarked: str = TLP.STRICT.value
    is_hub: bool = False


def add_peer(wanted: Wanted, *, viewer: Viewer, at: datetime) -> Peer:
    """Add a peer that has answered and may be read; it is fetched from at once. Raises ValidationError by field."""
    own = Peer.objects.visible_to(viewer)
    if own.count() >= MOST:
        raise ValidationError({"url": _("%(n)d are enough: remove one first.") % {"n": MOST}})
    peer = Peer(agency_id=viewer.agency_id, created_at=at, due_at=at)
    _describe(peer, wanted, viewer)
    peer.save()
    _tell("peer.add", peer, viewer=viewer, at=at)
    _hasten()
    return peer


def change_peer(peer: Peer, wanted: Wanted, *, viewer: Viewer, at: datetime) -> None:
    """Fetch it from another address, otherwise, or as somebody else: it has to answer so first.

    Another address is another collection, fetched from its beginning; another server is told no password but one that
    was entered for it. Raises ValidationError by field.
    """
    was = peer.url
    _describe(peer, wanted, viewer)
    if peer.url != was:
        peer.after = peer.next = peer.reached = ""
        if urlsplit(peer.url).netloc != urlsplit(was).netloc:
            peer.hub = None
    peer.failures, peer.failing_since, peer.failure, peer.due_at = 0, None, "", at
    peer.claimed_at = None
    peer.save()
    _tell("peer.change", peer, viewer=viewer, at=at)
    _hasten()


def pause_peer(peer: Peer, *, viewer: Viewer, at: datetime) -> None:
    """Fetch nothing from it until it is taken up again. A page under way is not written down."""
    _change(peer, paused_at=at, claimed_at=None)
    _tell("peer.pause", peer, viewer=viewer, at=at)


def resume_peer(peer: Peer, *, viewer: Viewer, at: datetime) -> None:
    _change(peer, paused_at=None, due_at=at)
    _tell("peer.resume", peer, viewer=viewer, at=at)
    _hasten()


def pull_now(peer: Peer, *, viewer: Viewer, at: datetime) -> None:
    """Fetch as soon as a worker is free, also where it was to be left alone for a while."""
    if peer.paused_at is not None:
        raise ValidationError(_("It is paused: take it up again first."))
    _change(peer, due_at=at)
    _tell("peer.pull", peer, viewer=viewer, at=at)
    _hasten()


def remove_peer(peer: Peer, *, viewer: Viewer, at: datetime) -> None:
    """Forget its address and password. What came from it stays, and says where it came from."""
    _tell("peer.remove", peer, viewer=viewer, at=at)
    gone = {"url": "", "username": "", "sealed_secret": "", "next": "", "problems": []}
    _change(peer, **gone, removed_at=at, claimed_at=None)


def _describe(peer: Peer, wanted: Wanted, viewer: Viewer) -> None:
    """Put it into the peer and ask it for its collection. Raises ValidationError; nothing is saved.

    One that gives our extension is another hub, whether somebody said so or not; and stays one.
    """
    url = collection_url(wanted.url)
    others = Peer.objects.visible_to(viewer).exclude(pk=peer.pk)
    if others.filter(url=url, username=wanted.username).exists():
        raise ValidationError({"url": _("Your agency fetches from there already.")})
    if others.filter(title=wanted.title).exists():
        raise ValidationError({"title": _("Another has this name: give each its own.")})
    stays = urlsplit(peer.url)[:2] == urlsplit(url)[:2]
    peer.title, peer.url, peer.scheme, peer.username = wanted.title, url, wanted.scheme, wanted.username
    peer.every_minutes, peer.unmarked = wanted.every_minutes, wanted.unmarked
    if wanted.scheme == Scheme.NONE:
        peer.username = peer.sealed_secret = ""
    elif wanted.secret:
        peer.sealed_secret = seal(wanted.secret)
    elif not peer.sealed_secret:
        raise ValidationError({"secret": _("Enter the password or token that the partner gave you.")})
    elif not stays:
        text = _("Enter the password or token anew: it is sent to no server that it was not given for.")
        raise ValidationError({"secret": text})
    try:
        ask_collection(peer)
        peer.is_hub = peer.is_hub or wanted.is_hub or ask_page(peer, limit=FIRST).gives_records
    except TooLarge:
        pass
    except Unanswered as error:
        raise ValidationError({"url": _("Not saved: %(why)s.") % {"why": error.reason}}) from error


def collection_url(url: str) -> str:
    """The collection's address with a slash at its end. Raises ValidationError (url)."""
    found = url.strip()
    found = found if found.endswith("/") else f"{found}/"
    parts = urlsplit(found)
    if parts.query or parts.fragment or not _COLLECTION.fullmatch(parts.path):
        text = _("Enter the address of one collection: https://…/collections/<its id>/")
        raise ValidationError({"url": text})
    try:
        check(found)
    except (Refused, Unreachable) as error:
        raise ValidationError({"url": _("The hub does not ask there: %(why)s.") % {"why": error}}) from error
    return found


def _change(peer: Peer, **values: Any) -> None:
    """Of one that is there still. Raises ValidationError."""
    if not Peer.objects.filter(pk=peer.pk, removed_at=None).update(**values):
        raise ValidationError(_("Somebody removed it meanwhile."))
    for name, value in values.items():
        setattr(peer, name, value)


def _hasten() -> None:
    transaction.on_commit(partial(hasten, PULL_DUE), robust=True)


def _tell(event: str, peer: Peer, *, viewer: Viewer, at: datetime) -> None:
    # The path of an address may be a secret itself: the trail has the server's name alone.
    host = urlsplit(peer.url).hostname or ""
    write_trail(event, viewer=viewer, at=at, object_type="peer", object_id=str(peer.uid), host=host)
