"""Sharing on: a holder asks, those it rests on consent, the owner releases."""
