"""The Celery application: what Django's settings say, and every tasks.py of the three apps."""

import os
from pathlib import Path

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

ROOT = Path(__file__).resolve().parent.parent


def task_modules() -> list[str]:
    """Each tasks.py as a module name: autodiscovery does not look into an app's sub-packages."""
    found = (path for app in ("hub", "bulletins", "sharing") for path in (ROOT / app).rglob("tasks.py"))
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found)


app = Celery("hub", include=task_modules())
app.config_from_object("django.conf:settings", namespace="CELERY")
