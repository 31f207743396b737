"""Who reads the ledger, and how much of it leaves at once."""

from __future__ import annotations

from enum import StrEnum

from hub.accounts.viewer import Viewer
from hub.agencies.models import Role

READERS = (Role.AUDITOR, Role.RELEASER, Role.LIAISON, Role.ADMIN)
# Of these, who is told of one's own records at TLP:RED beside their authors.
CLOSE = (Role.RELEASER, Role.AUDITOR)
# So many lines an export holds at most; on paper fewer.
MOST_LINES = 20_000
MOST_ON_PAPER = 2_000


class Side(StrEnum):
    """GIVEN: records of one's own agency, to others. RECEIVED: records of others, to one's own agency."""

    GIVEN = "given"
    RECEIVED = "received"


def may_read_ledger(viewer: Viewer) -> bool:
    """Auditors, releasers, liaisons and admins, of their own agency's part. Nobody above agencies: it names records."""
    return viewer.agency_id is not None and viewer.can(*READERS)
