"""Addresses of the STIX extension."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.stix import pages

urlpatterns: list[URLPattern] = [
    path("feeds/stix/extension/", pages.extension_page, name="stix_extension"),
    path("feeds/stix/schema/", pages.schema_page, name="stix_schema"),
]
