"""The Django app `hub`."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"
    label = "hub"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import hub.checks  # noqa: F401  registers the check
        from hub.accounts import sessions  # noqa: F401  notes when a session began
        from hub.trail import receivers  # noqa: F401  puts sign-in and sign-out on the trail
