"""Runs in medallion's own environment, under gunicorn: one collection, filled from `objects.json` in the folder."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from medallion import application_instance, register_blueprints, set_config

FOLDER = Path(os.environ["PEER_FOLDER"])
COLLECTION = os.environ["PEER_COLLECTION"]
STIX = "application/stix+json;version=2.1"
TAXII = "application/taxii+json;version=2.1"


def _manifest(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first = datetime(2026, 1, 1, tzinfo=timezone.utc)  # noqa: UP017  its environment may be older
    return [
        {
            "id": each["id"],
            "date_added": (first + timedelta(milliseconds=n)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "version": each.get("modified") or each["created"],
            "media_type": STIX,
        }
        for n, each in enumerate(objects)
    ]


objects = json.loads((FOLDER / "objects.json").read_text())
data = FOLDER / "data.json"
data.write_text(
    json.dumps(
        {
            "/discovery": {
                "title": "peer",
                "default": "/bench/",
                "api_roots": ["/bench/"],
            },
            "bench": {
                "information": {"title": "bench", "versions": [TAXII], "max_content_length": 2**28},
                "status": [],
                "collections": [
                    {
                        "id": COLLECTION,
                        "title": "bench",
                        "can_read": True,
                        "can_write": True,
                        "media_types": [STIX],
                        "objects": objects,
                        "manifest": _manifest(objects),
                    }
                ],
            },
        }
    )
)
configuration = {
    "users": {"bench": "bench"},
    "taxii": {"max_page_size": 5000},
    "backend": {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": str(data),
        "session_timeout": 3600,
        "check_interval": 3600,
    },
}
for name in ("users", "taxii", "backend"):
    set_config(application_instance, name, configuration)
register_blueprints(application_instance)
app = application_instance
