"""Everybody's eyes, compared with the plain reading: what is listed, disclosed, found, opened, and let through."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection

from bulletins.models import Found
from hub.accounts.viewer import Viewer
from hub.database.context import viewing
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.emergencies.models import Opened
from tests.oracle.steps import READERS
from tests.oracle.told import Seen

if TYPE_CHECKING:
    from tests.oracle.machine import Life

WORD = re.compile(r"zq[a-z]+\d")

# Record -> version and withheld groups.
Sight = dict[int, tuple[int, frozenset[str]]]

# What each lock lets through, asked in one statement: a history looks thousands of times. The lists are those of
# `visible_to`; the faces are under their policy alone.
LOOK = """
select 'listed', l.record_id, l.version, l.withheld::text[] from ({listed}) l
union all
select 'through', f.record_id, f.version, f.withheld::text[] from bulletins_face f
union all
select 'opened', o.record_id, 0, '{{}}' from ({opened}) o
union all
select 'found', f.record_id, 0, array[w]
from unnest(%s::text[]) w join bulletins_found f on f.words @@ websearch_to_tsquery('english', w)
"""


class Look:
    """What somebody is shown by each lock, in their own context."""

    def __init__(self, who: Viewer, words: set[str]) -> None:
        self.listed: Sight = {}
        self.through: set[tuple[int, tuple[int, frozenset[str]]]] = set()
        self.opened: set[int] = set()
        self.found: dict[str, set[int]] = {}
        listed, _none = (
            Received.objects.visible_to(who)
            .values("record_id", "version", "withheld")
            .query.sql_with_params()
        )
        opened, _none = Opened.objects.visible_to(who).values("record_id").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(LOOK.format(listed=listed, opened=opened), [sorted(words)])
            for by, pk, version, texts in cursor.fetchall():
                match by:
                    case "listed":
                        assert pk not in self.listed
                        self.listed[pk] = (version, frozenset(texts))
                    case "through":
                        self.through.add((pk, (version, frozenset(texts))))
                    case "opened":
                        self.opened.add(pk)
                    case _:
                        self.found.setdefault(texts[0], set()).add(pk)


def everybody_sees_exactly_what_the_rules_say(life: Life) -> None:
    for number, (name, code) in enumerate(READERS.items()):
        who = life.viewers[name]
        seen, opened = _allowed(life, name, code), _open(life, name, code)
        expected = _sight(seen)
        may, said = {*expected.items(), *_sight(opened).items()}, _said(life, seen)
        with viewing(who):
            look = Look(who, life.words)
            assert look.listed == expected, (name, "visible_to", look.listed, expected)
            assert look.through == may, (name, "row-level security", look.through, may)
            assert look.opened == opened.keys(), (name, "opened", look.opened, opened)
            assert look.found == said, (name, "search", look.found, said)
            if number == life.steps % len(READERS):
                _searched(life, who, said)
            _disclosed(life, name, who, seen)
            _read_in_an_emergency(life, name, who, seen, opened)
        _note(life, code, seen, opened)


def nobody_sees_more_than_they_may(life: Life) -> None:
    for name, code in READERS.items():
        who, seen, opened = life.viewers[name], _allowed(life, name, code), _open(life, name, code)
        with viewing(who):
            look = Look(who, life.words)
        allowed, said = _sight(seen), _said(life, seen)
        assert look.listed.items() <= allowed.items(), (name, "visible_to", look.listed, allowed)
        may = {*allowed.items(), *_sight(opened).items()}
        assert look.through <= may, (name, "row-level security", look.through, may)
        assert look.opened <= opened.keys(), (name, "opened", look.opened, opened)
        assert all(pks <= said.get(word, set()) for word, pks in look.found.items()), (name, look.found, said)


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


def _disclosed(life: Life, name: str, who: Viewer, expected: dict[int, Seen]) -> None:
    """All records are asked for; what comes back says exactly the words that are theirs."""
    shown = {each.key: each for each in disclose(who, list(life.records), Channel.PAGE, at=life.now)}
    assert shown.keys() == expected.keys(), (name, "disclose", shown, expected)
    for pk, seen in expected.items():
        _says(life, name, shown[pk], seen)


def _says(life: Life, name: str, shown: Disclosure, seen: Seen) -> None:
    paper = life.told.papers[shown.key]
    assert shown.version == seen.version, (name, shown, seen)
    said, may = set(WORD.findall(str(shown.facts))), life.told.said(paper, seen)
    assert said == may, (name, paper.number, said, may)
    filled = paper.texts[seen.version - 1].filled
    assert {each.group for each in shown.withheld} == filled & seen.withheld
    marks, marking = life.told.marks(paper), shown.marking
    assert (marking.tlp, set(marking.controls)) == (marks.tlp, marks.controls), (name, marking, marks)
    if "REL TO" in marks.controls:
        assert set(marking.rel_to) == marks.rel_to, (name, marking, marks)


def _searched(life: Life, who: Viewer, said: dict[str, set[int]]) -> None:
    words = sorted(life.words)
    word = words[life.steps % len(words)]
    rows = Found.objects.visible_to(who).matching(word)
    assert set(rows.values_list("record_id", flat=True)) == said.get(word, set())


def _read_in_an_emergency(
    life: Life, name: str, who: Viewer, seen: dict[int, Seen], opened: dict[int, Seen]
) -> None:
    """What is open to the reader on its page; and that of what was opened to others nobody has more than before."""
    lately = life.now - timedelta(hours=2)
    for pk in {each.paper for each in life.told.openings if each.until > lately}:
        shown = disclose(who, [pk], Channel.PAGE, opened=True, at=life.now)
        may = opened.get(pk) or seen.get(pk)
        assert len(shown) == (may is not None), (name, "emergency", shown, may)
        if may is not None:
            assert shown[0].emergency == (pk in opened)
            _says(life, name, shown[0], may)


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
