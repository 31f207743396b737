"""The append-only record of who did what. Everything may write to it."""
