"""Sharing, verb by verb, each in order over the stages."""

from sharing.flow.carrying import carry_over, tell_corrected
from sharing.flow.ending import begin_by_source, end_by_source
from sharing.flow.lapsing import refresh
from sharing.flow.marking import Handling, mark
from sharing.flow.recalling import recall
from sharing.flow.releasing import hold, release, release_each

__all__ = [
    "Handling",
    "begin_by_source",
    "carry_over",
    "end_by_source",
    "hold",
    "mark",
    "recall",
    "refresh",
    "release",
    "release_each",
    "tell_corrected",
]
