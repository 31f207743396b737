"""What a bulletin and a seizure report have in common: identity, owner, marking, the facts of an event."""
