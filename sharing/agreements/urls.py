"""Addresses of agreements."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.agreements import pages

urlpatterns: list[URLPattern] = [
    path("agreements/", pages.agreements, name="agreements"),
    path("agreements/<str:code>/", pages.agreement, name="agreement"),
]
