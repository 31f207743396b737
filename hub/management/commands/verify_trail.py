"""`manage.py verify_trail`: whether the trail is what was sealed; one line for each row or seal that is not."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum
from django.utils import timezone
from tqdm import tqdm

from hub.database.context import viewing
from hub.trail.actions import Origin, origin, record
from hub.trail.models import Seal
from hub.trail.seals import WATCH
from hub.trail.verifying import Verdict, verify

HEX = re.compile(r"[0-9a-fA-F]{64}")


class Command(BaseCommand):
    help = "Recompute the trail's chain beside a running hub, and name each row changed, removed or inserted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            help="a head from an inspector's mail, which must be in the chain; may be given again",
        )
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            help="a public key that may have signed, from an inspector's mail; otherwise the first seal's",
        )

    def handle(self, *args: Any, head: list[str], key: list[str], **options: Any) -> None:
        for name, given in (("--head", head), ("--key", key)):
            if odd := [each for each in given if not HEX.fullmatch(each)]:
                raise CommandError(f"{name} takes 64 hexadecimal digits, not {odd[0]!r}", returncode=2)
        verdict = Verdict()
        kept = origin.set(Origin(method="command"))
        try:
            with viewing(WATCH):
                total = Seal.objects.aggregate(rows=Sum("rows"))["rows"] or 0
                with tqdm(total=total, unit="row", file=sys.stderr) as bar:
                    keys = [each.lower() for each in key]
                    for line in verify(verdict, heads=head, keys=keys, progress=bar.update):
                        self.stdout.write(line)
                record(
                    "trail.verify",
                    viewer=WATCH,
                    at=timezone.now(),
                    outcome="failed" if verdict.found else "ok",
                    object_type="seal",
                    object_id=str(verdict.seals or ""),
                    rows=verdict.rows,
                    findings=verdict.found,
                )
        finally:
            origin.reset(kept)
        self._sum_up(verdict)
        if verdict.found:
            raise CommandError(f"{verdict.found} found: the trail is not what was sealed")

    def _sum_up(self, verdict: Verdict) -> None:
        if not verdict.seals:
            self.stdout.write(f"no seal yet; {verdict.unsealed} rows wait for one")
            return
        self.stdout.write(
            f"{verdict.rows} rows under {verdict.seals} seals, the last of {verdict.sealed_at:%Y-%m-%d %H:%M:%S} UTC;"
            f" {verdict.unsealed} rows not sealed yet"
        )
        self.stdout.write(f"head {verdict.head}")
        self.stdout.write(f"key  {verdict.key}")
