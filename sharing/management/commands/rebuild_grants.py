"""Recomputes every grant from the releases. On a healthy hub it changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from sharing.audiences.actions import rebuild_grants


class Command(BaseCommand):
    help = "Recompute every grant from releases, agreements and rosters, and say what differed."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            changes = rebuild_grants(timezone.now())
        self.stdout.write(
            f"{len(changes.granted)} granted, {len(changes.changed)} changed, {len(changes.withdrawn)} withdrawn"
        )
