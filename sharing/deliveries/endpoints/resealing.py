"""Secrets at rest: all under the newest key, so that an older one can leave WEBHOOK_KEYS; none that has ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.db import transaction

from hub.accounts.viewer import NOBODY, desk_of
from hub.agencies.models import Agency
from hub.database.context import engine, viewing
from hub.trail.actions import record as write_trail
from sharing.deliveries.models import Endpoint
from sharing.deliveries.sealing import reseal


def reseal_all(*, at: datetime) -> tuple[int, list[UUID]]:
    """Encrypt every endpoint's secrets anew; return how many endpoints, and those that no key opens."""
    done, closed = 0, []
    with transaction.atomic(), viewing(NOBODY):
        with engine():
            for row in Endpoint.objects.filter(removed_at=None).order_by("id").select_for_update():
                try:
                    row.sealed_secret = reseal(row.sealed_secret)
                    row.sealed_old_secret = row.sealed_old_secret and reseal(row.sealed_old_secret)
                except InvalidToken:
                    closed.append(row.uid)
                    continue
                row.save(update_fields=["sealed_secret", "sealed_old_secret"])
                done += 1
        write_trail("endpoint.reseal", viewer=NOBODY, at=at, rows=done)
    return done, closed


def forget_old_secrets(*, at: datetime) -> int:
    """Forget the secrets that sign no more since their seven days are over; return how many.

    Each as its agency's desk: the engine may not say how long a secret lives. A suspended agency's wait for it.
    """
    over = Endpoint.objects.filter(old_secret_ends_at__lte=at)
    with transaction.atomic(), engine():
        agencies = list(Agency.objects.filter(pk__in=over.values("agency_id")).order_by("pk"))
    forgotten = 0
    for agency in agencies:
        with viewing(desk_of(agency)):
            forgotten += over.update(sealed_old_secret="", old_secret_ends_at=None)
    return forgotten
