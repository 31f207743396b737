"""Addresses of Today, and of releasing, recalling, carrying over and showing as another, below the record's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.pages import bulk, emergencies, marking, proving, recalling, releasing, reviewing, showing, today

KINDS = (("bulletins", "bulletin"), ("seizures", "seizure"))

urlpatterns: list[URLPattern] = [
    path("", today.today, name="today"),
    path("reviews/", reviewing.queue, name="reviews"),
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/<uuid:uid>/", emergencies.emergency, name="emergency"),
]
urlpatterns += [
    pattern
    for section, kind in KINDS
    for pattern in (
        path(f"{section}/release/", bulk.bulk_release, {"kind": kind}, name=f"{kind}_bulk_release"),
        path(
            f"{section}/release/preview/",
            bulk.bulk_preview,
            {"kind": kind},
            name=f"{kind}_bulk_release_preview",
        ),
        path(f"{section}/<ref:ref>/release/", releasing.release_page, {"kind": kind}, name=f"{kind}_release"),
        path(
            f"{section}/<ref:ref>/release/preview/",
            releasing.release_preview,
            {"kind": kind},
            name=f"{kind}_release_preview",
        ),
        path(f"{section}/<ref:ref>/review/", reviewing.review_page, {"kind": kind}, name=f"{kind}_review"),
        path(f"{section}/<ref:ref>/purge/", reviewing.purge_page, {"kind": kind}, name=f"{kind}_purge"),
        path(f"{section}/<ref:ref>/marking/", marking.marking_page, {"kind": kind}, name=f"{kind}_marking"),
        path(f"{section}/<ref:ref>/recall/", recalling.recall_page, {"kind": kind}, name=f"{kind}_recall"),
        path(
            f"{section}/<ref:ref>/recall/proof/",
            proving.proof_page,
            {"kind": kind},
            name=f"{kind}_recall_proof",
        ),
        path(
            f"{section}/<ref:ref>/recall/proof/pdf/",
            proving.proof_paper,
            {"kind": kind},
            name=f"{kind}_recall_paper",
        ),
        path(
            f"{section}/<ref:ref>/carry-over/",
            recalling.carry_over_page,
            {"kind": kind},
            name=f"{kind}_carry_over",
        ),
        path(
            f"{section}/<ref:ref>/as/<str:agency>/", showing.show_as, {"kind": kind}, name=f"{kind}_show_as"
        ),
    )
]
