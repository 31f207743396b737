"""`published`: sent in the publishing transaction, so that sharing can give the owner its grant."""

from django.dispatch import Signal

# Arguments: records (ids), at, viewer (who published; None for what is brought in from elsewhere), derived (ids of
# what rests on them and is to be decided anew).
published = Signal()
