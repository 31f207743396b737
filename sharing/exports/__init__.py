"""Taking out: lists as files, one record as PDF, and all that an agency owns."""
