"""Making and resolving tokens. A key is shown once; what is kept is its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from hub.accounts.models import Token
from hub.agencies.models import AgencyState, Person

PREFIX = "hub_"


def issue_token(person: Person, *, scope: str, days: int, at: datetime) -> str:
    """Store a new token of `person` and return its key, which cannot be read again."""
    key = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(
        person=person, digest=digest(key), scope=scope, created_at=at, expires_at=at + timedelta(days=days)
    )
    return key


def resolve_token(key: str, *, at: datetime) -> Token | None:
    """The live token of an active person whose agency is active, or None: why not cannot be told apart."""
    working = Q(person__agency=None) | Q(person__agency__state=AgencyState.ACTIVE)
    return (
        Token.objects.select_related("person__agency")
        .filter(working, digest=digest(key), expires_at__gt=at, revoked_at=None, person__is_active=True)
        .first()
    )


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
