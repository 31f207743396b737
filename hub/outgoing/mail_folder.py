"""Mail of the demo: a file for each message, instead of a server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Named by the instant (UTC) and whom it is to, `.eml`, so that any mail program opens it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mail in email_messages:
            to = re.sub(r"[^\w@.-]|\.\.", "_", mail.recipients()[0])[:80]
            name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{to}-{uuid4().hex[:8]}.eml"
            (folder / name).write_bytes(mail.message().as_bytes())
        return len(email_messages)
