"""What the answer of somebody else's server says of a delivery."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from hub.outgoing.way import Answer
from sharing.deliveries.notifiers.base import Undelivered

# The receiver says that this address will never take it; dead_letters.ADVICE says what its owner does.
GONE = {
    404: "the endpoint does not exist (404)",
    410: "the endpoint is gone (410)",
}
REDIRECTS = "the endpoint answered {}, which leads elsewhere and is not followed"
# Those that may say how long to wait.
BUSY = (429, 503)


def judge(answer: Answer) -> None:
    """Raise Undelivered unless the receiver says that it has taken it."""
    if 200 <= answer.status < 300:
        return
    if answer.status in GONE:
        raise Undelivered(GONE[answer.status], permanent=True)
    if 300 <= answer.status < 400:
        raise Undelivered(REDIRECTS.format(answer.status), permanent=True)
    wait_s = asked_wait_s(answer.headers.get("retry-after", "")) if answer.status in BUSY else 0
    raise Undelivered(f"the endpoint answered {answer.status}", wait_s=wait_s)


def asked_wait_s(text: str) -> int:
    """Retry-After in seconds, or as a date; 0 for anything else."""
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, int((until - datetime.now(UTC)).total_seconds()))
