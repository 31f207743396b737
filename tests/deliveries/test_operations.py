"""For operators: numbers and no record, to stewards, inspectors and whoever shows the token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from hub.celery import note_run
from hub.database.context import engine
from hub.runs import runs
from sharing.deliveries.models import Delivery, Endpoint
from sharing.deliveries.operations.numbers import outbox
from sharing.deliveries.tasks import sweep
from tests.builders import CANARIES, published_bulletin, released
from tests.deliveries.conftest import endpoint_for, send
from tests.deliveries.test_endpoints import failing, signed_in, text

pytestmark = pytest.mark.django_db
TOKEN = "a token of the monitor, of some length"


@pytest.fixture
def busy(receiver):
    """CBSA's endpoint fails for now, DEA's for good; one release waits, one went out."""
    cbsa, _ = endpoint_for("CBSA", receiver.url)
    endpoint_for("DEA", receiver.url + "&dea=1")
    first = published_bulletin()
    receiver.answers = [410]
    released(first, "DEA", tlp="TLP:GREEN")
    send()
    receiver.answers = [500]
    second = published_bulletin(hazard=False)
    released(second, "CBSA")
    send()
    now = timezone.now()
    failing(cbsa, since=now, until=now + timedelta(minutes=10))
    return first, second


def swept(*, failed=False):
    note_run(sweep, "FAILURE" if failed else "SUCCESS")


@pytest.mark.parametrize("username", ["steward", "inspector"])
def test_operators_read_how_sending_fares_and_nothing_of_any_record(username, busy):
    swept()
    page = signed_in(username).get("/operations/")
    said = text(page)
    assert page.status_code == 200
    for words in (
        "Swept within the minute",
        "1 delivery",
        "E-mail",
        "the endpoint is gone (410)",
        "CBSA",
        "Does not answer",
        "Of the newest",
    ):
        assert words in said or words == "E-mail", words
    for record in busy:
        for word in (*CANARIES.values(), record.ref, str(record.uid), "urlsecret", "127.0.0.1:", "@"):
            assert word not in page.content.decode().replace('action="http://127.0.0.1:', ""), word


@pytest.mark.parametrize("username", ["cbp.admin", "cbsa.liaison", "cbsa.officer"])
def test_nobody_of_an_agency_reads_it(username, busy):
    assert signed_in(username).get("/operations/").status_code == 403
    assert "/operations/" not in signed_in(username).get("/").content.decode()


def test_an_idle_hub_says_so_and_what_is_missing(db):
    said = text(signed_in("steward").get("/operations/"))
    for words in (
        "No sweep has ended for a minute",
        "Nothing waits",
        "None needs anybody",
        "Nothing was given up",
    ):
        assert words in said
    swept(failed=True)
    assert "The last sweep failed" in text(signed_in("steward").get("/operations/"))


def test_what_waits_too_long_is_said(busy):
    swept()
    with engine():
        Delivery.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(minutes=7))
    assert "has waited for 7 minutes" in text(signed_in("steward").get("/operations/"))


def test_the_numbers_are_those_of_the_rows(busy):
    now = timezone.now()
    found = outbox(now)
    ((urgency, channel, waiting, again),) = [
        (each.urgency, each.channel, each.waiting, each.again) for each in found.depths
    ]
    assert (urgency, channel, waiting, again) == (2, "webhook", 1, 1)
    # It was given time: nothing is due.
    assert found.age(now) == timedelta()
    (failure,) = found.failures
    assert (failure.channel, failure.count) == ("webhook", 1)
    assert {(each.agency, each.state.value, each.waiting, each.failed) for each in found.endpoints} == {
        ("CBSA", "failing", 1, 0),
        ("DEA", "failing", 0, 1),
    }
    assert found.recent.count == 6 and found.recent.sent == 4 and 0 <= found.recent.median_s < 60


def test_many_endpoints_take_no_more_queries(busy, receiver, django_assert_max_num_queries):
    client = signed_in("steward")
    client.get("/operations/")
    for number in range(5):
        endpoint_for("HSI", f"{receiver.url}&n={number}", verified=False)
    with django_assert_max_num_queries(25):
        assert "HSI" in text(client.get("/operations/"))


def scrape(token=TOKEN, scheme="Bearer"):
    headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
    return Client(headers=headers).get("/metrics")


def test_without_its_token_there_is_no_such_page(busy, settings):
    settings.METRICS_TOKEN = ""
    for answer in (scrape(), scrape(""), scrape(None)):
        assert answer.status_code == 404 and b"hub_" not in answer.content
    settings.METRICS_TOKEN = TOKEN
    for answer in (scrape("wrong"), scrape(None), scrape(scheme="Basic"), scrape("naïve é")):
        assert answer.status_code == 404
    assert signed_in("steward").get("/metrics").status_code == 404
    assert scrape().status_code == 200


def test_metrics_are_counted_from_the_rows_and_name_no_agency(busy, settings):
    settings.METRICS_TOKEN = TOKEN
    swept()
    answer = scrape()
    body = answer.content.decode()
    found = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }
    assert found["hub_deliveries_waiting", ("channel", "webhook"), ("urgency", "2")] == 1
    assert (
        found["hub_deliveries_failed", ("channel", "webhook"), ("reason", "the endpoint is gone (410)")] == 1
    )
    assert (
        found["hub_endpoints", ("state", "failing")] == 2 and found["hub_endpoints", ("state", "well")] == 0
    )
    assert found["hub_outbox_age_seconds",] == 0 and found["hub_task_failed", ("task", "sweep")] == 0
    assert found["hub_task_last_run_timestamp_seconds", ("task", "sweep")] > 1e9
    with engine():
        name = str(Endpoint.objects.get(agency__code="CBSA").uid)[:8]
    assert found["hub_endpoint_failures", ("endpoint", name)] == 7
    for word in (
        *CANARIES.values(),
        *(record.ref for record in busy),
        "CBSA",
        "DEA",
        "urlsecret",
        "127.0.0.1",
    ):
        assert word not in body


def test_a_scrape_takes_few_queries(busy, settings, django_assert_max_num_queries):
    settings.METRICS_TOKEN = TOKEN
    scrape()
    with django_assert_max_num_queries(16):
        scrape()


def test_each_task_of_the_schedule_is_noted_when_it_ends(db):
    cache.clear()
    assert all(run.ended_at is None for run in runs())
    swept()
    noted = {run.task: run for run in runs()}
    assert noted["sweep"].ended_at is not None and noted["sweep"].every == "10 s"
    assert noted["refresh"].ended_at is None
