"""The models of the sharing app, gathered from its stages."""

from sharing.agreements.models import Agreement, Direction
from sharing.audiences.models import (
    Entry,
    Given,
    Grant,
    Placed,
    Received,
    Rewording,
    Standing,
    Unsettled,
    Withdrawal,
)
from sharing.briefings.models import Briefing
from sharing.communities.models import Community, Invitation, Joining, Membership
from sharing.corrections.models import Correction
from sharing.deliveries.models import Alert, Asked, Delivery, Endpoint, InboxItem, Looked, NoticeRead, Visit
from sharing.disclosures.models import LedgerRow
from sharing.emergencies.models import Emergency, Opened
from sharing.exports.models import ExportJob
from sharing.feeds.models import FeedEntry, FeedLink
from sharing.feeds.taxii.models import Fed
from sharing.intake.models import Envelope, Original, Participation, Upload, Voice
from sharing.intake.pulling.models import Arrival, Peer
from sharing.ledger.models import LedgerGiven, LedgerTaken
from sharing.recalls.models import RecallAnswer, Told
from sharing.receipts.models import Answered, Receipt, Reminded
from sharing.releases.models import Consent, Recall, Release
from sharing.requests.models import OnwardRequest, Verdict
from sharing.retention.models import Leftover
from sharing.subscriptions.models import QuietHours, RemovedSubscription, Subscription

__all__ = [
    "Agreement",
    "Alert",
    "Answered",
    "Arrival",
    "Asked",
    "Briefing",
    "Community",
    "Consent",
    "Correction",
    "Delivery",
    "Direction",
    "Emergency",
    "Endpoint",
    "Entry",
    "Envelope",
    "ExportJob",
    "Fed",
    "FeedEntry",
    "FeedLink",
    "Given",
    "Grant",
    "InboxItem",
    "Invitation",
    "Joining",
    "LedgerGiven",
    "LedgerRow",
    "LedgerTaken",
    "Leftover",
    "Looked",
    "Membership",
    "NoticeRead",
    "OnwardRequest",
    "Opened",
    "Original",
    "Participation",
    "Peer",
    "Placed",
    "QuietHours",
    "Recall",
    "RecallAnswer",
    "Receipt",
    "Received",
    "Release",
    "Reminded",
    "RemovedSubscription",
    "Rewording",
    "Standing",
    "Subscription",
    "Told",
    "Unsettled",
    "Upload",
    "Verdict",
    "Visit",
    "Voice",
    "Withdrawal",
]
