"""`manage.py reseal_secrets`: endpoints' and peers' secrets under the newest of WEBHOOK_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.trail.actions import Origin, origin
from sharing.deliveries.endpoints.resealing import reseal_all
from sharing.intake.pulling.resealing import reseal_peers


class Command(BaseCommand):
    help = (
        "Encrypt endpoints' and peers' secrets anew with the newest of WEBHOOK_KEYS; then an older key can be"
        " taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = origin.set(Origin(method="command"))
        try:
            done, closed = reseal_all(at=timezone.now())
            peers, lost = reseal_peers(at=timezone.now())
        finally:
            origin.reset(kept)
        self.stdout.write(f"{done} endpoints' secrets are under the newest key")
        self.stdout.write(f"{peers} peers' secrets are under the newest key")
        if lost:
            named = ", ".join(str(uid) for uid in lost)
            self.stderr.write(
                f"no key opens those of the peers {named}: their agencies must enter them again"
            )
        if closed:
            named = ", ".join(str(uid) for uid in closed)
            raise CommandError(f"no key opens those of {named}: their agencies must make new ones (rotate)")
