"""Treaties and memoranda between agencies: what may cross, in which direction, until when."""
