"""Addresses of an agency's peers."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.intake.pulling import pages

urlpatterns: list[URLPattern] = [
    path("peers/", pages.peers, name="peers"),
    path("peers/new/", pages.new, name="peer_new"),
    path("peers/<uuid:uid>/", pages.peer, name="peer"),
    *(path(f"peers/<uuid:uid>/{verb}/", pages.act, {"verb": verb}, f"peer_{verb}") for verb in pages.VERBS),
]
