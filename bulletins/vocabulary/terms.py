"""The vocabulary as one small object in memory: what faces, lists and words look codes up in.

It is read at most once a minute a process; loading the vocabulary is a deployment's step, not a page's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

from bulletins.vocabulary.models import Detection, Drug, Method, Mode, Port

KEEP_S = 60


@dataclass(frozen=True)
class Terms:
    """Each by code. A code that is not there is shown as it is."""

    methods: dict[str, Method]
    drugs: dict[str, Drug]
    modes: dict[str, Mode]
    detections: dict[str, Detection]
    ports: dict[str, Port]

    def path(self, method: str) -> list[str]:
        """The method's code and those above it, from the top down."""
        found = self.methods.get(method)
        return list(found.path) if found else [method]


def terms() -> Terms:
    return _read(int(time.monotonic() // KEEP_S))


@lru_cache(maxsize=1)
def _read(minute: int) -> Terms:
    return Terms(
        methods={row.code: row for row in Method.objects.all()},
        drugs={row.code: row for row in Drug.objects.all()},
        modes={row.code: row for row in Mode.objects.all()},
        detections={row.code: row for row in Detection.objects.all()},
        ports={row.code: row for row in Port.objects.all()},
    )
