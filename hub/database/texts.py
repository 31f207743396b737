"""What no text of the database can hold."""

from __future__ import annotations

from typing import Any


def without_nul(value: Any) -> Any:
    """Plain data without the character NUL, which PostgreSQL has no room for, also not in JSON."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {without_nul(name): without_nul(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_nul(each) for each in value]
    return value


def can_be_kept(text: str) -> bool:
    """Not with NUL, nor with half of a surrogate pair: that is no character, and no answer could be written with it."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
