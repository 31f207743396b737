"""One class a channel. A new channel is a file here, a line in this table, and a test file."""

from __future__ import annotations

from sharing.deliveries.models import Channel
from sharing.deliveries.notifiers.base import Notifier
from sharing.deliveries.notifiers.mail import MailNotifier
from sharing.deliveries.notifiers.taxii import TaxiiNotifier
from sharing.deliveries.notifiers.webhook import WebhookNotifier

# The inbox is not among them: nothing leaves the database.
NOTIFIERS: dict[str, type[Notifier]] = {
    Channel.WEBHOOK.value: WebhookNotifier,
    Channel.TAXII.value: TaxiiNotifier,
    Channel.MAIL.value: MailNotifier,
}
