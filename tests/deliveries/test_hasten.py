"""The broker makes deliveries fast; without it nothing is lost and no page fails or waits."""

from __future__ import annotations

import logging
import socket
import time

import pytest
import redis
from celery import Celery
from django.conf import settings as at_start
from django.core import mail

from hub import env
from sharing.deliveries import actions
from sharing.deliveries.actions import hasten
from tests.builders import published_bulletin, released
from tests.deliveries.conftest import send


@pytest.fixture
def broker_at(monkeypatch):
    def at(url):
        monkeypatch.setattr(actions, "app", Celery("elsewhere", broker=url, set_as_current=False))

    return at


def queued():
    number = int(at_start.CELERY_BROKER_URL.rpartition("=")[2] or 0)
    with redis.Redis.from_url(env.redis("REDIS_URL", offset=number)) as client:
        return client.llen("urgent")


def test_a_broker_that_is_there_is_told_without_any_argument():
    before = queued()
    hasten()
    assert queued() == before + 1


@pytest.mark.django_db
def test_a_broker_that_is_away_or_hangs_costs_little_and_loses_nothing(
    broker_at, caplog, django_capture_on_commit_callbacks
):
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        hanging, away = silent.getsockname()[1], closed.getsockname()[1]
        closed.close()
        for address in (
            f"redis://127.0.0.1:{away}/1",
            f"redis://127.0.0.1:{hanging}/1",
            "redis+socket:///nowhere",
        ):
            broker_at(address)
            bulletin = published_bulletin()
            began = time.monotonic()
            with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
                released(bulletin, "CBSA")
            assert time.monotonic() - began < 2.5
            assert "the sweep finds what waits" in caplog.text
            assert bulletin.ref not in caplog.text and bulletin.title not in caplog.text
            caplog.clear()
    assert send() == 6 and len(mail.outbox) == 3


def test_the_task_that_is_named_is_one_that_exists():
    from sharing.deliveries.tasks import send_due

    assert send_due.name == actions.SEND_DUE
