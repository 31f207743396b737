"""Making and resolving tokens. A key is shown once; what is kept is its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from hub.accounts.models import Token
from hub.agencies.models import AgencyState, Person

PREFIX = "hub_"
LONGEST_DAYS = 365
USE_KEPT_TO = timedelta(minutes=10)


def issue_token(person: Person, *, scope: str, days: int, at: datetime, label: str = "") -> str:
    """Store a new token of `person` and return its key, which cannot be read again."""
    key = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(
        person=person,
        digest=digest(key),
        scope=scope,
        created_at=at,
        expires_at=at + timedelta(days=days),
        label=label,
    )
    return key


def revoke_token(token: Token, *, at: datetime) -> bool:
    """End a token at once; False where it was revoked before."""
    return bool(Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at))


def note_use(token: Token, *, at: datetime) -> None:
    """Keep when it was last shown, to ten minutes. One statement each time, which waits for nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update hub_token set last_used_at = %s where id = (select id from hub_token where id = %s"
            " and (last_used_at is null or last_used_at <= %s) for no key update skip locked)",
            [at, token.pk, at - USE_KEPT_TO],
        )


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
