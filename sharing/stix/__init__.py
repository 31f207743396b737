"""Records as STIX 2.1 objects: what a face shows, and what every such object refers to."""
