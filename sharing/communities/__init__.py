"""HIDTA regions, DHE, bilateral and operation groups: who belongs, since when, and who leads."""
