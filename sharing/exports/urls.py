"""Addresses of taking out."""

from __future__ import annotations

from django.urls import URLPattern, path

from bulletins.records.models import Kind
from sharing.exports import pages, paper

urlpatterns: list[URLPattern] = [
    path("exports/", pages.exports, name="exports"),
    path("exports/new/", pages.new, name="export_new"),
    path("exports/all/", pages.take_all, name="export_all"),
    path("exports/<uuid:uid>/", pages.download, name="export"),
    path("exports/<uuid:uid>/remove/", pages.remove, name="export_remove"),
    path("bulletins/<ref:ref>/pdf/", paper.pdf, {"kind": Kind.BULLETIN}, name="bulletin_pdf"),
    path("seizures/<ref:ref>/pdf/", paper.pdf, {"kind": Kind.SEIZURE}, name="seizure_pdf"),
]
