"""`/metrics` for Prometheus: rows counted anew at each scrape, so any process may answer, and none keeps counts."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from hub.runs import runs
from sharing.deliveries.endpoints.health import State
from sharing.deliveries.operations.numbers import Outbox, outbox


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever shows METRICS_TOKEN as a bearer; for anybody else, and while none is set, there is no such page."""
    wanted = settings.METRICS_TOKEN
    scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
    right = scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), wanted.encode())
    if not wanted or not right:
        raise Http404
    registry = CollectorRegistry()
    registry.register(Rows(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Rows(Collector):
    """The numbers of the operators' page. Endpoints are named by the beginning of their uid, agencies not at all."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        found = outbox(self.at)
        yield from self._queue(found)
        yield from self._endpoints(found)
        yield from self._runs()

    def _queue(self, found: Outbox) -> Iterator[Metric]:
        labels = ["urgency", "channel"]
        waiting = GaugeMetricFamily(
            "hub_deliveries_waiting", "Deliveries waiting or being sent; urgency 0 goes first.", labels=labels
        )
        again = GaugeMetricFamily(
            "hub_deliveries_retrying", "Of those, attempted before without success.", labels=labels
        )
        for depth in found.depths:
            waiting.add_metric([str(depth.urgency), depth.channel], depth.waiting)
            again.add_metric([str(depth.urgency), depth.channel], depth.again)
        failed = GaugeMetricFamily(
            "hub_deliveries_failed", "Deliveries given up and not sent again.", labels=["channel", "reason"]
        )
        for failure in found.failures:
            failed.add_metric([failure.channel, failure.reason], failure.count)
        yield from (waiting, again, failed)
        age = found.age(self.at).total_seconds()
        yield GaugeMetricFamily(
            "hub_outbox_age_seconds", "How long the oldest due delivery has been due.", age
        )
        taken = GaugeMetricFamily(
            "hub_delivery_seconds", "From alert to sent, of the newest 1,000.", labels=["quantile"]
        )
        taken.add_metric(["0.5"], found.recent.median_s)
        taken.add_metric(["0.95"], found.recent.slow_s)
        yield taken

    def _endpoints(self, found: Outbox) -> Iterator[Metric]:
        states = GaugeMetricFamily("hub_endpoints", "Endpoints by how they fare.", labels=["state"])
        for state in State:
            states.add_metric([state.value], sum(each.state == state for each in found.endpoints))
        waiting = GaugeMetricFamily(
            "hub_endpoint_deliveries_waiting", "Deliveries waiting for it.", labels=["endpoint"]
        )
        failures = GaugeMetricFamily(
            "hub_endpoint_failures", "Attempts in a row that it did not take.", labels=["endpoint"]
        )
        for each in found.endpoints:
            waiting.add_metric([each.name], each.waiting)
            failures.add_metric([each.name], each.failures)
        yield from (states, waiting, failures)

    def _runs(self) -> Iterator[Metric]:
        ended = GaugeMetricFamily(
            "hub_task_last_run_timestamp_seconds", "When a periodic task last ended.", labels=["task"]
        )
        failed = GaugeMetricFamily("hub_task_failed", "Whether its last run failed.", labels=["task"])
        try:
            for run in runs():
                if run.ended_at is not None:
                    ended.add_metric([run.task], run.ended_at.timestamp())
                    failed.add_metric([run.task], int(run.failed))
        except RedisError:
            # Absent while the cache is away: an alert on absence says it better than an old value.
            pass
        yield from (ended, failed)
