"""The demo: a cast, two agreements, and records made of real public seizures."""
