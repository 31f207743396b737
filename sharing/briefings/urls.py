"""Addresses of briefings."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.briefings import pages

urlpatterns: list[URLPattern] = [
    path("briefings/", pages.briefings, name="briefings"),
    path("briefings/new/", pages.new, name="briefing_new"),
    path("briefings/<ref:ref>/", pages.briefing, name="briefing"),
    path("briefings/<ref:ref>/briefing.pdf", pages.paper, name="briefing_pdf"),
    path("briefings/<ref:ref>/present/", pages.present, name="briefing_present"),
]
