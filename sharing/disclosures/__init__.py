"""The one door out: what a viewer sees of a record, and the ledger of what they were given."""
