"""Digests: what a subscription brings together over a period, read again as the recipient whenever it is shown."""
