"""A sender in a process of its own: at each line it is given it sends what is due, and says how much that was."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from hub import env


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    import django

    django.setup()
    from sharing.deliveries.tasks import send_waiting

    send_waiting()
    # As a worker's process does when it starts.
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    for _line in sys.stdin:
        print(send_waiting(), flush=True)


@contextmanager
def senders(count: int) -> Iterator[Callable[[], int]]:
    """What lets so many processes send at once; it returns how many they sent."""
    with ExitStack() as stack:
        crew = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.bench.sender"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=env.ROOT,
                )
            )
            for _ in range(count)
        ]

        def said(process: subprocess.Popen[str]) -> str:
            assert process.stdout is not None
            return process.stdout.readline()

        def send() -> int:
            for process in crew:
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()
            return sum(int(said(process)) for process in crew)

        try:
            for process in crew:
                assert said(process) == "ready\n"
            yield send
        finally:
            for process in crew:
                process.kill()


if __name__ == "__main__":
    main()
