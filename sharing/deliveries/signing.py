"""Signatures by the Standard Webhooks convention: by every secret that is live, the newest first."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from standardwebhooks import Webhook

from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import unseal


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def live_secrets(endpoint: Endpoint, *, at: datetime) -> tuple[str, ...]:
    """The secret, and until its end the one before it. Raises InvalidToken when no key of the hub opens them."""
    old = endpoint.old_secret_ends_at is not None and endpoint.old_secret_ends_at > at
    sealed = [endpoint.sealed_secret, *([endpoint.sealed_old_secret] if old else [])]
    return tuple(unseal(each) for each in sealed)


def signed(uid: UUID, secrets: tuple[str, ...], body: bytes) -> dict[str, str]:
    """The headers of a message, signed at the moment of sending: receivers refuse what is older than five minutes."""
    now = timezone.now()
    signatures = [Webhook(secret).sign(str(uid), now, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "drug-concealment-hub",
        "webhook-id": str(uid),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
