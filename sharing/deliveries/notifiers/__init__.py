"""One class a channel. A new channel is a file here, a line in this table, and a test file."""

from __future__ import annotations

from sharing.deliveries.models import Channel
from sharing.deliveries.notifiers.base import Notifier
from sharing.deliveries.notifiers.inbox import InboxNotifier
from sharing.deliveries.notifiers.mail import MailNotifier
from sharing.deliveries.notifiers.webhook import WebhookNotifier

NOTIFIERS: dict[str, Notifier] = {
    Channel.INBOX.value: InboxNotifier(),
    Channel.MAIL.value: MailNotifier(),
    Channel.WEBHOOK.value: WebhookNotifier(),
}
