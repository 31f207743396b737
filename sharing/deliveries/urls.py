"""Addresses of Today and of the inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.deliveries import pages, today

urlpatterns: list[URLPattern] = [
    path("", today.today, name="today"),
    path("inbox/", pages.inbox, name="inbox"),
]
