"""What time alone changes, and the nightly comparison of grants with decisions."""

from __future__ import annotations

import logging
import time

from celery import shared_task
from django.db import DatabaseError, transaction
from django.utils import timezone

from sharing.audiences.actions import rebuild_grants
from sharing.audiences.numbering import number_entries as number
from sharing.flow import refresh
from sharing.flow.lapsing import begin_due, settle_left, warn_of_lapsing
from sharing.flow.recalling import tell_who_had_it_meanwhile
from sharing.stix.keeping import render_ahead

log = logging.getLogger(__name__)

# One run goes on no longer than this; what is left then is found by the next.
SETTLE_S = 45.0


@shared_task
def refresh_due() -> int:
    """Recompute where a release has begun or an end has passed; return how many records."""
    with transaction.atomic():
        return refresh(at=timezone.now())


@shared_task
def settle_grants() -> int:
    """Recompute what a change left, batch by batch, each in a transaction of its own; return how many records."""
    ends, count = time.monotonic() + SETTLE_S, 0
    while time.monotonic() < ends:
        with transaction.atomic():
            found = settle_left(at=timezone.now())
        count += found
        if not found:
            break
    return count


@shared_task
def begin_agreements() -> int:
    """Give what waited for agreements that have begun; return how many began."""
    with transaction.atomic():
        return begin_due(at=timezone.now())


@shared_task
def warn_of_ends() -> int:
    """Tell both sides of agreements that lapse soon; return how many notices were written."""
    with transaction.atomic():
        return warn_of_lapsing(at=timezone.now())


@shared_task
def tell_of_recalls() -> int:
    """Tell of recent recalls whoever was given the record in that very instant; return how many were told."""
    return tell_who_had_it_meanwhile(at=timezone.now())


@shared_task
def compare_grants() -> int:
    """Compare every grant with what the rule says; mend what differs, and say so: it should find nothing.

    Each batch is a transaction of its own: in one for all, a recall or suspension would wait until the last.
    """
    changes = rebuild_grants(timezone.now())
    found = len(changes.granted) + len(changes.changed) + len(changes.withdrawn)
    if found:
        log.error("grants differed from decisions", extra={"count": found})
    return found


@shared_task
def number_entries() -> int:
    """Render what was given just now, then number it: nothing is dated by an agency's feed before it is committed."""
    try:
        with transaction.atomic():
            render_ahead()
    except DatabaseError:
        # Whoever asks for it first has it rendered.
        log.exception("nothing was rendered ahead")
    return number()
