"""The map of the hub's addresses. Each stage brings its own; here they are joined."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter

from bulletins.records.refs import RefConverter
from hub.health import healthz

register_converter(RefConverter, "ref")
handler400 = "hub.accounts.problems.bad_request"
handler500 = "hub.accounts.problems.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("hub.accounts.urls")),
    path("", include("hub.rest.urls")),
    path("", include("hub.pages.urls")),
    path("", include("hub.agencies.urls")),
    path("", include("hub.trail.urls")),
    path("", include("bulletins.publishing.urls")),
    path("", include("sharing.disclosures.urls")),
    path("", include("sharing.stix.urls")),
    path("", include("sharing.releases.urls")),
    path("", include("sharing.agreements.urls")),
    path("", include("sharing.communities.urls")),
    path("", include("sharing.subscriptions.urls")),
    path("", include("sharing.deliveries.urls")),
    path("", include("sharing.recalls.urls")),
    path("", include("sharing.corrections.urls")),
    path("", include("sharing.receipts.urls")),
    path("", include("sharing.requests.urls")),
    path("", include("sharing.briefings.urls")),
    path("", include("sharing.ledger.urls")),
    path("", include("sharing.exports.urls")),
    path("", include("sharing.feeds.urls")),
    path("", include("sharing.urls_feeds")),
    path("", include("sharing.intake.urls")),
    path("api/", include("sharing.urls_api")),
]
