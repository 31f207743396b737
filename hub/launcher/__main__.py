"""The launcher's commands."""

import argparse
import os
import signal
import subprocess
import sys

from hub import env
from hub.launcher import process
from hub.launcher.services import Services, kept_secret, lasting, throwaway


def interrupted(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def command(services: Services, arguments: list[str]) -> int:
    """Runs one command beside the services and gives its exit status."""
    environment = os.environ | services.settings | {"PYTHONDONTWRITEBYTECODE": ""}
    child = subprocess.Popen(arguments, env=environment, cwd=env.ROOT, preexec_fn=process.child())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # A terminal's Ctrl-C reached the child too; a signal sent to us alone is passed on.
            child.send_signal(signal.SIGINT)


def run(options: argparse.Namespace) -> int:
    from hub.launcher.serving import serve

    return serve(env.home())


def test(options: argparse.Namespace) -> int:
    """The tests on services of their own, or those that `services --home` runs on HUB_TEST_SERVICES."""
    # The whole suite takes every core; a test file alone is sooner done by one process.
    whole = [] if options.arguments else ["-n", str(max(2, os.cpu_count() or 1)), "--dist", "worksteal"]
    arguments = [sys.executable, "-m", "pytest", *whole, *options.arguments]
    if folder := os.environ.get("HUB_TEST_SERVICES"):
        os.environ["HUB_HOME"] = folder
        return subprocess.run(
            arguments, env=os.environ | env.running(env.home()), cwd=env.ROOT, check=False
        ).returncode
    with throwaway() as services:
        return command(services, arguments)


def services(options: argparse.Namespace) -> int:
    """A command beside services; without a command they run until Ctrl-C."""
    if options.home:
        key = os.environ.get("SECRET_KEY") or kept_secret(env.home(), "secret-key", 48)[0]
        settings = {"HUB_DEMO": os.environ.get("HUB_DEMO", "1"), "SECRET_KEY": key}
        with lasting(env.home(), settings) as found:
            return command(found, options.arguments) if options.arguments else rest(found)
    with throwaway() as found:
        return command(found, options.arguments) if options.arguments else rest(found)


CHECKS = (
    ["-m", "ruff", "check", "."],
    ["-m", "ruff", "format", "--check", "--quiet", "."],
    ["-m", "mypy"],
    ["manage.py", "makemigrations", "--check", "--dry-run"],
    ["manage.py", "check", "--fail-level", "WARNING"],
    ["-m", "pytest", "--quiet", "--quiet", "tests/structure/test_layers.py"],
)


def check(options: argparse.Namespace) -> int:
    """Lint, format, types, missing migrations, Django's own checks, layers: all of them, also when one fails."""
    with throwaway() as found:
        failed = [" ".join(one) for one in CHECKS if command(found, [sys.executable, *one])]
    for name in failed:
        print(f"hub: failed: {name}", file=sys.stderr)
    return 1 if failed else 0


def rest(found: Services) -> int:
    addresses = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL")
    print("\n".join(f"{name}={found.settings[name]}" for name in addresses), flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="hub.launcher")
    commands = parser.add_subparsers(required=True)
    for action, says in (
        (run, "serve the hub"),
        (test, "run the tests"),
        (check, "lint, types, missing migrations, layers"),
        (services, "run a command beside services"),
    ):
        sub = commands.add_parser(action.__name__, help=says)
        sub.set_defaults(action=action)
        if action is services:
            sub.add_argument(
                "--home", action="store_true", help="on the data in HUB_HOME, not on throwaway data"
            )
        if action in (test, services):
            sub.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if getattr(options, "arguments", [])[:1] == ["--"]:
        options.arguments = options.arguments[1:]
    # SIGINT as well: a shell that starts us in the background has it ignored.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupted)
    try:
        return int(options.action(options))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
