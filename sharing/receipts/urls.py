"""Addresses of one record, and of acknowledging."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.receipts import pages

urlpatterns: list[URLPattern] = [
    path("inbox/acknowledge/", pages.acknowledge_rest, name="inbox_acknowledge"),
]
for kind, section in (("bulletin", "bulletins"), ("seizure", "seizures")):
    urlpatterns += [
        path(f"{section}/<ref:ref>/", pages.record, {"kind": kind}, name=kind),
        path(
            f"{section}/<ref:ref>/versions/<int:number>/",
            pages.version,
            {"kind": kind},
            name=f"{kind}_version",
        ),
        path(
            f"{section}/<ref:ref>/acknowledge/",
            pages.acknowledge_record,
            {"kind": kind},
            name=f"{kind}_acknowledge",
        ),
    ]
