"""The Django app `bulletins`."""

from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "bulletins"
    label = "bulletins"
    default_auto_field = "django.db.models.BigAutoField"
