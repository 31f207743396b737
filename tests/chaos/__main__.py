"""`make chaos`: CHAOS_DELIVERIES is how many at least, CHAOS_SEED repeats what was drawn."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from hub import env


def main() -> int:
    deliveries = env.number("CHAOS_DELIVERIES", 10_000, low=100, high=1_000_000)
    seed = env.number("CHAOS_SEED", random.randrange(10**6), low=0, high=10**9)
    # A hub of its own, whatever runs beside it.
    for name in (*env.SHARED, "HUB_HOME", "HUB_LOGIN", env.SEAL_KEY):
        os.environ.pop(name, None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    from tests.chaos.chaos import chaos
    from tests.chaos.run import Run

    folder = Path(tempfile.mkdtemp(prefix="hub-chaos-"))
    status = chaos(Run(deliveries, seed, folder))
    if status == 0:
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
