"""`make bench`: fills a throwaway database and measures in it. BENCH_SIZE is the number of bulletins, BENCH_DELIVERIES
of webhooks, BENCH_FEEDS of the records in the largest feed, BENCH_FILES in the longest file, which is left out unless
it is said (neither is more than there are bulletins); each is left out with 0. BENCH_BESIDE names the TAXII servers to
measure beside the hub, or says none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hub import env


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    size = env.number("BENCH_SIZE", 100_000, low=0, high=5_000_000)
    objects = env.number("BENCH_FEEDS", 100_000, low=0, high=1_000_000)
    rows = env.number("BENCH_FILES", 0, low=0, high=100_000)
    deliveries = env.number("BENCH_DELIVERIES", 10_000, low=0, high=1_000_000)
    enough_s = env.number("BENCH_ENOUGH_S", 4, low=0, high=600)
    folder = Path(env.text("BENCH_FOLDER", str(env.ROOT / "build" / "bench")))
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, cwd=env.ROOT)
    import django

    with TemporaryDirectory() as store:
        # Files that are made lie beside no hub's own.
        os.environ["PHOTOGRAPHS"] = store
        django.setup()
        if size:
            from tests.bench.bench import bench

            bench(size, folder, enough_s=enough_s)
        elif objects or rows:
            from tests.bench.filling import fill

            fill(size := max(objects, rows))
        if objects:
            _feeds(min(objects, size), folder)
        if rows:
            _files(min(rows, size), folder)
        if deliveries:
            _sending(deliveries, folder)


def _feeds(objects: int, folder: Path) -> None:
    from tests.bench.feeds import SIZES, feeds
    from tests.bench.report import keep_feeds

    beside = env.text("BENCH_BESIDE", "medallion,opentaxii")
    others = [name for name in beside.split(",") if name != "none"]
    measured = feeds([each for each in SIZES if each < objects] + [objects], others)
    print(measured.said())
    print(f"kept in {keep_feeds(folder, measured.kept())}\n")


def _files(rows: int, folder: Path) -> None:
    from tests.bench.files import files
    from tests.bench.report import keep_files

    made = files(sorted({max(1, rows // 10), rows}))
    print(made.said())
    print(f"kept in {keep_files(folder, made.kept())}\n")


def _sending(deliveries: int, folder: Path) -> None:
    from tests.bench.report import keep_sending
    from tests.bench.sending import sending

    found = sending(deliveries)
    print(found.said())
    print(f"kept in {keep_sending(folder, found.kept())}\n")


if __name__ == "__main__":
    main()
