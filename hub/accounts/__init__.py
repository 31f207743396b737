"""Sign-in, tokens, and the viewer of a request with its database context."""
