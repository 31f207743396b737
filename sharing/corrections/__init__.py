"""A recipient says what is wrong in a record it has; the owner takes it into the next version, or answers."""
