"""Answers are the JSON that the framework would write, faster."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from hub.rest.renderers import FastJSON

VALUES = [
    {"a": [1, 2.5, None, True, "é€\u2028"], "b": {}},
    {
        "at": datetime(2026, 11, 2, 14, 20, 0, 123456, tzinfo=UTC),
        "t": time(6, 0),
        "d": datetime(2026, 1, 1).date(),
    },
    {"span": timedelta(hours=1), "n": Decimal("1.50"), "uid": UUID(int=7), "said": gettext_lazy("Not found")},
    {1: "a", "big": 2**80, "items": (1, 2), "set": {1, 2}},
    None,
]


@pytest.mark.parametrize("value", VALUES)
def test_it_is_what_the_framework_writes(value):
    fast, slow = (each().render(value) for each in (FastJSON, JSONRenderer))
    assert (fast == slow == b"") or json.loads(fast) == json.loads(slow)


def test_it_is_indented_where_that_is_asked_for():
    assert b"\n" in FastJSON().render({"a": 1}, "application/json; indent=4")
