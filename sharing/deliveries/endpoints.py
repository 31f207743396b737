"""An agency's webhook endpoints: added with a secret that is shown once, and disabled."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from urllib.parse import urlsplit

from hub.accounts.viewer import Viewer
from hub.outgoing.post import check
from hub.trail.actions import record as write_trail
from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import seal


def add_endpoint(url: str, *, viewer: Viewer, at: datetime) -> tuple[Endpoint, str]:
    """Add an endpoint of the viewer's agency; return it with its secret, which cannot be read again.

    Raises Refused or Unreachable (hub.outgoing.post) where the hub would not send. Runs as the viewer.
    """
    check(url)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    endpoint = Endpoint.objects.create(
        agency_id=viewer.agency_id, url=url, sealed_secret=seal(secret), created_at=at
    )
    _tell("endpoint.add", endpoint, viewer=viewer, at=at)
    return endpoint, secret


def disable_endpoint(endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> bool:
    """Send nothing there from now on; false when that was so already."""
    done = Endpoint.objects.filter(pk=endpoint.pk, disabled_at=None).update(disabled_at=at)
    if done:
        _tell("endpoint.disable", endpoint, viewer=viewer, at=at)
    return bool(done)


def _tell(event: str, endpoint: Endpoint, *, viewer: Viewer, at: datetime) -> None:
    # The path of a URL is often a secret itself: the trail has the server's name alone.
    host = urlsplit(endpoint.url).hostname or ""
    write_trail(event, viewer=viewer, at=at, object_type="endpoint", object_id=str(endpoint.uid), host=host)
