"""Taking lists out, at once and by a worker."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import orjson
import pytest
import stix2
from openpyxl import load_workbook

from hub.database.context import engine
from sharing.exports.making import make_next
from sharing.exports.models import ExportJob
from tests.disclosures.reader import reader


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one record is made by a worker, two at a time."""
    for module in ("pages", "making"):
        monkeypatch.setattr(f"sharing.exports.{module}.AT_ONCE", 1)
    monkeypatch.setattr("sharing.exports.making.BATCH", 2)


def taken(username: str, form: str = "csv", asked: str = "from=bulletins", **chosen: Any) -> Any:
    return reader(username).post(f"/exports/new/?{asked}", {"as": form, **chosen})


def content(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def name(answer: Any) -> str:
    return re.search(r'filename="([^"]+)"', answer["Content-Disposition"])[1]  # type: ignore[index]


def rows(answer: Any, form: str = "csv") -> list[dict[str, Any]]:
    """The records of the file, as whatever opens it finds them."""
    whole = content(answer)
    if form == "csv":
        assert whole.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(whole.decode("utf-8-sig"))))
    if form == "json":
        return list(orjson.loads(whole)["records"])
    if form == "stix":
        bundle = stix2.parse(whole.decode())
        found = [each for each in bundle.objects if each["type"] == "report"]
        return [{"uid": each["id"].partition("--")[2], "whole": each.serialize()} for each in found]
    sheet = load_workbook(io.BytesIO(whole)).active
    found = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=2)]
    return [dict(zip(found[0], row, strict=True)) for row in found[1:]]


def made(username: str) -> ExportJob:
    """The person's newest file, after the worker."""
    while make_next():
        pass
    with engine():
        return ExportJob.objects.filter(person__username=username).latest("id")


def fetched(username: str, job: ExportJob) -> Any:
    return reader(username).get(f"/exports/{job.uid}/")
