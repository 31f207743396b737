"""Addresses of communities."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.communities import pages

urlpatterns: list[URLPattern] = [
    path("communities/", pages.communities, name="communities"),
    path("communities/<str:code>/", pages.community, name="community"),
]
