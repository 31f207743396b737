"""`/healthz` tells a load balancer yes or no, and nobody anything else."""

import json

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_it_answers_anyone(client):
    answer = client.get("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"status": "ok"})
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("broken", ["database", "cache"])
def test_it_says_unavailable_and_not_why(broken, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("connection to db.internal refused for hub_app")

    target = {"database": "hub.health.connection.cursor", "cache": "hub.health.cache.get"}[broken]
    monkeypatch.setattr(target, fail)
    monkeypatch.setattr("hub.health.connection.close", lambda: None)
    answer = Client().get("/healthz")
    assert (answer.status_code, json.loads(answer.content)) == (503, {"status": "unavailable"})
