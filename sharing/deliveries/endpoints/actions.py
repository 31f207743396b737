"""What an agency does with its endpoints, each verb as the viewer. Adding a webhook and rotating alone show a secret.

What lets the hub into a partner's collection is given by people, and shown to nobody again: who gives another address
gives it anew, so that it can be sent to no server it was not given for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from hub.outgoing.post import Refused, Unreachable, check
from hub.trail.actions import record as write_trail
from hub.trail.models import Outcome
from sharing.deliveries.collection import header_refusal, is_collection
from sharing.deliveries.dead_letters import bring_forward
from sharing.deliveries.endpoints.trying import challenge, look_at, ping
from sharing.deliveries.models import Endpoint, EndpointKind
from sharing.deliveries.notifiers.base import Undelivered
from sharing.deliveries.sealing import seal
from sharing.deliveries.signing import live_secrets, new_secret

# How long the old secret signs beside the new one, unless it is ended by hand.
BOTH_FOR = timedelta(days=7)
MOST = 20
RESTED: dict[str, Any] = {"failures": 0, "failing_since": None, "resting_until": None}


def add_endpoint(url: str, *, viewer: Viewer, at: datetime) -> tuple[Endpoint, str]:
    """Add a receiver of webhooks of the viewer's agency; return it with its secret, which cannot be read again.

    Nothing is sent there until it is verified. Raises ValidationError (url) where the hub would not send.
    """
    secret = new_secret()
    return _add(url, EndpointKind.WEBHOOK, secret, viewer, at), secret


def add_collection(url: str, secret: str, *, viewer: Viewer, at: datetime) -> Endpoint:
    """Add a collection that the viewer's agency may write to; `secret` is the header that lets the hub in.

    Nothing is sent there until it is verified. Raises ValidationError where the hub would not send.
    """
    _require_collection(url, secret)
    return _add(url, EndpointKind.COLLECTION, secret, viewer, at)


def _add(url: str, kind: EndpointKind, secret: str, viewer: Viewer, at: datetime) -> Endpoint:
    own = Endpoint.objects.visible_to(viewer)
    if own.count() >= MOST:
        raise ValidationError({"url": _("%(n)d endpoints are enough: remove one first.") % {"n": MOST}})
    _require_sendable(url, viewer)
    endpoint = Endpoint.objects.create(
        agency_id=viewer.agency_id, kind=kind, url=url, sealed_secret=seal(secret), created_at=at
    )
    _tell("endpoint.add", endpoint, viewer=viewer, at=at)
    return endpoint


def rotate_secret(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> str:
    """A new secret, shown this once. The one before signs as well for seven days; a third is refused meanwhile."""
    if endpoint.kind == EndpointKind.COLLECTION:
        raise ValidationError(_("What lets the hub into a collection is its owner's to make: give it here."))
    if endpoint.old_secret_ends_at is not None and endpoint.old_secret_ends_at > at:
        raise ValidationError(_("Two secrets are live already: end the old one first."))
    secret = new_secret()
    kept = {"sealed_old_secret": endpoint.sealed_secret, "old_secret_ends_at": at + BOTH_FOR}
    _change(endpoint, **kept, sealed_secret=seal(secret))
    _tell("endpoint.rotate", endpoint, viewer=viewer, at=at)
    return secret


def end_old_secret(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> None:
    """From now on the newest secret alone signs."""
    _change(endpoint, sealed_old_secret="", old_secret_ends_at=None)
    _tell("endpoint.end_old_secret", endpoint, viewer=viewer, at=at)


def verify_endpoint(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> None:
    """Take it into use, or into use again: if it sends the challenge back, or lets the hub write. Raises Undelivered.

    What ended or was recalled while it was not in use is told to it soon after.
    """
    with _tried("endpoint.verify", endpoint, viewer, at):
        title = _prove(endpoint, endpoint.url, _secrets(endpoint, at), viewer, at)
        _change(endpoint, verified_at=at, disabled_at=None, title=title, behind=True)


def ping_endpoint(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> None:
    """Send a signed ping; ask a collection whether the hub may write. What answers is rested no longer.

    Raises Undelivered.
    """
    if endpoint.verified_at is None or endpoint.disabled_at is not None:
        raise Undelivered(_("it is not in use: verify it first"))
    with _tried("endpoint.test", endpoint, viewer, at):
        if endpoint.kind == EndpointKind.COLLECTION:
            _change(endpoint, title=_prove(endpoint, endpoint.url, _secrets(endpoint, at), viewer, at))
        else:
            ping(endpoint.url, _secrets(endpoint, at), viewer=viewer, at=at)


def move_endpoint(endpoint: Endpoint, url: str, *, viewer: Viewer, at: datetime) -> None:
    """Send webhooks to another address from now on: of one in use once the new address has answered the challenge.

    Raises ValidationError (url).
    """
    if url == endpoint.url:
        return
    _require_sendable(url, viewer)
    _move(endpoint, url, None, viewer, at)


def move_collection(endpoint: Endpoint, url: str, secret: str, *, viewer: Viewer, at: datetime) -> None:
    """Another address, another way in, or both: of one in use once it lets the hub write so.

    Raises ValidationError.
    """
    _require_collection(url, secret)
    if url != endpoint.url:
        _require_sendable(url, viewer)
    _move(endpoint, url, secret, viewer, at)


def _move(endpoint: Endpoint, url: str, secret: str | None, viewer: Viewer, at: datetime) -> None:
    sealed = {} if secret is None else {"sealed_secret": seal(secret)}
    if endpoint.verified_at is not None and endpoint.disabled_at is None:
        try:
            secrets = _secrets(endpoint, at) if secret is None else (secret,)
            title = _prove(endpoint, url, secrets, viewer, at)
        except Undelivered as error:
            said = _("Not changed, the old address stays in use: %(why)s.") % {"why": error.reason}
            raise ValidationError({"url": said}) from error
        _change(endpoint, url=url, title=title, **sealed, verified_at=at, answered_at=at, **RESTED)
    else:
        _change(endpoint, url=url, title="", **sealed, verified_at=None)
    _tell("endpoint.move", endpoint, viewer=viewer, at=at)


def _prove(endpoint: Endpoint, url: str, secrets: tuple[str, ...], viewer: Viewer, at: datetime) -> str:
    """Whether the far end is what it is held to be; return what it calls itself, if anything. Raises Undelivered."""
    if endpoint.kind == EndpointKind.COLLECTION:
        return look_at(url, secrets[0], viewer=viewer)
    challenge(url, secrets, viewer=viewer, at=at)
    return ""


def disable_endpoint(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> bool:
    """Send nothing there from now on; false when that was so already."""
    done = Endpoint.objects.filter(pk=endpoint.pk, disabled_at=None).update(disabled_at=at)
    if done:
        _tell("endpoint.disable", endpoint, viewer=viewer, at=at)
    return bool(done)


def remove_endpoint(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> None:
    """Forget address and secrets. The row stays, for its deliveries prove what was sent."""
    _tell("endpoint.remove", endpoint, viewer=viewer, at=at)
    gone = {"url": "", "title": "", "sealed_secret": "", "sealed_old_secret": "", "old_secret_ends_at": None}
    _change(endpoint, **gone, disabled_at=endpoint.disabled_at or at, removed_at=at)


def _require_sendable(url: str, viewer: Viewer) -> None:
    if Endpoint.objects.visible_to(viewer).filter(url=url).exists():
        raise ValidationError({"url": _("Your agency has an endpoint with this address.")})
    try:
        check(url)
    except (Refused, Unreachable) as error:
        raise ValidationError({"url": _("The hub does not send there: %(why)s.") % {"why": error}}) from error


def _require_collection(url: str, secret: str) -> None:
    if refusal := header_refusal(secret):
        raise ValidationError(refusal)
    if not is_collection(url):
        said = _("Give the collection's own address: it ends with /collections/, its id and a slash.")
        raise ValidationError({"url": said})


def _secrets(endpoint: Endpoint, at: datetime) -> tuple[str, ...]:
    try:
        return live_secrets(endpoint, at=at)
    except InvalidToken as error:
        raise Undelivered(_("its secret cannot be opened: make a new one")) from error


@contextmanager
def _tried(event: str, endpoint: Endpoint, viewer: Viewer, at: datetime) -> Iterator[None]:
    """What answers is rested no longer; what does not is on the trail as well, and Undelivered goes on."""
    try:
        yield
    except Undelivered as error:
        _tell(event, endpoint, viewer=viewer, at=at, failed=error.reason)
        raise
    _change(endpoint, answered_at=at, **RESTED)
    _tell(event, endpoint, viewer=viewer, at=at)
    bring_forward(endpoint, at)


def _change(endpoint: Endpoint, **values: Any) -> None:
    """Of the row as it was read: an answer counts for what was asked alone. Raises ValidationError."""
    as_read = {"url": endpoint.url, "sealed_secret": endpoint.sealed_secret, "removed_at": None}
    if not Endpoint.objects.filter(pk=endpoint.pk, **as_read).update(**values):
        raise ValidationError(_("Somebody changed it meanwhile: look at it again."))
    for name, value in values.items():
        setattr(endpoint, name, value)


def _tell(event: str, endpoint: Endpoint, *, viewer: Viewer, at: datetime, failed: str = "") -> None:
    # The path of a URL is often a secret itself: the trail has the server's name alone.
    host = urlsplit(endpoint.url).hostname or ""
    write_trail(
        event,
        viewer=viewer,
        at=at,
        outcome=Outcome.FAILED if failed else Outcome.OK,
        reason=failed,
        object_type="endpoint",
        object_id=str(endpoint.uid),
        host=host,
    )
