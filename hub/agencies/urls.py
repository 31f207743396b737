"""Addresses of the directory."""

from __future__ import annotations

from django.urls import URLPattern, path

from hub.agencies import pages

urlpatterns: list[URLPattern] = [
    path("agencies/", pages.agencies, name="agencies"),
    path("agencies/<str:code>/", pages.agency, name="agency"),
]
