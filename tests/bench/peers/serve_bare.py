"""A bare loop beside which the hub's feed is measured: the same texts in the same order, read by psycopg and joined.

It knows no caller, no filter and no ledger. Runs under gunicorn like the others, in the hub's own environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from threading import local
from typing import Any
from urllib.parse import parse_qs

import psycopg

PAGE = "select n, text from bench_fed where size = %s and n > %s order by n limit %s"
mine = local()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if not hasattr(mine, "to"):
        mine.to = psycopg.connect(os.environ["BARE_DATABASE"], autocommit=True)
    query = parse_qs(environ.get("QUERY_STRING", ""))
    limit = int(query.get("limit", ["1000"])[0])
    after = int(query.get("next", ["0"])[0])
    size = int(environ["PATH_INFO"].strip("/").split("/")[0])
    rows = mine.to.execute(PAGE, [size, after, limit]).fetchall()
    ahead = b',"more":true,"next":"%d"' % rows[-1][0] if len(rows) == limit else b""
    body = b'{"objects":[%b]%b}' % (b",".join(row[1] for row in rows), ahead)
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "application/json")])
    return [body]
