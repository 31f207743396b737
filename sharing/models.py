"""The models of the sharing app, gathered from its stages."""

from sharing.agreements.models import Agreement, Direction
from sharing.audiences.models import Entry, Given, Grant, Received, Rewording, Withdrawal
from sharing.briefings.models import Briefing
from sharing.communities.models import Community, Membership
from sharing.deliveries.models import Alert, Delivery, Endpoint, InboxItem, NoticeRead
from sharing.disclosures.models import LedgerRow
from sharing.receipts.models import Answered, Receipt
from sharing.releases.models import Consent, Release

__all__ = [
    "Agreement",
    "Alert",
    "Answered",
    "Briefing",
    "Community",
    "Consent",
    "Delivery",
    "Direction",
    "Endpoint",
    "Entry",
    "Given",
    "Grant",
    "InboxItem",
    "LedgerRow",
    "Membership",
    "NoticeRead",
    "Receipt",
    "Received",
    "Release",
    "Rewording",
    "Withdrawal",
]
