"""From a Disclosure to what templates show: rows of lists, facts, withheld lines in their place, photographs.

Codes become words through the vocabulary kept in memory, so a list costs no query however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from sharing.agreements.wording import keep_in_words
from sharing.disclosures.disclosure import Disclosure, Terms, Withheld
from sharing.disclosures.facts import Fact, facts_of
from sharing.disclosures.wording import (
    amounts_of,
    grading_in_words,
    kind_in_words,
    marking_in_words,
    when_of,
    where_of,
    word,
)


@dataclass(frozen=True)
class Action:
    """A button at the end of a row: an address to post to, or one to go to."""

    label: str
    post: str = ""
    href: str = ""
    icon: str = ""
    key: str = ""
    small: bool = False
    quiet: bool = False
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class RecordRow:
    """A line of a list, as parts/record_row.html takes it."""

    href: str
    title: str
    codes: tuple[str, ...] = ()
    transport: str = ""
    photo: str = ""
    icon: str = ""
    unread: bool = False
    hazard: bool = False
    recalled: bool = False
    tags: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    snippet: str = ""
    action: Action | None = None
    key: str = ""
    due: datetime | None = None
    overdue: bool = False

    @property
    def due_shown(self) -> str:
        """What `when` shows of `due`: the time alone where that is today."""
        today = self.due is not None and timezone.localdate(self.due) == timezone.localdate()
        return "time" if today else ""


@dataclass(frozen=True)
class Picture:
    url: str
    thumb: str
    caption: str
    width: int
    height: int


@dataclass(frozen=True)
class Event:
    """A linked seizure in the table of a bulletin."""

    href: str
    when: str
    where: str
    amount: str
    detail: str
    codes: tuple[str, ...]
    transport: str


@dataclass(frozen=True)
class TermsInWords:
    """What an agreement binds the reader to, with the day until which it may be kept."""

    agreement: str
    giver: str
    caveat: str
    legal_basis: str
    permitted_use: str
    keep: str
    keep_until: datetime | None


@dataclass(frozen=True)
class Presented:
    """What the page of one record shows of its disclosure, in words."""

    kind: str
    mode: str
    transport: str
    methods: tuple[str, ...]
    urgency: str
    hazard_text: str
    tear_line: str
    narrative: str
    facts: tuple[Fact, ...]
    photographs: tuple[Picture, ...]
    withheld_detail: Withheld | None
    marking_words: tuple[str, ...]
    grading: tuple[str, ...] = ()
    terms: tuple[TermsInWords, ...] = ()


def row_of(
    shown: Disclosure,
    *,
    with_kind: bool = False,
    unread: bool = False,
    title: str = "",
    line: tuple[str, ...] = (),
    snippet: str = "",
    action: Action | None = None,
) -> RecordRow:
    """A line of a list. `title`, `line` and `snippet` may carry matched words (see `marked` in hub_tags)."""
    core = shown.core
    mode = core.get("mode", "")
    methods = core.get("methods", [])
    first = [
        kind_in_words(shown.kind) if with_kind else "",
        _whose(shown),
        word(terms().modes, mode),
        where_of(shown),
    ]
    return RecordRow(
        href=shown.path,
        title=title or shown.title,
        codes=tuple(methods),
        transport=mode,
        photo=thumb_of(shown),
        unread=unread,
        hazard=shown.hazard,
        meta=tuple(part for part in first if part),
        more=line or line_of(shown),
        snippet=snippet,
        action=action,
        key=shown.ref,
    )


def line_of(shown: Disclosure) -> tuple[str, ...]:
    """Where hidden, what and how much, when: the second line of a row."""
    methods = shown.core.get("methods", [])
    parts = [word(terms().methods, methods[0]) if methods else "", amounts_of(shown), when_of(shown)]
    return tuple(part for part in parts if part)


def short_row(
    shown: Disclosure,
    *,
    unread: bool = False,
    tags: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    action: Action | None = None,
) -> RecordRow:
    """One line for where room is short: owner and day, then what the list adds."""
    return RecordRow(
        href=shown.path,
        title=shown.title,
        codes=tuple(shown.core.get("methods", [])),
        transport=shown.core.get("mode", ""),
        photo=thumb_of(shown),
        unread=unread,
        hazard=shown.hazard,
        tags=tags,
        meta=tuple(part for part in (_whose(shown), when_of(shown), *also) if part),
        action=action,
        key=shown.ref,
    )


def _whose(shown: Disclosure) -> str:
    """Its owner, and the hub it came from where it was written in another."""
    origin = shown.core.get("origin")
    if not origin:
        return shown.owner.code
    return _("%(owner)s, from %(hub)s") % {"owner": shown.owner.code, "hub": origin["name"][:60]}


def thumb_of(shown: Disclosure) -> str:
    """The address of the first photograph that is shown, small; nothing where there is none."""
    pictures = shown.photographs
    return f"{shown.path}photographs/{pictures[0]['uid']}/?size=thumb" if pictures else ""


def present(shown: Disclosure, *, version: int | None = None) -> Presented:
    """The page of a record in words. Photographs of an earlier `version` are asked of that version."""
    core, detail = shown.core, shown.facts.get("detail", {})
    held = {each.group: each for each in shown.withheld}
    return Presented(
        kind=kind_in_words(shown.kind),
        mode=word(terms().modes, core.get("mode", "")),
        transport=core.get("mode", ""),
        methods=tuple(core.get("methods", [])),
        urgency=_urgency(core.get("urgency", "")),
        hazard_text=core.get("safety_note", "") if shown.hazard else "",
        tear_line=core.get("tear_line", ""),
        narrative=detail.get("narrative", ""),
        facts=tuple(facts_of(shown, held)),
        photographs=tuple(_pictures(shown, version)),
        withheld_detail=held.get("detail"),
        marking_words=tuple(marking_in_words(shown.marking)),
        grading=tuple(grading_in_words(shown.marking)),
        terms=tuple(_terms(each, shown) for each in shown.terms),
    )


def _terms(terms: Terms, shown: Disclosure) -> TermsInWords:
    return TermsInWords(
        agreement=terms.agreement,
        giver=terms.giver,
        caveat=terms.caveat,
        legal_basis=terms.legal_basis,
        permitted_use=terms.permitted_use,
        keep=keep_in_words(terms.keep_days),
        keep_until=terms.keep_until(shown.visible_since),
    )


def event_of(shown: Disclosure) -> Event:
    detail, place = shown.facts.get("detail", {}), shown.facts.get("place", {})
    return Event(
        href=shown.path,
        when=when_of(shown) or _("date not given"),
        where=where_of(shown),
        amount=amounts_of(shown),
        detail=detail.get("concealment", "") or place.get("note", ""),
        codes=tuple(shown.core.get("methods", [])),
        transport=shown.core.get("mode", ""),
    )


def _urgency(code: str) -> str:
    return {"priority": _("Priority"), "immediate": _("Immediate")}.get(code, "")


def _pictures(shown: Disclosure, version: int | None) -> Iterable[Picture]:
    for row in shown.photographs:
        url = f"{shown.path}photographs/{row['uid']}/"
        asked = f"version={version}" if version else ""
        words = [row.get("caption", ""), _("how it was found") if row["group"] == "technique" else ""]
        yield Picture(
            url=f"{url}?{asked}" if asked else url,
            thumb=f"{url}?size=thumb" + (f"&{asked}" if asked else ""),
            caption=", ".join(part for part in words if part),
            width=row.get("width", 0),
            height=row.get("height", 0),
        )
