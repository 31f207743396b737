"""What may be seen of a version; the only writer of faces, and search over them."""
