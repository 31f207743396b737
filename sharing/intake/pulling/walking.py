"""One peer's walk: a page is fetched, and what it brought is written together with how far the walk has come."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bulletins.records.models import Record
from hub.accounts.viewer import NOBODY, Viewer, desk_of
from hub.agencies.models import Agency, AgencyState
from hub.database.context import engine, viewing
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.intake.models import Way
from sharing.intake.outcome import Line, Outcome, Source, names_of
from sharing.intake.pulling.asking import STALE, Astray, Page, TooLarge, Unanswered, ask_page
from sharing.intake.pulling.models import PAGE, Peer
from sharing.intake.pulling.rules import rest_s
from sharing.intake.taking import take_objects

log = logging.getLogger(__name__)

# A run goes on no longer: the rest of a long walk is the next run's, after whoever else is due.
RUN_S = 20.0
# A worker that has not come to its next page within this is taken for dead.
CLAIM = timedelta(seconds=120)
# A page that takes longer to be written down is asked for in smaller ones.
SLOW_S = 8.0
MOST_PAGES, MOST_IDLE = 100_000, 500
PROBLEMS = 20


def claim(at: datetime) -> Peer | None:
    """The peer that is due longest, taken up by nobody else; None where there is none."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=at - CLAIM)
    with viewing(NOBODY), engine():
        due = Peer.objects.filter(free, removed_at=None, paused_at=None, due_at__lte=at)
        peer: Peer | None = (
            due.filter(agency__state=AgencyState.ACTIVE)
            .order_by("due_at", "id")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if peer is not None:
            peer.claimed_at = at
            peer.save(update_fields=["claimed_at"])
    return peer


def walk(peer: Peer, *, run_s: float = RUN_S) -> None:
    """Go on with the walk until it has ended, has failed, or the time is up; then let go of the peer."""
    ends = time.monotonic() + run_s
    while _step(peer):
        if time.monotonic() >= ends:
            _settle(peer, due_at=timezone.now())
            return


def _step(peer: Peer) -> bool:
    """One page; whether another is to follow."""
    try:
        page = ask_page(peer)
        if page.next and page.next == peer.next:
            raise Astray(_("it gives the same page again and again"))
        if peer.pages > MOST_PAGES or peer.idle > MOST_IDLE:
            raise Astray(_("it goes on without end and brings nothing new"))
        return _keep(peer, page)
    except TooLarge as error:
        if peer.page_size > 1:
            return _change(peer, page_size=max(1, peer.page_size // 4))
        _fail(peer, error)
    except Unanswered as error:
        forgotten = peer.next and error.status in STALE
        if forgotten and _later(peer.after, peer.reached) != peer.after:  # on from the last instant
            return _change(peer, **_anew(peer))
        _fail(peer, Astray(error.reason, status=error.status) if forgotten else error)
    except Exception:
        log.exception("a page could not be taken in", extra={"peer": str(peer.uid)})
        _fail(peer, Unanswered(_("the hub could not take in what it gave: its operators have been told")))
    return False


def _keep(peer: Peer, page: Page) -> bool:
    """Write down what a page brought, and where the walk is now, in one transaction."""
    began, at = time.monotonic(), timezone.now()
    with viewing(_desk(peer)) as desk:
        row = Peer.objects.select_for_update().filter(pk=peer.pk, **_held(peer)).first()
        if row is None:  # paused, removed, or another worker's
            return False
        # Nothing was there to tell it by when it was added.
        row.is_hub = row.is_hub or (not row.taken and page.gives_records)
        outcome = _take(desk, row, page.objects, at)
        goes_on = page.more and page.next != ""
        reached = _later(row.reached, page.reached)
        idle = reached == row.reached and not outcome.records
        told = [line.data for line in outcome.refused]
        row.taken += len(outcome.records)
        row.refused += len(told)
        row.problems = [*reversed(told), *row.problems][:PROBLEMS]
        row.reached, row.next = reached, page.next if goes_on else ""
        row.pages, row.idle = (row.pages + 1, row.idle + idle) if goes_on else (0, 0)
        row.failures, row.failing_since, row.failure = 0, None, ""
        if time.monotonic() - began > SLOW_S:
            row.page_size = max(1, row.page_size // 2)
        row.claimed_at = at if goes_on else None
        if not goes_on:
            if row.pulled_at is None and row.is_hub:
                _tell_first(row, at)
            row.after, row.page_size, row.pulled_at = _later(row.after, reached), PAGE, at
            row.due_at = at + timedelta(minutes=row.every_minutes)
        row.save()
    for field in Peer._meta.concrete_fields:
        setattr(peer, field.attname, getattr(row, field.attname))
    return bool(goes_on)


def _tell_first(peer: Peer, at: datetime) -> None:
    """The first time all that a hub ever shared comes at once: one notice for all of it, and none for each."""
    rows = Record.objects.filter(arrival__peer=peer, latest__gt=0, ended_at=None)
    facts: dict[str, str | int] = {"what": "hub.first", "hub": peer.title, "n": rows.count()}
    facts["hazards"] = rows.filter(hazard=True).count()
    if facts["n"]:
        queue_notice(AlertKind.HUB, [peer.agency_id], at=at, path="/", facts=facts)


def _take(desk: Viewer, peer: Peer, objects: Sequence[Any], at: datetime) -> Outcome:
    """All at once; where that fails, one by one, so that one object stops no other."""
    source = Source(
        Way.PULL,
        sender=peer.title,
        scope=str(peer.uid),
        unmarked=peer.unmarked,
        peer=peer if peer.is_hub else None,
    )
    if not objects:
        return Outcome()
    try:
        with transaction.atomic():
            return take_objects(desk, objects, source=source, at=at)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("objects are taken in one by one", extra={"peer": str(peer.uid)})
    outcome = Outcome()
    marked_first = sorted(objects, key=lambda each: _type(each) != "marking-definition")
    for each in marked_first:
        try:
            with transaction.atomic():
                outcome.lines += take_objects(desk, [each], source=source, at=at).lines
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("an object could not be taken in", extra={"peer": str(peer.uid)})
            outcome.lines.append(Line(*names_of([each])[0], False, _("The hub could not take it in.")))
    return outcome


def _type(stix: Any) -> str:
    return str(stix.get("type", "")) if isinstance(stix, dict) else ""


def _fail(peer: Peer, error: Unanswered) -> None:
    """Leave it alone for a while, longer each time; then the walk goes on."""
    at, failures = timezone.now(), peer.failures + 1
    rest = rest_s(
        failures=failures,
        chance=random.random(),  # noqa: S311  (spreads retries, guards nothing)
        asked_wait_s=error.wait_s,
    )
    _settle(
        peer,
        failures=failures,
        failing_since=peer.failing_since or at,
        failure=error.reason[:200],
        due_at=at + timedelta(seconds=rest),
        **(_anew(peer) if isinstance(error, Astray) else {}),
    )


def _anew(peer: Peer) -> dict[str, Any]:
    """A walk that begins after the last instant that was told."""
    return {"next": "", "pages": 0, "idle": 0, "after": _later(peer.after, peer.reached)}


def _settle(peer: Peer, **values: Any) -> None:
    _change(peer, claimed_at=None, **values)


def _change(peer: Peer, **values: Any) -> bool:
    """Write what the walk has come to; false where the peer is this worker's no more."""
    values = {"claimed_at": timezone.now()} | values
    with viewing(_desk(peer)):
        done = Peer.objects.filter(pk=peer.pk, **_held(peer)).update(**values)
    for name, value in values.items():
        setattr(peer, name, value)
    return bool(done)


def _held(peer: Peer) -> dict[str, Any]:
    """Holds as long as the row is this worker's: whoever takes it up, pauses it or removes it changes one of these."""
    return {"claimed_at": peer.claimed_at, "paused_at": None, "removed_at": None}


def _desk(peer: Peer) -> Viewer:
    return desk_of(Agency.objects.get(pk=peer.agency_id))


def _later(one: str, other: str) -> str:
    """The later of two instants as the peer wrote them; one that is none is before all."""
    return max(one, other, key=_instant)


def _instant(text: str) -> tuple[datetime | None, str] | tuple[()]:
    """Orders instants to the last digit, which is more than a datetime holds."""
    if not text:
        return ()
    return parse_datetime(text[:19] + "Z"), text[19:].strip(".Z").ljust(12, "0")
