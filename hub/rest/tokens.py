"""One's own tokens: made, listed, revoked. Each deed is on the trail; a key is told once and kept by nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from hub.accounts.models import Token
from hub.accounts.tokens import issue_token, revoke_token
from hub.accounts.viewer import Viewer
from hub.agencies.models import Person
from hub.trail.actions import record as write_trail

# More than a person's programs need; past it somebody is not clearing up.
MOST = 20


@dataclass(frozen=True)
class TokenLine:
    """A token as its person sees it. `state` is live, ended or revoked."""

    uid: UUID
    label: str
    scope: str
    state: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def own_tokens(viewer: Viewer) -> QuerySet[Token]:
    return Token.objects.filter(person_id=viewer.person_id or 0).select_related("person")


def tokens_of(viewer: Viewer, *, at: datetime) -> list[TokenLine]:
    """Live ones first, then the newest."""
    rows = own_tokens(viewer).order_by("-created_at", "-id")
    return sorted((_line(row, at) for row in rows), key=lambda line: line.state != "live")


def make_token(viewer: Viewer, *, label: str, scope: str, days: int, at: datetime) -> str:
    """A new token of the viewer's own; return its key. Raises ValidationError where they have too many."""
    live = own_tokens(viewer).filter(revoked_at=None, expires_at__gt=at)
    if live.count() >= MOST:
        raise ValidationError(
            _("You have %(most)d tokens that work: revoke one that is not needed.") % {"most": MOST}
        )
    person = Person.objects.get(pk=viewer.person_id or 0)
    key = issue_token(person, scope=scope, days=days, at=at, label=label)
    write_trail(
        "token.issue",
        viewer=viewer,
        at=at,
        object_type="person",
        object_id=viewer.username,
        scope=scope,
        days=days,
        label=label,
    )
    return key


def end_token(viewer: Viewer, token: Token, *, at: datetime) -> bool:
    """Revoke a token; what carries it is nobody from now on. False where it was revoked before."""
    if not revoke_token(token, at=at):
        return False
    write_trail(
        "token.revoke",
        viewer=viewer,
        at=at,
        object_type="person",
        object_id=token.person.username,
        scope=token.scope,
        label=token.label,
    )
    return True


def _line(row: Token, at: datetime) -> TokenLine:
    state = "revoked" if row.revoked_at else "live" if row.expires_at > at else "ended"
    return TokenLine(
        uid=row.uid,
        label=row.label,
        scope=str(row.get_scope_display()),
        state=state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
