"""Everybody's eyes, compared with the plain reading: what is listed, disclosed, found, opened, and let through."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bulletins.models import Found
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.emergencies.models import Opened
from tests.oracle.looking import Look, Sight, looks
from tests.oracle.steps import READERS
from tests.oracle.told import Seen

if TYPE_CHECKING:
    from tests.oracle.machine import Life

WORD = re.compile(r"zq[a-z]+\d")


@dataclass(frozen=True)
class Told:
    """What one Disclosure says."""

    version: int
    words: frozenset[str]
    withheld: frozenset[str]
    tlp: str
    controls: frozenset[str]
    rel_to: frozenset[str]
    emergency: bool


# What is told of all records, and of each page that an emergency opened.
Both = tuple[dict[int, Told], dict[int, Told]]


def everybody_sees_exactly_what_the_rules_say(life: Life) -> None:
    """Each reader's answers beside the rules'; those of one, in turn, also by the very calls that a page makes."""
    lately = _lately(life)
    for number, (name, look) in enumerate(looks(life, lately).items()):
        who, code = life.viewers[name], READERS[name]
        seen, opened = _allowed(life, name, code), _open(life, name, code)
        expected = _sight(seen)
        may, said = {*expected.items(), *_sight(opened).items()}, _said(life, seen)
        assert look.listed == expected, (name, "visible_to", look.listed, expected)
        assert look.through == may, (name, "row-level security", look.through, may)
        assert look.opened == opened.keys(), (name, "opened", look.opened, opened)
        assert look.found == said, (name, "search", look.found, said)
        if number == len(life.story) % len(READERS):
            life.told_by.pop((who, look.shown, look.page), None)
            _asked(life, name, who, look, said)
        shown, page = _told(life, who, look)
        assert shown.keys() == expected.keys(), (name, "disclose", shown, expected)
        for pk, each in seen.items():
            _says(life, name, pk, shown[pk], each)
        for pk in lately:
            _says_in_an_emergency(life, name, pk, page.get(pk), opened.get(pk), seen.get(pk))
        _note(life, code, seen, opened)


def nobody_sees_more_than_they_may(life: Life) -> None:
    for name, look in looks(life, _lately(life)).items():
        code = READERS[name]
        seen, opened = _allowed(life, name, code), _open(life, name, code)
        allowed, said = _sight(seen), _said(life, seen)
        assert look.listed.items() <= allowed.items(), (name, "visible_to", look.listed, allowed)
        may = {*allowed.items(), *_sight(opened).items()}
        assert look.through <= may, (name, "row-level security", look.through, may)
        assert look.opened <= opened.keys(), (name, "opened", look.opened, opened)
        assert all(pks <= said.get(word, set()) for word, pks in look.found.items()), (name, look.found, said)
        assert dict(look.shown).keys() <= allowed.keys(), (name, "disclose", look.shown, allowed)
        assert dict(look.page).keys() <= {*allowed, *opened}, (name, "emergency", look.page, may)


def _lately(life: Life) -> set[int]:
    """What an emergency opens to somebody, or did two hours ago: nobody else has more of it than before."""
    return {each.paper for each in life.told.openings if each.until > life.now - timedelta(hours=2)}


def _asked(life: Life, name: str, who: Viewer, look: Look, said: dict[str, set[int]]) -> None:
    """The lists and search as pages call them, by turns; under words no statement was kept planned for."""
    words = sorted(life.words)
    word = words[len(life.story) % len(words)]
    with viewing(who):
        match len(life.story) % 3:
            case 0:
                rows = Received.objects.visible_to(who).values_list("record_id", "version")
                assert dict(rows) == {pk: version for pk, (version, _groups) in look.listed.items()}, name
            case 1:
                opened = Opened.objects.visible_to(who).values_list("record_id", flat=True)
                assert set(opened) == look.opened, name
            case _:
                found = Found.objects.visible_to(who).matching(word).values_list("record_id", flat=True)
                assert set(found) == said.get(word, set()), (name, word)


def _told(life: Life, who: Viewer, look: Look) -> Both:
    """What `disclose` says to the reader of all records, and of those opened to somebody, page by page.

    It is called where the rows that it reads are not those it once read for this reader: it is a function of them.
    """
    key = (who, look.shown, look.page)
    if key not in life.told_by:
        with viewing(who):
            shown = _disclosed(who, list(life.records), at=life.now)
            page: dict[int, Told] = {}
            for pk, _digest in look.page:
                page |= _disclosed(who, [pk], opened=True, at=life.now)
        life.told_by[key] = shown, page
    return life.told_by[key]


def _disclosed(who: Viewer, records: list[int], **how: Any) -> dict[int, Told]:
    return {each.key: _all_of(each) for each in disclose(who, records, Channel.PAGE, **how)}


def _all_of(shown: Disclosure) -> Told:
    marking = shown.marking
    return Told(
        shown.version,
        frozenset(WORD.findall(str(shown.facts))),
        frozenset(each.group for each in shown.withheld),
        marking.tlp,
        frozenset(marking.controls),
        frozenset(marking.rel_to),
        shown.emergency,
    )


def _allowed(life: Life, name: str, code: str) -> dict[int, Seen]:
    found = {pk: life.told.seen(name, code, paper, life.now) for pk, paper in life.told.papers.items()}
    return {pk: seen for pk, seen in found.items() if seen is not None}


def _open(life: Life, name: str, code: str) -> dict[int, Seen]:
    found = {pk: life.told.opened(name, code, paper, life.now) for pk, paper in life.told.papers.items()}
    return {pk: seen for pk, seen in found.items() if seen is not None}


def _sight(found: dict[int, Seen]) -> Sight:
    return {pk: (seen.version, frozenset(seen.withheld)) for pk, seen in found.items()}


def _said(life: Life, found: dict[int, Seen]) -> dict[str, set[int]]:
    """Word -> records in which it is read."""
    said: dict[str, set[int]] = {}
    for pk, seen in found.items():
        for word in life.told.said(life.told.papers[pk], seen):
            said.setdefault(word, set()).add(pk)
    return said


def _says(life: Life, name: str, pk: int, shown: Told, seen: Seen) -> None:
    paper = life.told.papers[pk]
    assert shown.version == seen.version, (name, shown, seen)
    said = life.told.said(paper, seen)
    assert shown.words == said, (name, pk, shown, said)
    filled = paper.texts[seen.version - 1].filled
    assert shown.withheld == filled & seen.withheld, (name, pk, shown, seen)
    marks = life.told.marks(paper)
    assert (shown.tlp, shown.controls) == (marks.tlp, marks.controls), (name, pk, shown, marks)
    if "REL TO" in marks.controls:
        assert shown.rel_to == marks.rel_to, (name, pk, shown, marks)


def _says_in_an_emergency(
    life: Life, name: str, pk: int, shown: Told | None, opened: Seen | None, seen: Seen | None
) -> None:
    may = opened or seen
    assert (shown is None) == (may is None), (name, "emergency", shown, may)
    if shown is not None and may is not None:
        assert shown.emergency == (opened is not None), (name, shown, opened)
        _says(life, name, pk, shown, may)


def _note(life: Life, code: str, seen: dict[int, Seen], opened: dict[int, Seen]) -> None:
    """For the account of how busy histories are: what of the rules somebody was given something by, or denied."""
    if opened:
        life.happened["read in an emergency"] += 1
    for pk, each in seen.items():
        paper = life.told.papers[pk]
        if paper.owner == code:
            continue
        life.happened["read by a partner"] += 1
        if life.told.origins(paper) - {code}:
            life.happened["read by consent"] += 1
        if life.told.behind(paper):
            life.happened["read what is derived"] += 1
        if each.words.keys() - each.withheld:
            life.happened["read in other words"] += 1
        text = paper.texts[each.version - 1]
        late = paper.names and paper.review is not None and paper.review <= life.now
        if late and text.certified and "identifiers" in text.filled:
            life.happened["read past its review"] += 1
