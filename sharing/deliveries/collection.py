"""A collection of somebody's TAXII 2.1 server: its addresses, and what is asked of it."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

import orjson
from django.utils.translation import gettext as _

TAXII = "application/taxii+json;version=2.1"
COLLECTION = re.compile(r"(?P<root>.+/)collections/[^/?#]+/\Z")
# Of a header that lets the hub in: one that says something else is the hub's to write.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
OURS = (
    "host",
    "content",
    "accept",
    "connection",
    "transfer",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "user-agent",
    "proxy",
)
LONGEST = 4000
STATUS_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_collection(url: str) -> bool:
    """Whether it is written as TAXII writes the address of a collection, the slash at its end included."""
    return COLLECTION.match(url) is not None


def objects_url(url: str) -> str:
    return f"{url}objects/"


def status_url(url: str, status: str) -> str:
    """Where it says what became of what was sent; empty for what is no id of a status."""
    found = COLLECTION.match(url)
    return f"{found['root']}status/{status}/" if found and STATUS_ID.fullmatch(status) else ""


def headers(secret: str, **more: str) -> dict[str, str]:
    """`secret` is the header that lets the hub in, as `Authorization: Basic ...`."""
    name, _colon, value = secret.partition(": ")
    return {"Accept": TAXII, "User-Agent": "drug-concealment-hub", name: value, **more}


def basic(username: str, password: str) -> str:
    """The header that lets in who has a name and a password."""
    return "Authorization: Basic " + b64encode(f"{username}:{password}".encode()).decode()


def header_refusal(secret: str) -> str:
    """Why `secret` cannot be sent as a header that lets the hub in; empty where it can."""
    name, colon, value = secret.partition(": ")
    if not colon or not NAME.fullmatch(name) or name.lower().startswith(OURS):
        return _("Give the name of the header that the partner's server reads, as Authorization.")
    if not value.strip() or not value.isascii() or not value.isprintable() or len(value) > LONGEST:
        return _(
            "Give the token as the partner's server issued it: one line of plain letters, digits and signs."
        )
    return ""


def read(body: bytes) -> dict[str, Any]:
    """An answer's resource; empty where it is none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
