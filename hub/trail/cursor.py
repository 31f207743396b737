"""Where a page of the trail ended, sealed: a row's number would tell its agency how much all others do."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(number: int) -> str:
    return _box().encrypt(str(number).encode()).decode()


def unseal(sealed: str) -> int | None:
    """The number, or None for what was never sealed here."""
    try:
        return int(_box().decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        return None


def _box() -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hub trail pages")
    return Fernet(base64.urlsafe_b64encode(made.derive(settings.SECRET_KEY.encode())))
