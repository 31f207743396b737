"""Addresses of agreements."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.pages import agreements

urlpatterns: list[URLPattern] = [
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/new/", agreements.new, name="agreement_new"),
    path("agreements/<str:code>/", agreements.agreement, name="agreement"),
    path("agreements/<str:code>/change/", agreements.change, name="agreement_change"),
    path("agreements/<str:code>/accept/", agreements.accept, name="agreement_accept"),
    path("agreements/<str:code>/decline/", agreements.decline, name="agreement_decline"),
    path("agreements/<str:code>/suspend/", agreements.suspend, name="agreement_suspend"),
    path("agreements/<str:code>/resume/", agreements.resume, name="agreement_resume"),
]
