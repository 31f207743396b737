"""The examples that documents and schema give are true: run as they stand, against a hub that is served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from bulletins.models import SeizureReport
from hub.accounts.tokens import issue_token
from hub.database.context import viewing
from sharing.receipts.models import Receipt
from tests.builders import published_bulletin, released
from tests.cast import person, viewer

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/rest.md"
EXAMPLES = dict(re.findall(r"^```(sh|python)\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.S | re.M))


def run(command, folder, live_server, username, **more):
    key = issue_token(person(username), scope="write", days=1, at=timezone.now() - timedelta(minutes=1))
    surroundings = {"PATH": os.environ["PATH"], "HUB": live_server.url, "TOKEN": key, **more}
    return subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.django_db(transaction=True)
def test_the_example_with_curl_runs_as_it_stands(live_server, tmp_path):
    bulletin = published_bulletin()
    released(bulletin, "CBSA")
    done = run(["sh", "-c", EXAMPLES["sh"]], tmp_path, live_server, "cbsa.officer", RECORD=str(bulletin.uid))
    assert done.returncode == 0, done.stdout + done.stderr
    assert bulletin.ref in done.stdout and bulletin.ref in (tmp_path / "bulletin.json").read_text()
    with viewing(viewer("cbsa.officer")):
        assert Receipt.objects.get().acknowledged_at


@pytest.mark.django_db(transaction=True)
def test_the_example_with_python_runs_as_it_stands(live_server, tmp_path):
    done = run([sys.executable, "-I", "-c", EXAMPLES["python"]], tmp_path, live_server, "cbp.officer")
    assert done.returncode == 0, done.stdout + done.stderr
    with viewing(viewer("cbp.officer")):
        assert sorted(SeizureReport.objects.values_list("latest", "packages")) == [
            (0, None),
            (0, None),
            (1, 18),
        ]
    assert "version 1" in done.stdout and "1 seizure reports" in done.stdout


@pytest.fixture
def schema(caller):
    return caller("cbsa.officer", "read").get("/api/schema/").json()


@pytest.mark.django_db
def test_the_schema_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(schema).iter_errors()] == []


@pytest.mark.django_db
def test_each_body_has_an_example_that_is_one(schema):
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            for media, given in described.get("requestBody", {}).get("content", {}).items():
                if media != "application/json":
                    continue
                assert given.get("examples"), f"{method} {path}"
                validator = Draft202012Validator({**given["schema"], "components": schema["components"]})
                for example in given["examples"].values():
                    assert list(validator.iter_errors(example["value"])) == [], f"{method} {path}"


@pytest.mark.django_db
def test_each_example_of_an_answer_is_one(schema):
    checked = 0
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            for answer in described["responses"].values():
                for given in answer.get("content", {}).values():
                    validator = Draft202012Validator({**given["schema"], "components": schema["components"]})
                    for example in given.get("examples", {}).values():
                        assert list(validator.iter_errors(example["value"])) == [], f"{method} {path}"
                        checked += 1
    assert checked


@pytest.mark.django_db
def test_every_operation_names_what_any_may_answer(schema):
    for path, methods in schema["paths"].items():
        for method, described in methods.items():
            codes = set(described["responses"])
            expected = (
                {"400", "401", "406", "429"} if method == "get" else {"401", "403", "406", "413", "429"}
            )
            expected |= {"409", "422"} if method == "post" else set()
            expected |= {"415"} if "requestBody" in described else set()
            expected |= {"404"} if "{" in path else set()
            assert expected <= codes, (method, path, expected - codes)
            for code, answer in described["responses"].items():
                assert "RateLimit" in answer["headers"], (method, path, code)
                if int(code) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, (method, path, code)
            named = {each["name"] for each in described.get("parameters", [])}
            assert ("Idempotency-Key" in named) == (method == "post"), (method, path)
