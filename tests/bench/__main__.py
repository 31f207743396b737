"""`make bench`: fills a throwaway database and measures in it. BENCH_SIZE is the number of bulletins."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub import env


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    size = env.number("BENCH_SIZE", 100_000, low=200, high=5_000_000)
    enough_s = env.number("BENCH_ENOUGH_S", 4, low=0, high=600)
    folder = Path(env.text("BENCH_FOLDER", str(env.ROOT / "build" / "bench")))
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True, cwd=env.ROOT)
    import django

    django.setup()
    from tests.bench.bench import bench

    bench(size, folder, enough_s=enough_s)


if __name__ == "__main__":
    main()
