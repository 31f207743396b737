"""Who runs what an agency fetches, and how long a peer that did not answer is left alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role

FIRST_REST_S, LONGEST_REST_S = 60, 6 * 3600
LONGEST_ASKED_S = 24 * 3600
# Nobody asks for an acknowledgement by a time that lies further ahead.
FURTHEST = timedelta(days=3660)


def may_run_peers(viewer: Viewer) -> bool:
    """Whether the viewer decides from where their agency fetches."""
    return viewer.agency_id is not None and viewer.can(Role.ADMIN, Role.LIAISON)


def rest_s(*, failures: int, chance: float, asked_wait_s: int = 0) -> float:
    """How long a peer is left alone after `failures` in a row: twice as long each time, six hours at most.

    `chance` (0 to 1) spreads it; `asked_wait_s` is its own Retry-After, a day at most.
    """
    wait_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** min(failures - 1, 20)) * (0.75 + chance / 2)
    return max(wait_s, min(max(asked_wait_s, 0), LONGEST_ASKED_S))


def asked_until(by: datetime | None, *, before: datetime | None, at: datetime) -> datetime | None:
    """Until when one's own agency is asked to acknowledge what a hub asks for `by`; what is over when it comes, is not.

    `before` is what the same hub asked for until now.
    """
    return by if by is not None and (by == before or at < by < at + FURTHEST) else None
