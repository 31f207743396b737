"""Addresses of time zone and quiet hours."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.subscriptions.hours.pages import settings

urlpatterns: list[URLPattern] = [
    path("subscriptions/settings/", settings, name="hours"),
    path("subscriptions/settings/desk/", settings, {"desk": True}, name="hours_of_desk"),
]
