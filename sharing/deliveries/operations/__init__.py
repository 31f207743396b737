"""For those who run the hub: how sending fares, in numbers alone."""
