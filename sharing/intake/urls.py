"""Addresses of where a record came from, of an agency's terms of taking part, of its peers, and of uploads."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.intake import pages, terms_pages
from sharing.intake.pulling import urls as pulling
from sharing.intake.uploads import pages as uploads

urlpatterns: list[URLPattern] = [
    path("agencies/<str:code>/intake/", terms_pages.terms, name="agency_intake"),
    *pulling.urlpatterns,
    path("seizures/import/", uploads.uploads, name="uploads"),
    path("seizures/import/template/<str:form>/", uploads.template, name="upload_template"),
    path("seizures/import/<uuid:uid>/", uploads.upload, name="upload"),
    path("seizures/import/<uuid:uid>/refused/", uploads.refused_rows, name="upload_refused"),
]
for kind, section in (("bulletin", "bulletins"), ("seizure", "seizures")):
    urlpatterns += [
        path(f"{section}/<ref:ref>/origin/", pages.origin, {"kind": kind}, name=f"{kind}_origin"),
        path(
            f"{section}/<ref:ref>/origin/acknowledge/",
            pages.acknowledge,
            {"kind": kind},
            name=f"{kind}_origin_acknowledge",
        ),
        path(
            f"{section}/<ref:ref>/origin/<int:number>/",
            pages.original_file,
            {"kind": kind},
            name=f"{kind}_original",
        ),
    ]
