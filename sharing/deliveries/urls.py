"""Addresses of the inbox, of endpoints and what they did not take, and of how sending fares."""

from __future__ import annotations

from django.urls import URLPattern, path

from sharing.deliveries import dead_letter_pages, live, pages
from sharing.deliveries.digests.pages import digest
from sharing.deliveries.endpoints import pages as endpoints
from sharing.deliveries.operations import pages as operations
from sharing.deliveries.operations.metrics import metrics

urlpatterns: list[URLPattern] = [
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/news/", live.news, name="inbox_news"),
    path("inbox/back/", pages.back, name="inbox_back"),
    path("inbox/notices/<uuid:uid>/", pages.notice, name="notice"),
    path("inbox/digests/<uuid:uid>/", digest, name="digest"),
    path("endpoints/", endpoints.endpoints, name="endpoints"),
    path("endpoints/new/", endpoints.new, name="endpoint_new"),
    path("endpoints/new/collection/", endpoints.new_collection, name="endpoint_new_collection"),
    path("endpoints/<uuid:uid>/", endpoints.endpoint, name="endpoint"),
    path("endpoints/<uuid:uid>/move/", endpoints.move, name="endpoint_move"),
    path("endpoints/<uuid:uid>/rotate/", endpoints.rotate, name="endpoint_rotate"),
    *(
        path(
            f"endpoints/<uuid:uid>/{verb.replace('_', '-')}/",
            endpoints.act,
            {"verb": verb},
            f"endpoint_{verb}",
        )
        for verb in endpoints.VERBS
    ),
    path("deliveries/", dead_letter_pages.deliveries, name="deliveries"),
    path("deliveries/resend/", dead_letter_pages.resend_mail, name="deliveries_resend"),
    path("deliveries/<uuid:uid>/resend/", dead_letter_pages.resend_one, name="delivery_resend"),
    path("operations/", operations.operations, name="operations"),
    path("metrics", metrics, name="metrics"),
]
