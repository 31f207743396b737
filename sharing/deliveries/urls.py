"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.deliveries import pages

urlpatterns: list[URLPattern] = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/notices/<uuid:uid>/", pages.notice, name="notice"),
]
