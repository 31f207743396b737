"""Other TAXII servers, each in an environment of its own, to be measured beside the hub on the same objects."""
