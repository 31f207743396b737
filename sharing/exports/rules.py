"""How much is taken out at once, and how long a file is kept. No database, no clock."""

from __future__ import annotations

from datetime import timedelta

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role

# In the answer to the form; more is made by a worker, up to the second.
AT_ONCE = 1_000
MOST = 100_000
# Disclosed together: between two batches a worker asks again who the person is.
BATCH = 500
LIVES = timedelta(hours=24)
# Whoever is making a file and has not said so for so long is taken for dead.
SILENT = timedelta(minutes=2)
# How many of one person may wait or be in the making.
MOST_WAITING = 3
# What is said of a file that is gone stays so long in its person's list.
TOLD = timedelta(days=14)


def may_export(viewer: Viewer) -> bool:
    """Everybody of an agency, what they are shown."""
    return viewer.agency_id is not None and viewer.person_id is not None


def may_take_all(viewer: Viewer) -> bool:
    """All that an agency owns is its administrators' to take out."""
    return may_export(viewer) and viewer.can(Role.ADMIN)
