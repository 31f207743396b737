"""Addresses of corrections, and of proposing one below the record's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.corrections import pages

urlpatterns: list[URLPattern] = [
    path("corrections/", pages.corrections, name="corrections"),
    path("corrections/<uuid:uid>/", pages.correction_page, name="correction"),
    path("corrections/<uuid:uid>/take/", pages.take_correction, name="correction_take"),
    path("corrections/<uuid:uid>/answer/", pages.answer_correction, name="correction_answer"),
    *(
        path(f"{section}/<ref:ref>/correct/", pages.propose_page, {"kind": kind}, name=f"{kind}_correct")
        for section, kind in (("bulletins", "bulletin"), ("seizures", "seizure"))
    ),
]
