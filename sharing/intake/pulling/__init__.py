"""Pulling: what partners hold in their TAXII collections is fetched on a schedule, page by page."""
