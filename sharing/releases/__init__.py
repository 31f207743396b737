"""The decision to share: rules, reasons, preview, release, recall."""
