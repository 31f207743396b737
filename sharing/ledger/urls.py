"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.ledger import pages

urlpatterns: list[URLPattern] = [
    path("ledger/", pages.ledger, name="ledger"),
    path("ledger/export/", pages.export, name="ledger_export"),
]
