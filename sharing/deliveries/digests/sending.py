"""What digests say when they are sent: each read by itself, as its recipient, under the recipient's own locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.database.context import viewing
from sharing.deliveries.digests.reading import Digest, read_digest
from sharing.deliveries.due import Due
from sharing.deliveries.models import Alert, AlertKind, Channel
from sharing.deliveries.rules import refusal

# Read in one transaction at most: what goes first waits for no more.
FEW = 20


def few_digests(rows: Sequence[Due]) -> list[Due]:
    """`rows` without digests beyond the first 20, which stay due."""
    kept, digests = [], 0
    for row in rows:
        digests += row.kind == AlertKind.DIGEST
        if row.kind != AlertKind.DIGEST or digests <= FEW:
            kept.append(row)
    return kept


def digests_of(rows: Sequence[Due], channel: str, *, at: datetime) -> dict[int, Digest | str]:
    """By delivery, what each digest among `rows` says by the channel, or why it says nothing."""
    asked = [row for row in rows if row.kind == AlertKind.DIGEST and not refusal(row, channel)]
    found: dict[int, Digest | str] = {}
    for row in asked:
        viewer = row.viewer
        with viewing(viewer):
            facts = Alert.objects.values_list("facts", flat=True).get(pk=row.alert)
            found[row.id] = read_digest(viewer, facts, row.path, Channel(channel), person=row.person, at=at)
    return found
