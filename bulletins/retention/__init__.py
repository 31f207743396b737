"""How long named subjects may be kept, and who answers for it (28 CFR 23)."""
