"""The address of the trail."""

from __future__ import annotations

from django.urls import URLPattern, path

from hub.trail import pages

urlpatterns: list[URLPattern] = [path("trail/", pages.trail, name="trail")]
