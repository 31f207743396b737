"""The cast's subscriptions are of the vocabulary, and made once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from sharing.demo.subscriptions import WISHES, load_subscriptions

pytestmark = pytest.mark.django_db


def test_they_are_made_once():
    assert load_subscriptions(timezone.now()) == len(WISHES)
    assert load_subscriptions(timezone.now()) == 0
