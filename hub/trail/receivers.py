"""Signing in and out, failed sign-ins and new passwords on the trail, told by signals of Django and allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from hub.accounts.viewer import NOBODY, viewer_of
from hub.database.context import viewing
from hub.trail.actions import record


@receiver(user_logged_in, dispatch_uid="hub.trail.signed_in")
def signed_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    _own("person.sign_in", user)


@receiver(user_logged_out, dispatch_uid="hub.trail.signed_out")
def signed_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        _own("person.sign_out", user)


@receiver(user_login_failed, dispatch_uid="hub.trail.sign_in_failed")
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Under nobody's name: whether there is such a person is not told here, not even to an auditor."""
    tried = str(credentials.get("username", ""))[:60]
    with viewing(NOBODY):
        record(
            "person.sign_in",
            viewer=NOBODY,
            at=timezone.now(),
            outcome="failed",
            object_type="username",
            object_id=tried,
        )


@receiver([password_changed, password_set, password_reset], dispatch_uid="hub.trail.password")
def password_renewed(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    _own("person.password", user)


def _own(event: str, person: Any) -> None:
    """Written in the person's own context: the session of the request may be on its way in or out."""
    viewer = viewer_of(person)
    with viewing(viewer):
        record(event, viewer=viewer, at=timezone.now(), object_type="person", object_id=person.username)
