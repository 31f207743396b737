"""`make bench`: fills a throwaway database and measures in it. BENCH_SIZE is the number of bulletins, BENCH_DELIVERIES
of webhooks, BENCH_FEEDS of the records in the largest feed (no more than there are bulletins); each is left out with
0. BENCH_BESIDE names the TAXII servers to measure beside the hub, or says none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub import env


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    size = env.number("BENCH_SIZE", 100_000, low=0, high=5_000_000)
    objects = env.number("BENCH_FEEDS", 100_000, low=0, high=1_000_000)
    deliveries = env.number("BENCH_DELIVERIES", 10_000, low=0, high=1_000_000)
    enough_s = env.number("BENCH_ENOUGH_S", 4, low=0, high=600)
    folder = Path(env.text("BENCH_FOLDER", str(env.ROOT / "build" / "bench")))
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, cwd=env.ROOT)
    import django

    django.setup()
    if size:
        from tests.bench.bench import bench

        bench(size, folder, enough_s=enough_s)
    if objects:
        from tests.bench.feeds import SIZES, feeds
        from tests.bench.filling import fill
        from tests.bench.report import keep_feeds

        if size:
            objects = min(objects, size)
        else:
            fill(objects)
        beside = env.text("BENCH_BESIDE", "medallion,opentaxii")
        others = [name for name in beside.split(",") if name != "none"]
        measured = feeds([each for each in SIZES if each < objects] + [objects], others)
        print(measured.said())
        print(f"kept in {keep_feeds(folder, measured.kept())}\n")
    if deliveries:
        from tests.bench.report import keep_sending
        from tests.bench.sending import sending

        found = sending(deliveries)
        print(found.said())
        print(f"kept in {keep_sending(folder, found.kept())}\n")


if __name__ == "__main__":
    main()
