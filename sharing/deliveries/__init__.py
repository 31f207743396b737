"""Alerts, the outbox, retries; one notifier a channel in notifiers/."""
