"""The ledger for its readers: who was given one's records, what one was given, and taking it out."""
