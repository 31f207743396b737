"""The hub's rules for django-allauth: accounts are made by an agency's admin, nobody signs up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Somebody deactivated is answered as somebody unknown: allauth would lead them to a page of their own."""
        found = super().authenticate(request, **credentials)
        return found if found is not None and found.is_active else None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """No flash messages about signing in: the page itself shows who you are."""
