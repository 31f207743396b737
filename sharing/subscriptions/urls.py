"""Addresses of subscriptions, and of the link that stops mails."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.subscriptions import pages
from sharing.subscriptions.hours.pages import settings

urlpatterns: list[URLPattern] = [
    path("subscriptions/", pages.subscriptions, name="subscriptions"),
    path("subscriptions/new/", pages.new, name="subscription_new"),
    path("subscriptions/preview/", pages.preview, name="subscription_preview"),
    path("subscriptions/settings/", settings, name="hours"),
    path("subscriptions/settings/desk/", settings, {"desk": True}, name="hours_of_desk"),
    path("subscriptions/<uuid:uid>/", pages.one, name="subscription"),
    *(
        path(f"subscriptions/<uuid:uid>/{verb}/", pages.deed, {"verb": verb}, name=f"subscription_{verb}")
        for verb in ("pause", "resume", "remove")
    ),
    path("unsubscribe/<str:token>/", pages.unsubscribe, name="unsubscribe"),
]
