"""Writing releases: many rows in one statement, each column one array."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import JSONField

from sharing.releases.models import Release


def write_releases(rows: Sequence[Release]) -> None:
    """Add `rows`. A release to 200 agencies is 200 of them, and a row of placeholders for each costs half the time."""
    if not rows:
        return
    quote = connection.ops.quote_name
    names, places, values, given = [], [], [], []
    for number, field in enumerate(Release._meta.concrete_fields):
        if field.primary_key:
            continue
        kind, column = field.db_type(connection) or "", [getattr(row, field.attname) for row in rows]
        written = isinstance(field, ArrayField | JSONField)
        if isinstance(field, JSONField):
            column = [json.dumps(each) for each in column]
        elif written:
            # Numbers and codes. PostgreSQL's arrays of arrays are rectangles, so each is a text on its way.
            column = ["{" + ",".join(map(str, each)) + "}" for each in column]
        names.append(quote(str(field.column)))
        given.append(f"v{number}")
        values.append(f"v{number}::{kind}" if written else f"v{number}")
        places.append((f"%s::{'text' if written else kind}[]", column))
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {quote(Release._meta.db_table)} ({', '.join(names)}) select {', '.join(values)}"  # noqa: S608 - names of our own columns
            f" from unnest({', '.join(place for place, _column in places)}) given({', '.join(given)})",
            [column for _place, column in places],
        )
