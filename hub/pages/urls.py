"""Addresses of the pages that belong to no stage."""

from __future__ import annotations

from django.urls import path

from hub.pages.views import choose_theme, drawing_thumb

urlpatterns = [
    path("drawings/<str:codes>.svg", drawing_thumb, name="drawing_thumb"),
    path("theme/", choose_theme, name="theme"),
]
