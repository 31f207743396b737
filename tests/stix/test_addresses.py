"""The extension and its schema at their public addresses."""

from __future__ import annotations

import json

import jsonschema
import pytest
import stix2
from django.test import Client

from sharing.stix.extension import schema
from tests.cast import person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("reader", ["", "cbsa.officer", "steward"])
def test_the_schema_is_there_for_anybody(reader):
    client = Client()
    if reader:
        client.force_login(person(reader))
    found = client.get("/feeds/stix/schema/")
    assert found.status_code == 200 and found.headers["Content-Type"] == "application/schema+json"
    assert found.json() == json.loads(json.dumps(schema()))
    jsonschema.Draft202012Validator.check_schema(found.json())


def test_the_extension_definition_names_the_schema():
    found = Client().get("/feeds/stix/extension/")
    assert found.headers["Content-Type"] == "application/stix+json;version=2.1"
    said = stix2.parse(found.content, allow_custom=False)
    assert said.schema.endswith("/feeds/stix/schema/")
    assert Client().get("/feeds/stix/schema/").json()["$id"] == said.schema


@pytest.mark.parametrize("path", ["/feeds/stix/extension/", "/feeds/stix/schema/"])
def test_they_are_read_and_nothing_else(path):
    assert Client().head(path).status_code == 200
    assert {Client().post(path).status_code, Client().delete(path).status_code} == {405}
