"""`manage.py reseal_secrets`: endpoints' secrets under the newest of WEBHOOK_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.trail.actions import Origin, origin
from sharing.deliveries.endpoints.resealing import reseal_all


class Command(BaseCommand):
    help = (
        "Encrypt endpoints' secrets anew with the newest of WEBHOOK_KEYS; then an older key can be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = origin.set(Origin(method="command"))
        try:
            done, closed = reseal_all(at=timezone.now())
        finally:
            origin.reset(kept)
        self.stdout.write(f"{done} endpoints' secrets are under the newest key")
        if closed:
            named = ", ".join(str(uid) for uid in closed)
            raise CommandError(f"no key opens those of {named}: their agencies must make new ones (rotate)")
