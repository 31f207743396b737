"""An agency's webhook endpoints: verified before use, tried out, given a new secret, and how each fares."""
