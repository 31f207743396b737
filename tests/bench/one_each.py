"""What the hub's sending is measured beside: one Celery task for each delivery, with the same verbs for one row."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

import orjson
from django.utils import timezone

from hub.celery import app
from sharing.deliveries.notifiers.webhook import headers, payload
from sharing.deliveries.sending import begin
from sharing.deliveries.settling import settle

QUEUE = "bench"


@app.task(name="tests.bench.one_each.send_one", queue=QUEUE)
def send_one(pk: int) -> None:
    """Access asked again, disclosed, signed, sent, recorded: one delivery, one connection."""
    attempts, _more = begin("webhook", limit=1, at=timezone.now(), only=pk)
    for attempt in attempts:
        body = orjson.dumps(payload(attempt.message))
        to = urlsplit(attempt.message.address)
        line = HTTPConnection(to.netloc, timeout=10)
        line.request("POST", to.path, body, headers(attempt.message, body))
        assert line.getresponse().status == 204
        line.close()
        settle([(attempt, None)], at=timezone.now())
