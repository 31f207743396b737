"""Addresses of the trail and of the seals over it."""

from __future__ import annotations

from django.urls import URLPattern, path

from hub.trail import pages, sealed

urlpatterns: list[URLPattern] = [
    path("trail/", pages.trail, name="trail"),
    path("trail/seals/", sealed.seals, name="trail_seals"),
]
