"""Addresses of answering a recall, below the record's own."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.recalls import pages

urlpatterns: list[URLPattern] = [
    path(
        f"{section}/<ref:ref>/recall/answer/", pages.answer_page, {"kind": kind}, name=f"{kind}_recall_answer"
    )
    for section, kind in (("bulletins", "bulletin"), ("seizures", "seizure"))
]
