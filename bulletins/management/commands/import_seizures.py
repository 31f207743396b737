"""Imports seizure reports from a CSV file in the layout of docs/operations.md, "Importing seizures"."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from bulletins.seizures.importing import Outcome, import_file
from bulletins.seizures.reading import Unreadable, count_lines

SHOWN = 20


class Command(BaseCommand):
    help = "Import seizure reports from a CSV file. Rows that are refused are named on screen and in a report file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--poster", default="CBP", help="the agency that posts for a body without a seat in the hub (CBP)"
        )
        parser.add_argument("--report", type=Path, help="where refused rows go (FILE.refused.csv)")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: no such file")
        outcome, interrupted = Outcome(), False
        try:
            with tqdm(total=max(count_lines(path) - 1, 0), unit="row", file=sys.stderr) as bar:
                for so_far in import_file(path, at=timezone.now(), poster=options["poster"]):
                    outcome = so_far
                    bar.update()
        except Unreadable as error:
            raise CommandError(f"{path}: {error}") from None
        except KeyboardInterrupt:
            interrupted = True
        report = options["report"] or path.with_name(path.name + ".refused.csv")
        self._tell(outcome, report)
        if interrupted:
            raise CommandError(
                "interrupted: the rows counted above are whole and stay; run it again for the rest"
            )
        if outcome.refused:
            raise CommandError(f"{len(outcome.refused)} rows refused: mend them and run it again")

    def _tell(self, outcome: Outcome, report: Path) -> None:
        self.stdout.write(
            f"{outcome.created} created, {outcome.changed} changed, {outcome.unchanged} unchanged, "
            f"{len(outcome.refused)} refused"
        )
        if not outcome.refused:
            return
        lines = [
            (str(refusal.line), problem.column, problem.reason, problem.value_excerpt)
            for refusal in outcome.refused
            for problem in refusal.problems
        ]
        try:
            with report.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("line", "column", "reason", "value"), *lines])
            self.stdout.write(f"refused rows: {report}")
        except OSError as error:
            self.stderr.write(f"the report could not be written to {report}: {error.strerror}")
        for line, column, reason, value in lines[:SHOWN]:
            where = f"line {line}" + (f", {column}" if column else "")
            self.stderr.write(f"  {where}: {reason}" + (f" ({value})" if value else ""))
        if len(lines) > SHOWN:
            self.stderr.write(f"  ... and {len(lines) - SHOWN} more in the report")
