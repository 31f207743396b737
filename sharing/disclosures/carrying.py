"""Of rows that bear a marking, those that a channel carries anything of: `carries` as a query."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet

from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import Marking
from sharing.disclosures.rules import Carries, Channel, carries

Q = TypeVar("Q", bound=QuerySet[Any])


def carried_by(rows: Q, channel: Channel) -> Q:
    """`rows` without those whose marking keeps them from `channel`. `disclose` decides; this keeps pages full."""
    labels = [tlp for tlp in TLP.values if carries(Marking(tlp), channel) != Carries.NOTHING]
    found = rows.filter(tlp__in=labels)
    display_only = carries(Marking(controls=(Control.DISPLAY_ONLY.value,)), channel)
    if display_only == Carries.NOTHING:
        found = found.exclude(controls__contains=[Control.DISPLAY_ONLY])
    return found
