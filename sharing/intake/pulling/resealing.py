"""Peers' passwords and tokens at rest: all under the newest key, so that an older one can leave WEBHOOK_KEYS."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db import transaction

from hub.accounts.viewer import NOBODY
from hub.database.context import engine, viewing
from hub.trail.actions import record as write_trail
from sharing.deliveries.sealing import reseal
from sharing.intake.pulling.models import Peer


def reseal_peers(*, at: datetime) -> tuple[int, list[UUID]]:
    """Encrypt every peer's secret anew; return how many peers, and those whose secret no key opens."""
    done, closed = 0, []
    with transaction.atomic(), viewing(NOBODY):
        with engine():
            for row in Peer.objects.exclude(sealed_secret="").order_by("id").select_for_update():
                try:
                    row.sealed_secret = reseal(row.sealed_secret)
                except InvalidToken:
                    closed.append(row.uid)
                    continue
                row.save(update_fields=["sealed_secret"])
                done += 1
        write_trail("peer.reseal", viewer=NOBODY, at=at, rows=done)
    return done, closed
