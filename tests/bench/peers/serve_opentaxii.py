"""Runs in OpenTAXII's own environment, under gunicorn: one public collection in SQLite, filled from `objects.json`."""

from __future__ import annotations

import argparse
import functools
import json
import os
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

FOLDER = Path(os.environ["PEER_FOLDER"])
COLLECTION = uuid.UUID(os.environ["PEER_COLLECTION"])
ROOT = uuid.UUID(int=COLLECTION.int ^ 1)
(FOLDER / "config.yml").write_text(
    f"""---
domain: localhost
support_basic_auth: yes
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters:
    db_connection: sqlite:///{FOLDER}/auth.db
    create_tables: yes
    secret: bench
taxii1:
taxii2:
  contact: bench
  description: bench
  title: bench
  public_discovery: true
  allow_custom_properties: true
  max_content_length: 268435456
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters:
      db_connection: sqlite:///{FOLDER}/data.db
      create_tables: yes
logging:
  opentaxii: warning
  root: warning
"""
)
os.environ["OPENTAXII_CONFIG"] = str(FOLDER / "config.yml")

import opentaxii.taxii2.http as http  # noqa: E402
from opentaxii.http import app  # noqa: E402
from opentaxii.persistence.sqldb import taxii2models as models  # noqa: E402

# Its last release cannot write the ids it keeps as JSON.
http.json = argparse.Namespace(dumps=functools.partial(json.dumps, default=str))
UTC = timezone.utc  # noqa: UP017  its environment may be older


def _at(text: str) -> datetime:
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def fill() -> None:
    objects = json.loads((FOLDER / "objects.json").read_text())
    first = datetime(2026, 1, 1, tzinfo=UTC)
    session = app.taxii_server.servers.taxii2.persistence.api.db.session
    session.add(models.ApiRoot(id=ROOT, title="bench", default=True, is_public=True))
    session.add(
        models.Collection(
            id=COLLECTION, api_root_id=ROOT, title="bench", is_public=True, is_public_write=True
        )
    )
    rows = [
        {
            "pk": uuid.uuid4(),
            "id": each["id"],
            "collection_id": COLLECTION,
            "type": each["type"],
            "spec_version": "2.1",
            "date_added": first + timedelta(milliseconds=n),
            "version": _at(each.get("modified") or each["created"]),
            "serialized_data": {
                name: value for name, value in each.items() if name not in ("id", "type", "spec_version")
            },
        }
        for n, each in enumerate(objects)
    ]
    session.bulk_insert_mappings(models.STIXObject, rows)
    session.commit()
    # Without it SQLite asks for each object's newest version by an index that finds all of them.
    session.execute("analyze")
    session.commit()


with app.app_context():
    fill()
