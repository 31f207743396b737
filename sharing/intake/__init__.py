"""Taking in: what partners send as STIX, and what officers upload, becomes working copies of the sending agency."""
