"""From releases to grants: the only writer of guardian rows, and rebuild() from the releases."""
