"""The part of the REST API that joins several stages."""
