"""`published`: sent in the publishing transaction, so that sharing can give the owner its grant."""

from django.dispatch import Signal

# Arguments: records (ids), at.
published = Signal()
