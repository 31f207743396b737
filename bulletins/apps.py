"""The Django app `bulletins`."""

from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "bulletins"
    label = "bulletins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bulletins.faces.models import Found
        from bulletins.faces.querysets import identifiers_read
        from bulletins.publishing.querysets import open_what_is_shown_by
        from bulletins.publishing.telltales import look_up_identifiers_with

        look_up_identifiers_with(identifiers_read)
        open_what_is_shown_by(Found.objects.visible_to)
