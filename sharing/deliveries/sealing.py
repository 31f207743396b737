"""Secrets at rest: sealed with the newest of WEBHOOK_KEYS, opened with any of them."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when none of the keys opens it."""
    return _box().decrypt(sealed.encode()).decode()


def reseal(sealed: str) -> str:
    """The same secret under the newest key."""
    return _box().rotate(sealed.encode()).decode()


def _box() -> MultiFernet:
    # The last opens what was sealed before there were keys of one's own; it seals nothing beside them.
    return MultiFernet([Fernet(key) for key in (*settings.WEBHOOK_KEYS, _derived())])


def _derived() -> str:
    """A key from SECRET_KEY: enough where SECRET_KEY is never changed."""
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hub webhook secrets")
    return base64.urlsafe_b64encode(made.derive(settings.SECRET_KEY.encode())).decode()
