"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.deliveries import pages
from sharing.deliveries.digests.pages import digest

urlpatterns: list[URLPattern] = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/notices/<uuid:uid>/", pages.notice, name="notice"),
    path("inbox/digests/<uuid:uid>/", digest, name="digest"),
]
