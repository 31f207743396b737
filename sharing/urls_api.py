"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from bulletins.vocabulary.api import VocabularyIndex, VocabularyList
from hub.agencies.api import AgencyDetail, AgencyList
from hub.rest.schema import DocsView, SchemaView
from hub.rest.views import NoSuchAddress
from sharing.disclosures.api import (
    BulletinDetail,
    BulletinList,
    BulletinPublish,
    PhotographDetail,
    Photographs,
    SeizureDetail,
    SeizureList,
    SeizurePublish,
)
from sharing.receipts.api import ReceiptList
from sharing.rest.marking import BulletinMarking, SeizureMarking
from sharing.rest.releases import Recall, ReleaseList, ReleasePreview

urlpatterns: list[URLPattern] = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("v1/bulletins/", BulletinList.as_view(), name="api-bulletins"),
    path("v1/bulletins/<uuid:uid>/", BulletinDetail.as_view(), name="api-bulletin"),
    path("v1/bulletins/<uuid:uid>/publish/", BulletinPublish.as_view(), name="api-bulletin-publish"),
    path("v1/bulletins/<uuid:uid>/marking/", BulletinMarking.as_view(), name="api-bulletin-marking"),
    path("v1/bulletins/<uuid:uid>/photographs/", Photographs.as_view(), name="api-photographs"),
    path(
        "v1/bulletins/<uuid:uid>/photographs/<uuid:photograph>/",
        PhotographDetail.as_view(),
        name="api-photograph",
    ),
    path("v1/seizures/", SeizureList.as_view(), name="api-seizures"),
    path("v1/seizures/<uuid:uid>/", SeizureDetail.as_view(), name="api-seizure"),
    path("v1/seizures/<uuid:uid>/publish/", SeizurePublish.as_view(), name="api-seizure-publish"),
    path("v1/seizures/<uuid:uid>/marking/", SeizureMarking.as_view(), name="api-seizure-marking"),
    path("v1/agencies/", AgencyList.as_view(), name="api-agencies"),
    path("v1/agencies/<slug:code>/", AgencyDetail.as_view(), name="api-agency"),
    path("v1/releases/", ReleaseList.as_view(), name="api-releases"),
    path("v1/releases/preview/", ReleasePreview.as_view(), name="api-release-preview"),
    path("v1/releases/recall/", Recall.as_view(), name="api-recall"),
    path("v1/receipts/", ReceiptList.as_view(), name="api-receipts"),
    path("v1/vocabulary/", VocabularyIndex.as_view(), name="api-vocabulary"),
    path("v1/vocabulary/<slug:name>/", VocabularyList.as_view(), name="api-vocabulary-list"),
    # Whatever else: the same answer as for a record that is not there, not a page and no hint at a slash.
    re_path(r"", NoSuchAddress.as_view()),
]
