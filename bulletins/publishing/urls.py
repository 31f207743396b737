"""Addresses of posting: new, drafts, editing, photographs; for bulletins and for seizure reports."""

from __future__ import annotations

from django.urls import URLPattern, path

from bulletins.publishing.pages import drafts, edit, new, throw_away
from bulletins.publishing.photographs.pages import limited, picture, upload

BULLETIN, SEIZURE = {"kind": "bulletin"}, {"kind": "seizure"}

urlpatterns: list[URLPattern] = [
    path("bulletins/new/", limited(new), BULLETIN, name="bulletin_new"),
    path("bulletins/drafts/", drafts, name="drafts"),
    path("bulletins/<ref:ref>/edit/", limited(edit), BULLETIN, name="bulletin_edit"),
    path("bulletins/<ref:ref>/edit/discard/", throw_away, BULLETIN, name="bulletin_discard"),
    path("bulletins/<ref:ref>/edit/photographs/", upload, name="draft_photographs"),
    path("bulletins/<ref:ref>/edit/photographs/<uuid:uid>/<str:size>/", picture, name="draft_photograph"),
    path("seizures/new/", limited(new), SEIZURE, name="seizure_new"),
    path("seizures/<ref:ref>/edit/", limited(edit), SEIZURE, name="seizure_edit"),
    path("seizures/<ref:ref>/edit/discard/", throw_away, SEIZURE, name="seizure_discard"),
]
