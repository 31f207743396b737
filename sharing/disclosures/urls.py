"""Addresses of lists, search and photographs."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.disclosures import pages

urlpatterns: list[URLPattern] = [
    path("bulletins/", pages.records, {"kind": "bulletin"}, name="bulletins"),
    path("seizures/", pages.records, {"kind": "seizure"}, name="seizures"),
    path("search/", pages.find, name="search"),
    path(
        "bulletins/<ref:ref>/photographs/<uuid:uid>/",
        pages.photograph,
        {"kind": "bulletin"},
        name="bulletin_photograph",
    ),
    path(
        "seizures/<ref:ref>/photographs/<uuid:uid>/",
        pages.photograph,
        {"kind": "seizure"},
        name="seizure_photograph",
    ),
]
