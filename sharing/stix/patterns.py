"""Identifiers that STIX has an observable for, as patterns."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from bulletins.vocabulary.lists import IdentifierKind


def pattern_of(item: dict[str, Any]) -> str:
    """`[email-addr:value = '...']` or `[url:value = '...']`; nothing for what STIX knows no observable of."""
    value = str(item["value"]).strip()
    if item["kind"] == IdentifierKind.EMAIL:
        return f"[email-addr:value = {_quoted(value)}]" if _is_mail(value) else ""
    return f"[url:value = {_quoted(value)}]" if _is_url(value) else ""


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _is_mail(value: str) -> bool:
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def _is_url(value: str) -> bool:
    if not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
