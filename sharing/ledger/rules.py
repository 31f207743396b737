"""The ledger's two sides, who is told of what is TLP:RED, and how much of it leaves at once."""

from __future__ import annotations

from enum import StrEnum

from hub.agencies.models import Role

# Of those who read the ledger, who is told of one's own records at TLP:RED beside their authors.
CLOSE = (Role.RELEASER, Role.AUDITOR)
# So many lines an export holds at most; on paper fewer.
MOST_LINES = 20_000
MOST_ON_PAPER = 2_000


class Side(StrEnum):
    """GIVEN: records of one's own agency, to others. RECEIVED: records of others, to one's own agency."""

    GIVEN = "given"
    RECEIVED = "received"
