"""Words in what everybody is shown that lead to a person or a thing: pointed out to the author, moved at a press."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext as _
from stdnum import iso6346
from vininfo import Vin
from vininfo.exceptions import VininfoException

from bulletins.vocabulary.lists import IdentifierKind
from hub.accounts.viewer import Viewer
from hub.agencies.models import Person

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CONTAINER = re.compile(r"\b[A-Z]{3}[UJZ][\s-]?\d{6}[\s-]?\d\b", re.IGNORECASE)
_VIN = re.compile(r"\b(?=[A-HJ-NPR-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b", re.IGNORECASE)
_PLATE = re.compile(r"\b(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{2,4}[\s-]?[A-Z0-9]{2,5}\b")
# Letters and digits that a sentence about drugs says every day.
_USUAL = re.compile(
    r"(?:[A-Z]{1,3}-?\d{1,3}|\d+(?:KG|LBS?|G|MG|ML|OZ|CM|MM|KM|MPH|L)|\d+(?:ST|ND|RD|TH))\Z", re.IGNORECASE
)
# UPU S10 (two letters, nine digits, country), UPS (1Z), and the long runs of digits of the express carriers.
_S10 = re.compile(r"\b[A-Z]{2}\s?\d{3}\s?\d{3}\s?\d{3}\s?[A-Z]{2}\b", re.IGNORECASE)
_UPS = re.compile(r"\b1Z[A-Z0-9]{16}\b", re.IGNORECASE)
_CARRIER = re.compile(r"(?<![\w.,])\d{4}(?:\s?\d{4}){2,4}(?:\s?\d{1,3})?(?![\w.,]\d)")
_CASE = re.compile(
    r"\b(?:case|file|incident|docket|report)\s*(?:no\.?|number|nr\.?|#)?\s*[:#]?\s*"
    r"(?P<words>(?=[\w/-]*\d[\w/-]*\d)[A-Z0-9][\w/-]{3,})",
    re.IGNORECASE,
)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_WORD = re.compile(r"[\w'’-]+(?:\.[\w-]+)*", re.UNICODE)
LONGEST_NAME = 4
MOST_LOOKED_UP = 200

Look = Callable[[Viewer, Sequence[str]], set[str]]
# Arrows point to publishing: who can look in what the author reads, says so when the apps are ready.
_looks: list[Look] = []


def look_up_identifiers_with(look: Look) -> None:
    """Registers (viewer, words) -> those words that are identifiers of records the viewer reads whole."""
    _looks[:] = [look]


@dataclass(frozen=True)
class Telltale:
    """`words` as they stand in the text; `kind` is the identifier they would be moved to."""

    words: str
    kind: IdentifierKind
    looks_like: str


def telltales(
    text: str, *, identifiers: Iterable[str] = (), viewer: Viewer | None = None, country: str = "US"
) -> list[Telltale]:
    """What in `text` looks like a telephone number, an address, a container, a vehicle, a parcel, a case, or is known.

    Known are this record's own `identifiers` and, with a viewer, people of their own agency and identifiers of records
    they read whole: of others' records nothing can be learned here.
    """
    found: list[Telltale] = []
    for each in _all(text, tuple(identifiers), viewer, country):
        if each.words and not any(each.words.casefold() in known.words.casefold() for known in found):
            found.append(each)
    return found


def _all(text: str, identifiers: tuple[str, ...], viewer: Viewer | None, country: str) -> Iterator[Telltale]:
    yield from _known(text, identifiers, _("an identifier of this record"))
    if viewer is not None:
        yield from _known(text, _colleagues(viewer), _("somebody of your agency"), IdentifierKind.PERSON)
        yield from _known(text, _read_elsewhere(text, viewer), _("an identifier of another record"))
    yield from _matches(text, _EMAIL, IdentifierKind.EMAIL, _("an e-mail address"))
    yield from _matches(text, _CONTAINER, IdentifierKind.CONTAINER, _("a container number"), _is_container)
    yield from _matches(text, _VIN, IdentifierKind.VIN, _("a vehicle identification number"), _is_vin)
    yield from _matches(text, _UPS, IdentifierKind.TRACKING, _("a tracking number"))
    yield from _matches(text, _S10, IdentifierKind.TRACKING, _("a tracking number"), _is_s10)
    yield from _phones(text, country)
    yield from _matches(text, _CARRIER, IdentifierKind.TRACKING, _("a tracking or account number"))
    yield from _matches(text, _CASE, IdentifierKind.OTHER, _("a case number"))
    yield from _matches(text, _PLATE, IdentifierKind.PLATE, _("a licence plate"), _is_plate)


def _matches(
    text: str,
    pattern: re.Pattern[str],
    kind: IdentifierKind,
    looks_like: str,
    right: Callable[[str], bool] = bool,
) -> Iterator[Telltale]:
    for match in pattern.finditer(text):
        words = (match["words"] if "words" in pattern.groupindex else match[0]).strip()
        if right(words):
            yield Telltale(words, kind, looks_like)


def _phones(text: str, country: str) -> Iterator[Telltale]:
    for match in phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.POSSIBLE):
        # Weights and dates have few digits, or none of a telephone number's signs. Digits that go on from letters are
        # another kind of number's.
        glued = text[max(match.start - 1, 0) : match.start].isalpha()
        if not glued and sum(sign.isdigit() for sign in match.raw_string) >= 7:
            yield Telltale(match.raw_string, IdentifierKind.PHONE, _("a telephone number"))


def _known(
    text: str, names: Iterable[str], looks_like: str, kind: IdentifierKind = IdentifierKind.OTHER
) -> Iterator[Telltale]:
    """Names said in the text, as whole words, in whatever case."""
    for name in names:
        said = re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", text, re.IGNORECASE)
        if len(name.strip()) >= 3 and said:
            yield Telltale(said[0], kind, looks_like)


def _colleagues(viewer: Viewer) -> list[str]:
    """Full names of people of the viewer's own agency, both ways round."""
    rows = Person.objects.filter(agency_id=viewer.agency_id).exclude(first_name="").exclude(last_name="")
    names = rows.values_list("first_name", "last_name")
    return [name for first, last in names for name in (f"{first} {last}", f"{last}, {first}")]


