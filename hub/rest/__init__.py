"""The ground of the REST API, on which each stage's api.py stands: views, pages, filters, limits, schema."""
