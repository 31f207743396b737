"""The bulletin: drafts, versions, photographs, publishing."""
