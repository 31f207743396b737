"""Break glass: a record opened to one person in imminent danger, by two inspectors of two agencies, for an hour."""
