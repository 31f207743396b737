"""Addresses of feeds, and of the page where their links are made."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.feeds import pages, serving

urlpatterns: list[URLPattern] = [
    path("feeds/<uuid:uid>/atom.xml", serving.atom, name="feed_atom"),
    path("feeds/<uuid:uid>/cap.xml", serving.cap, name="feed_cap"),
    path("feeds/<uuid:uid>/cap/<uuid:message>.xml", serving.cap_alert, name="feed_alert"),
    path("feeds/<str:secret>/atom.xml", serving.atom_by_link, name="feed_link"),
    path("subscriptions/<uuid:uid>/feeds/", pages.feeds, name="subscription_feeds"),
    path("subscriptions/<uuid:uid>/feeds/make/", pages.make, name="subscription_feeds_make"),
    path("subscriptions/<uuid:uid>/feeds/revoke/", pages.revoke, name="subscription_feeds_revoke"),
]
