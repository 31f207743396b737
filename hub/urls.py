"""The map of the hub's addresses. Each stage brings its own; here they are joined."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from hub.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.account.urls")),
]