def _read_elsewhere(text: str, viewer: Viewer) -> set[str]:
    """Of the text's words and names, those that are identifiers in what the viewer reads whole."""
    words = _WORD.findall(text)
    runs = {
        " ".join(words[start : start + length])
        for length in range(1, LONGEST_NAME + 1)
        for start in range(len(words) - length + 1)
    }
    # A name has two capitals, a number its digits: the words of every day are not looked up.
    telling = [
        run
        for run in sorted(runs)
        if any(sign.isdigit() for sign in run) or sum(word[:1].isupper() for word in run.split()) > 1
    ]
    return _looks[0](viewer, telling[:MOST_LOOKED_UP]) if _looks and telling else set()


def _is_container(words: str) -> bool:
    """By its check digit (ISO 6346)."""
    return bool(iso6346.is_valid(re.sub(r"[\s-]", "", words)))


def _is_vin(words: str) -> bool:
    """By its check digit (49 CFR 565), which cars made for North America carry; else by what only a VIN looks like."""
    try:
        return bool(Vin(words.upper()).verify_checksum()) or words.upper()[0] not in "12345"
    except VininfoException:
        return False


def _is_s10(words: str) -> bool:
    """By its check digit (UPU S10)."""
    digits = [int(sign) for sign in words if sign.isdigit()]
    rest = 11 - sum(digit * weight for digit, weight in zip(digits[:8], _S10_WEIGHTS, strict=True)) % 11
    return digits[8] == {10: 0, 11: 5}.get(rest, rest)


def _is_plate(words: str) -> bool:
    return sum(sign.isdigit() for sign in words) >= 2 and not _USUAL.match(words)


def without(text: str, words: str) -> str:
    """The text once `words` are taken out, its spaces put right."""
    left = text.replace(words, "", 1)
    left = re.sub(r"\(\s*\)", "", left)
    left = re.sub(r"[ \t]{2,}", " ", left)
    return re.sub(r"\s+([.,;:!?])", r"\1", left).strip()


def said_of(text: str, found: Sequence[Telltale]) -> str:
    """The same as a sentence for the author; empty where nothing is written yet."""
    if not text.strip():
        return ""
    if not found:
        return _(
            "No plate, container number, telephone or known name seen in it. Other names are yours to check."
        )
    seen = "; ".join(
        _("“%(words)s” looks like %(kind)s") % {"words": each.words, "kind": each.looks_like}
        for each in found
    )
    return _("%(seen)s. Everyone it is released to reads this.") % {"seen": seen}
