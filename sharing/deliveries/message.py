"""A message: all that a notifier needs for one delivery, disclosed at that moment. It holds no row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bulletins.markings.rules import Marking
from sharing.audiences.changes import Amended
from sharing.deliveries.digests.reading import Digest
from sharing.deliveries.models import AlertKind
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.shapes import Labels
from sharing.stix.finishing import Finished


@dataclass(frozen=True)
class Recalled:
    """What recipients are told of a recall. `version` is None where all of the record was taken back.

    `to_answer` is whether somebody here waits for what became of their copies: not where another hub took it back.
    """

    uid: UUID
    ref: str
    kind: str
    tlp: str
    at: datetime
    reason: str
    version: int | None = None
    to_answer: bool = True


@dataclass(frozen=True)
class Ended:
    """What programs are told of what is no longer shared with their agency: that, and since when."""

    uid: UUID
    ref: str
    kind: str
    at: datetime


class Content:
    """Stands for what several messages say alike."""


@dataclass(frozen=True)
class Message:
    """`uid` is the delivery's, for ever the same.

    One of `disclosure`, `recalled`, `ended` and `digest` is set, but for the inbox and for notices. `stix` is the same
    as a collection is given it.
    `address` is a mail address or a URL; each of `secrets` signs what goes to the latter, or is the header that lets
    it in. Neither is shown by repr.
    Messages with the same `content` differ by these and `uid` alone: what is made of one does for the others.
    `matched` are the titles of the recipient's subscriptions that asked for it; `unsubscribe` is the address that stops
    mails by them, empty where none does: officer safety comes to a desk whatever it subscribes to.
    """

    uid: str
    alert: AlertKind
    record: str
    agency_code: str
    at: datetime
    disclosure: Disclosure | None = None
    recalled: Recalled | None = None
    ended: Ended | None = None
    amended: Amended | None = None
    digest: Digest | None = None
    stix: Finished | None = field(default=None, repr=False)
    path: str = ""
    matched: tuple[str, ...] = ()
    unsubscribe: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    labels: Labels | None = field(default=None, repr=False)
    content: Content = field(default_factory=Content, repr=False, compare=False)

    @property
    def marking(self) -> Marking | None:
        return self.disclosure.marking if self.disclosure else None
