"""Fills a demo hub with records made of real public seizures. Runs as the application; adds nothing twice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sharing.demo.communities import load_operation
from sharing.demo.records import load_records
from sharing.demo.subscriptions import load_subscriptions


class Command(BaseCommand):
    help = "Fill a demo hub with records made of real public seizures."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HUB_DEMO:
            raise CommandError("this hub is no demo: set HUB_DEMO=1 to fill one")
        # First, so that what is then announced says for which it came.
        load_subscriptions(timezone.now())
        counts = load_records(timezone.now())
        load_operation(timezone.now())
        self.stdout.write(
            f"demo: {counts['seizures']} seizure reports, {counts['bulletins']} bulletins added"
        )
