"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.deliveries import live, pages

urlpatterns: list[URLPattern] = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/news/", live.news, name="inbox_news"),
    path("inbox/back/", pages.back, name="inbox_back"),
    path("inbox/notices/<uuid:uid>/", pages.notice, name="notice"),
]
