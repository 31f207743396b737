"""Addresses of machine feeds."""

from __future__ import annotations

from django.urls import URLPattern

from sharing.feeds.taxii.urls import addresses
from sharing.intake import inbox

urlpatterns: list[URLPattern] = addresses(inbox)
