"""Where what partners send comes in: what the inbox collection needs of whoever takes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from sharing.feeds.taxii.answers import STIX_TYPE
from sharing.feeds.taxii.collections import NAMES

INBOX = uuid5(NAMES, "inbox")


class Status(Protocol):
    """TAXII's status resource."""

    @property
    def resource(self) -> dict[str, Any]: ...


class Unreadable(Exception):
    """Nothing of an envelope can be taken: `status` is what HTTP answers, the message says why.

    `details` are the reasons by object, where it could be read and each was refused.
    """

    def __init__(self, status: int, reason: str, details: list[dict[str, str]] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.details = details or []


class Inbox(Protocol):
    """`take_envelope` raises Unreadable."""

    @property
    def MAX_BYTES(self) -> int: ...  # noqa: N802 - a module's own names

    def may_send(self, viewer: Viewer) -> bool: ...

    def take_envelope(self, viewer: Viewer, body: bytes, at: datetime) -> Status: ...

    def status_of(self, viewer: Viewer, uid: UUID) -> Status | None: ...


def inbox_resource(viewer: Viewer, inbox: Inbox) -> dict[str, Any]:
    return {
        "id": str(INBOX),
        "title": _("Inbox"),
        "description": _("What you send here becomes a draft of your agency."),
        "can_read": False,
        "can_write": inbox.may_send(viewer),
        "media_types": [STIX_TYPE],
    }
