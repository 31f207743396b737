"""References for people: short, random, without letters that are read wrongly, and naming no agency."""

from __future__ import annotations

import re
import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
PATTERN = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")


def new_ref() -> str:
    """A fresh reference such as `7K3M-Q2XF`: 32^8 of them, so a guess finds nothing."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


class RefConverter:
    """`<ref:ref>` in addresses: upper or lower case, always handed on in upper case."""

    regex = rf"[{ALPHABET}{ALPHABET.lower()}]{{4}}-[{ALPHABET}{ALPHABET.lower()}]{{4}}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value
