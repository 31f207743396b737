"""The link in a mail that stops its like: it opens nothing, and names nothing to whoever holds it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.utils.crypto import salted_hmac

from hub.accounts.viewer import NOBODY, Viewer, desk_of, viewer_of
from hub.agencies.models import Agency, Person

# Sealed, not only signed: read in the clear it would say whose mailbox this is, and how many subscriptions there are.
SALT = "sharing.subscriptions.links"
LONGEST = 2000


@dataclass(frozen=True)
class Link:
    """The recipient, a person or the desk of an agency, and the subscriptions by which the mail came."""

    agency: int
    person: int | None
    subscriptions: tuple[UUID, ...]


def sealed(link: Link) -> str:
    plain = [link.agency, link.person, [uid.hex for uid in link.subscriptions]]
    return _box().encrypt(json.dumps(plain).encode()).decode()


def opened(token: str) -> Link | None:
    """The link, or None for anything this hub did not make."""
    if len(token) > LONGEST:
        return None
    try:
        agency, person, uids = json.loads(_box().decrypt(token.encode()))
    except (InvalidToken, ValueError):
        return None
    return Link(agency, person, tuple(UUID(uid) for uid in uids))


def address_of(link: Link) -> str:
    """The address that stops mails by these subscriptions; empty where there are none."""
    return f"{settings.SITE_URL}/unsubscribe/{sealed(link)}/" if link.subscriptions else ""


def recipient_of(link: Link) -> Viewer:
    """The viewer the mail was for: nobody where they have left, or are suspended."""
    if link.person is None:
        agency = Agency.objects.filter(pk=link.agency).first()
        return desk_of(agency) if agency else NOBODY
    found = viewer_of(Person.objects.select_related("agency").filter(pk=link.person).first())
    return found if found.agency_id == link.agency else NOBODY


def _box() -> Fernet:
    key = salted_hmac(SALT, "links", secret=settings.SECRET_KEY, algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
