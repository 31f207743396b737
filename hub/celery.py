"""The Celery application: what Django's settings say, and every tasks.py of the three apps."""

import gc
import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_postrun, worker_init, worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

ROOT = Path(__file__).resolve().parent.parent


def task_modules() -> list[str]:
    """Each tasks.py as a module name: autodiscovery does not look into an app's sub-packages."""
    found = (path for app in ("hub", "bulletins", "sharing") for path in (ROOT / app).rglob("tasks.py"))
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found)


app = Celery("hub", include=task_modules())
app.config_from_object("django.conf:settings", namespace="CELERY")


@worker_init.connect
@beat_init.connect
def refuse_unfit_login(**kwargs: Any) -> None:
    """Worker and beat serve under the same login as the pages, with the same conditions."""
    import django

    django.setup()
    from hub.checks import refuse_unfit_login

    refuse_unfit_login()


@worker_process_init.connect
def look_no_more_through_what_stays(**kwargs: Any) -> None:
    """What was loaded stays for good: going through it for garbage took a quarter of the time of sending."""
    gc.collect()
    gc.freeze()


@setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Django's LOGGING stands; Celery's own format would print results and arguments."""


@task_postrun.connect
def note_run(task: Any = None, state: str = "", **kwargs: Any) -> None:
    """For the operators' page: a sweep that has not run for a minute means that nobody works."""
    from hub.runs import note_run

    note_run(task.name, failed=state != "SUCCESS")
