"""The settings refuse what is absent, odd or unsafe: one line, exit status 2."""

import os
import subprocess
import sys

import pytest

from hub import env

PRODUCTION = {
    "HUB_DEMO": "0",
    "DATABASE_URL": "postgresql://hub_app:pw@db.internal/hub",
    "REDIS_URL": "redis://cache.internal:6379/0",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "hub.example.gov",
    "EMAIL_URL": "smtp://mail.internal",
}


def settings(print_: str = "", **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Reads the settings as production would, but for `changed`, and prints an expression over them."""
    given = {key: value for key, value in (PRODUCTION | changed).items() if value is not None}
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    code = f"import hub.settings as s; print({print_ or '1'})"
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=kept | given, cwd=env.ROOT, capture_output=True, text=True, check=False
    )


def test_production_is_safe_by_default():
    done = settings(
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG, s.HUB_DEMO"
    )
    assert (done.stdout.strip(), done.stderr) == ("True True True False False", "")


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have 32 characters at least"),
        ({"EMAIL_URL": None}, "EMAIL_URL is not set"),
        ({"HUB_DEMO": "maybe"}, "HUB_DEMO must be 0 or 1, not 'maybe'"),
        ({"HUB_DEMO": "1"}, "HUB_DEMO=1 serves this machine alone; ALLOWED_HOSTS names hub.example.gov"),
        ({"HUB_DEMO_PASSWORD": "elevenchars"}, "HUB_DEMO_PASSWORD must have 12 characters at least"),
        ({"HUB_LOGIN": "owner"}, "OWNER_DATABASE_URL is not set"),
        (
            {"SESSION_IDLE_S": "999999"},
            "SESSION_IDLE_S must be a whole number from 60 to 43200, not '999999'",
        ),
    ],
)
def test_an_unfit_setting_ends_in_one_line(changed, line):
    done = settings(**changed)
    assert (done.returncode, done.stderr) == (2, f"hub: {line}\n")


def test_without_addresses_and_without_a_hub_beside_it_says_what_to_start(tmp_path):
    done = settings(DATABASE_URL=None, REDIS_URL=None, HUB_HOME=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith(f"hub: no hub runs on {tmp_path}: start `make run` first")


def test_every_tasks_module_is_known_to_celery():
    from hub.celery import task_modules

    found = {
        str(path) for app in ("hub", "bulletins", "sharing") for path in (env.ROOT / app).rglob("tasks.py")
    }
    assert {str(env.ROOT / (name.replace(".", "/") + ".py")) for name in task_modules()} == found
