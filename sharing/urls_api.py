"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from bulletins.vocabulary.api import VocabularyIndex, VocabularyList
from hub.agencies.api import AgencyDetail, AgencyList
from hub.rest.schema import DocsView, SchemaView
from hub.rest.views import NoSuchAddress
from sharing.briefings.api import BriefingDetail, BriefingList
from sharing.corrections.api import CorrectionAnswer, CorrectionDetail, CorrectionList, CorrectionTake
from sharing.deliveries.api import (
    DeliveryDetail,
    DeliveryList,
    DeliveryResend,
    EndpointList,
    EndpointResend,
)
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
from sharing.disclosures.bulk import BulletinBulk, SeizureBulk
from sharing.ledger.api import LedgerList
from sharing.recalls.api import RecallAnswers, RecallList, RecallProof
from sharing.receipts.api import ReceiptList
from sharing.requests.api import RequestConsent, RequestDetail, RequestGrant, RequestList, RequestRefuse
from sharing.rest.agreements import (
    AgreementAccept,
    AgreementDecline,
    AgreementDetail,
    AgreementList,
    AgreementResume,
    AgreementSuspend,
)
from sharing.rest.communities import (
    CommunityDetail,
    CommunityInvite,
    CommunityJoin,
    CommunityLeave,
    CommunityList,
    CommunityMembers,
    JoiningConfirm,
    JoiningDecline,
    JoiningDetail,
    JoiningList,
)
from sharing.rest.marking import BulletinMarking, SeizureMarking
from sharing.rest.releases import Recall, ReleaseList, ReleasePreview
from sharing.subscriptions.api import SubscriptionDetail, SubscriptionList
from sharing.subscriptions.hours.api import DeskHours, OwnHours

urlpatterns: list[URLPattern] = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("v1/bulletins/", BulletinList.as_view(), name="api-bulletins"),
    path("v1/bulletins/bulk/", BulletinBulk.as_view(), name="api-bulletin-bulk"),
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
    path("v1/seizures/bulk/", SeizureBulk.as_view(), name="api-seizure-bulk"),
    path("v1/seizures/<uuid:uid>/", SeizureDetail.as_view(), name="api-seizure"),
    path("v1/seizures/<uuid:uid>/publish/", SeizurePublish.as_view(), name="api-seizure-publish"),
    path("v1/seizures/<uuid:uid>/marking/", SeizureMarking.as_view(), name="api-seizure-marking"),
    path("v1/agencies/", AgencyList.as_view(), name="api-agencies"),
    path("v1/agencies/<slug:code>/", AgencyDetail.as_view(), name="api-agency"),
    path("v1/communities/", CommunityList.as_view(), name="api-communities"),
    path("v1/communities/join/", CommunityJoin.as_view(), name="api-community-join"),
    path("v1/communities/joinings/", JoiningList.as_view(), name="api-joinings"),
    path("v1/communities/joinings/<uuid:uid>/", JoiningDetail.as_view(), name="api-joining"),
    path("v1/communities/joinings/<uuid:uid>/confirm/", JoiningConfirm.as_view(), name="api-joining-confirm"),
    path("v1/communities/joinings/<uuid:uid>/decline/", JoiningDecline.as_view(), name="api-joining-decline"),
    path("v1/communities/<slug:code>/", CommunityDetail.as_view(), name="api-community"),
    path("v1/communities/<slug:code>/members/", CommunityMembers.as_view(), name="api-community-members"),
    path("v1/communities/<slug:code>/invite/", CommunityInvite.as_view(), name="api-community-invite"),
    path("v1/communities/<slug:code>/leave/", CommunityLeave.as_view(), name="api-community-leave"),
    path("v1/releases/", ReleaseList.as_view(), name="api-releases"),
    path("v1/releases/preview/", ReleasePreview.as_view(), name="api-release-preview"),
    path("v1/releases/recall/", Recall.as_view(), name="api-recall"),
    path("v1/corrections/", CorrectionList.as_view(), name="api-corrections"),
    path("v1/corrections/<uuid:uid>/", CorrectionDetail.as_view(), name="api-correction"),
    path("v1/corrections/<uuid:uid>/take/", CorrectionTake.as_view(), name="api-correction-take"),
    path("v1/corrections/<uuid:uid>/answer/", CorrectionAnswer.as_view(), name="api-correction-answer"),
    path("v1/recalls/", RecallList.as_view(), name="api-recalls"),
    path("v1/recalls/<uuid:uid>/answers/", RecallAnswers.as_view(), name="api-recall-answers"),
    path("v1/recalls/<uuid:uid>/proof/", RecallProof.as_view(), name="api-recall-proof"),
    path("v1/deliveries/", DeliveryList.as_view(), name="api-deliveries"),
    path("v1/deliveries/endpoints/", EndpointList.as_view(), name="api-endpoints"),
    path("v1/deliveries/endpoints/<uuid:uid>/resend/", EndpointResend.as_view(), name="api-endpoint-resend"),
    path("v1/deliveries/<uuid:uid>/", DeliveryDetail.as_view(), name="api-delivery"),
    path("v1/deliveries/<uuid:uid>/resend/", DeliveryResend.as_view(), name="api-delivery-resend"),
    path("v1/receipts/", ReceiptList.as_view(), name="api-receipts"),
    path("v1/agreements/", AgreementList.as_view(), name="api-agreements"),
    path("v1/agreements/<slug:code>/", AgreementDetail.as_view(), name="api-agreement"),
    path("v1/agreements/<slug:code>/accept/", AgreementAccept.as_view(), name="api-agreement-accept"),
    path("v1/agreements/<slug:code>/decline/", AgreementDecline.as_view(), name="api-agreement-decline"),
    path("v1/agreements/<slug:code>/suspend/", AgreementSuspend.as_view(), name="api-agreement-suspend"),
    path("v1/agreements/<slug:code>/resume/", AgreementResume.as_view(), name="api-agreement-resume"),
    path("v1/briefings/", BriefingList.as_view(), name="api-briefings"),
    path("v1/briefings/<uuid:uid>/", BriefingDetail.as_view(), name="api-briefing"),
    path("v1/subscriptions/", SubscriptionList.as_view(), name="api-subscriptions"),
    path("v1/subscriptions/settings/", OwnHours.as_view(), name="api-hours"),
    path("v1/subscriptions/settings/desk/", DeskHours.as_view(), name="api-hours-of-desk"),
    path("v1/subscriptions/<uuid:uid>/", SubscriptionDetail.as_view(), name="api-subscription"),
    path("v1/ledger/", LedgerList.as_view(), name="api-ledger"),
    path("v1/requests/", RequestList.as_view(), name="api-requests"),
    path("v1/requests/<uuid:uid>/", RequestDetail.as_view(), name="api-request"),
    path("v1/requests/<uuid:uid>/grant/", RequestGrant.as_view(), name="api-request-grant"),
    path("v1/requests/<uuid:uid>/refuse/", RequestRefuse.as_view(), name="api-request-refuse"),
    path("v1/requests/<uuid:uid>/consent/", RequestConsent.as_view(), name="api-request-consent"),
    path("v1/vocabulary/", VocabularyIndex.as_view(), name="api-vocabulary"),
    path("v1/vocabulary/<slug:name>/", VocabularyList.as_view(), name="api-vocabulary-list"),
    # Whatever else: the same answer as for a record that is not there, not a page and no hint at a slash.
    re_path(r"", NoSuchAddress.as_view()),
]
