"""Who gets it: agreements, communities, releases, disclosure, deliveries, receipts and briefings."""
