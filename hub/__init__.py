"""The project: settings, accounts, agencies, the trail, and the launcher of the demo."""

from hub.celery import app as celery_app

__all__ = ["celery_app"]
