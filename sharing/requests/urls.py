"""Addresses of requests to share on, and of asking, below the record's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.requests import pages

urlpatterns: list[URLPattern] = [
    path("requests/", pages.requests_page, name="requests"),
    path("requests/<uuid:uid>/", pages.request_page, name="request"),
    path("requests/<uuid:uid>/preview/", pages.request_preview, name="request_preview"),
]
urlpatterns += [
    path(f"{section}/<ref:ref>/ask/", pages.ask_page, {"kind": kind}, name=f"{kind}_ask")
    for section, kind in (("bulletins", "bulletin"), ("seizures", "seizure"))
]
