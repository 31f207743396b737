"""Addresses of one's own tokens."""

from __future__ import annotations

from django.urls import URLPattern, path

from hub.rest import token_pages

urlpatterns: list[URLPattern] = [
    path("accounts/tokens/", token_pages.tokens, name="tokens"),
    path("accounts/tokens/new/", token_pages.new, name="token_new"),
    path("accounts/tokens/<uuid:uid>/revoke/", token_pages.revoke, name="token_revoke"),
]
