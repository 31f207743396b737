"""The Django app `sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"
    label = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bulletins.records.provenance import known_by
        from hub.pages.context import count_inbox_with
        from sharing.audiences import receivers  # noqa: F401  (connects the owner's grant to publishing)
        from sharing.corrections import receivers as corrections  # noqa: F401  (publishing takes what was taken up)
        from sharing.deliveries.querysets import unread_count
        from sharing.intake.pulling.answering import told_there
        from sharing.intake.querysets import provenance
        from sharing.receipts.actions import tell_there_by

        count_inbox_with(unread_count)
        known_by(provenance)
        tell_there_by(told_there)
