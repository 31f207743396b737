"""Signatures by the Standard Webhooks convention: by every secret that is live, the newest first."""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from datetime import datetime

from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import unseal


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def live_secrets(endpoint: Endpoint, *, at: datetime) -> tuple[str, ...]:
    """The secret, and until its end the one before it. Raises InvalidToken when no key of the hub opens them."""
    old = endpoint.old_secret_ends_at is not None and endpoint.old_secret_ends_at > at
    sealed = [endpoint.sealed_secret, *([endpoint.sealed_old_secret] if old else [])]
    return tuple(unseal(each) for each in sealed)


def signed(uid: str, secrets: tuple[str, ...], body: bytes) -> dict[str, str]:
    """The headers of a message, signed at the moment of sending: receivers refuse what is older than five minutes."""
    now = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "drug-concealment-hub",
        "webhook-id": uid,
        "webhook-timestamp": now,
        "webhook-signature": " ".join(signature(secret, uid, now, body) for secret in secrets),
    }


def signature(secret: str, uid: str, timestamp: str, body: bytes) -> str:
    """As standardwebhooks makes it, which its tests hold it to: HMAC-SHA256 of id, seconds and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.digest(key, f"{uid}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(made).decode()
