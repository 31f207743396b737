"""Machine feeds: what a subscription brings, as Atom and as CAP 1.2."""
