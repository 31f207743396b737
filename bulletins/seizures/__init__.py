"""The seizure report: its facts, and reading them from files."""
