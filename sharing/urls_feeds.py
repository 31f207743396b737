"""Addresses of machine feeds."""

from __future__ import annotations

from django.urls import URLPattern

from sharing.feeds.taxii.urls import addresses

urlpatterns: list[URLPattern] = addresses()
