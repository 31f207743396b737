"""Words in a tear line that lead to a person or a thing: pointed out to the author, never removed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

_PHONE = re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[\s.-]?\(?\d{2,4}\)?){2,4}(?!\w)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_CONTAINER = re.compile(r"\b[A-Z]{3}[UJZ][\s-]?\d{6}[\s-]?\d\b")  # ISO 6346
_VIN = re.compile(r"\b(?=\w*\d)[A-HJ-NPR-Z0-9]{17}\b")
_PLATE = re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,4}[\s-]?[A-Z0-9]{2,5}\b")
# Letters and digits that a sentence about drugs says every day.
_USUAL = re.compile(
    r"(?:[A-Z]{1,3}-?\d{1,3}|\d+(?:KG|LBS?|G|MG|ML|OZ|CM|MM|KM|MPH|L)|\d+(?:ST|ND|RD|TH))\Z", re.IGNORECASE
)


def telltales(text: str, identifiers: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(kind, words) that look like a telephone number, an address, a container, a vehicle or a plate."""
    found: dict[str, str] = {}
    for value in identifiers:
        if len(value.strip()) >= 3 and value.casefold() in text.casefold():
            found.setdefault(value, _("an identifier of this record"))
    for pattern, kind in (
        (_EMAIL, _("an e-mail address")),
        (_CONTAINER, _("a container number")),
        (_VIN, _("a vehicle identification number")),
        (_PHONE, _("a telephone number")),
        (_PLATE, _("a licence plate")),
    ):
        for match in pattern.finditer(text):
            words = match[0].strip()
            if _looks_like(words, pattern) and not any(words in known for known in found):
                found[words] = kind
    return [(kind, words) for words, kind in found.items()]


def _looks_like(words: str, pattern: re.Pattern[str]) -> bool:
    digits = sum(letter.isdigit() for letter in words)
    if pattern is _PHONE:
        return 7 <= digits <= 15
    if pattern is _PLATE:
        return digits >= 2 and not _USUAL.match(words)
    return True


def seen_in(text: str, identifiers: Iterable[str] = ()) -> tuple[str, bool]:
    """The same as a sentence for the author, and whether it warns; empty where nothing is written yet."""
    if not text.strip():
        return "", False
    found = telltales(text, identifiers)
    if not found:
        return _("No plate, container number or telephone seen in it. Names are yours to check."), False
    seen = "; ".join(
        _("“%(words)s” looks like %(kind)s") % {"words": words, "kind": kind} for kind, words in found
    )
    return _("%(seen)s. Everyone it is released to reads this sentence.") % {"seen": seen}, True
