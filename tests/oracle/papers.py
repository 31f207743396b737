"""Steps on a record itself: posted, derived, amended, marked, reviewed, purged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bulletins.flow import publish
from bulletins.models import Bulletin, Record, SourceLink
from bulletins.records.actions import write_down
from bulletins.records.models import Kind
from bulletins.vocabulary.models import Mode
from hub.accounts.viewer import Viewer
from sharing.flow import Handling, mark
from sharing.flow.purging import purge
from sharing.retention.actions import keep
from tests.cast import agency
from tests.oracle.reading import stricter
from tests.oracle.steps import (
    CLASSES,
    GROUPS,
    OWNERS,
    READERS,
    ahead,
    among,
    index,
    markings,
    number,
    perhaps,
    some,
    step,
)
from tests.oracle.told import Marks, Paper, Seen, Text

if TYPE_CHECKING:
    from tests.oracle.machine import Life

WHAT = {
    "filled": some(GROUPS, most=5),
    "drug": among(sorted(CLASSES)),
}
FIRST = {
    **WHAT,
    "certified": among([True, True, True, False]),
    "tlp": markings,
    "review": perhaps(number(1, 60)),
}
owners = among(sorted(OWNERS))
originators = among([None, None, "HSI", "HSI", "HSI", "CBSA", "CBP"])


@step(often=2, when=lambda life: len(life.living) < 4, owner=owners, originator=originators, **FIRST)
def post(life: Life, owner: str, originator: str | None, tlp: str, **what: Any) -> bool:
    paper = Paper(0, owner, originator or owner, "bulletin", OWNERS[owner][0], tlp=tlp)
    return _post(life, paper, **what)


@step(
    often=3,
    when=lambda life: len(life.living) < 6 and life.told.gifts,
    owner=owners,
    originator=originators,
    which=index,
    careless=number(0, 4),
    **FIRST,
)
def derive(
    life: Life, owner: str, originator: str | None, which: int, careless: int, tlp: str, **what: Any
) -> bool:
    """Post what rests on something that its author is shown, best on another agency's."""
    author = OWNERS[owner][0]
    found = _shown(life, author, owner)
    if not found:
        return False
    source = found[which % len(found)]
    paper = Paper(0, owner, originator or owner, "bulletin", author, tlp=tlp, on={source.number})
    if careless:
        _mark(paper, as_strict(life, paper, Marks(tlp, set(), set())))
    return _post(life, paper, **what)


def _post(life: Life, paper: Paper, review: int | None, **what: Any) -> bool:
    who = life.viewers[paper.author]
    record = Bulletin(kind=Kind.BULLETIN)
    wanted = _opening(life, review) if review else None
    facts = {
        "tlp": paper.tlp,
        "controls": sorted(paper.controls),
        "rel_to": sorted(paper.rel_to),
        "originator": agency(paper.originator),
        "review_due": wanted.date() if wanted else None,
    }
    with life.trying(who) as tried:
        text = _write(life, record, paper, who, facts=facts, said={}, **what)
    if not tried.done:
        return False
    paper.number, paper.review = record.pk, wanted
    life.told.papers[record.pk], life.records[record.pk] = paper, record
    _say(life, paper, text)
    return True


@step(
    often=4,
    when=lambda life: life.living,
    which=index,
    same=some([*GROUPS, "core"], most=6),
    more=perhaps(perhaps(index)),
    careless=number(0, 3),
    **WHAT,
)
def amend(life: Life, which: int, same: set[str], more: int | None, careless: int, **what: Any) -> bool:
    """The next version, best of what a partner has.

    `same` are groups whose text stays as it was, `more` something that it rests on besides.
    """
    papers = [paper for paper in life.living if careless and holders(life, paper)] or life.living
    paper = papers[which % len(papers)]
    record = life.records[paper.number]
    if len(paper.texts) > 2 or paper.recalled:
        return False
    who = life.viewers[paper.author]
    found = [] if more is None else _shown(life, paper.author, paper.owner)
    on = (
        {found[more % len(found)].number} - paper.on - {paper.number} if found and more is not None else set()
    )
    said = {group: word for group, word in paper.texts[-1].words.items() if group in same}
    with life.trying(who) as tried:
        fresh = Bulletin.objects.get(pk=record.pk)
        text = _write(life, fresh, replace(paper, on=on), who, facts={}, said=said, certified=True, **what)
    if not tried.done:
        return False
    paper.on |= on
    _say(life, paper, text)
    return True


def _shown(life: Life, author: str, code: str) -> list[Paper]:
    """What the author may rest a bulletin on: others' where there are any."""
    papers = [each for each in life.told.papers.values() if life.told.seen(author, code, each, life.now)]
    return [each for each in papers if each.owner != code] or papers


def holders(life: Life, paper: Paper) -> dict[str, Seen]:
    """The partners that have the record, and what somebody of theirs sees of it."""
    found = {code: life.told.seen(name, code, paper, life.now) for name, code in READERS.items()}
    return {code: seen for code, seen in found.items() if seen is not None and code != paper.owner}


def _write(
    life: Life,
    record: Any,
    paper: Paper,
    who: Viewer,
    *,
    facts: dict[str, Any],
    said: dict[str, str],
    filled: set[str],
    drug: str,
    certified: bool,
) -> Text:
    number = len(paper.texts) + 1
    words = {
        group: said.get(group, f"zq{group}{number}")
        for group in (*GROUPS, "core")
        if group in filled | {"core"}
    }
    facts = {
        **facts,
        "title": words["core"],
        "tear_line": "Carried in a tank.",
        "methods": ["VEH-MECH-FUEL"],
        "mode": Mode(code="passenger_vehicle"),
        "narrative": words.get("detail", ""),
        "place": words.get("place", ""),
        "technique": words.get("technique", ""),
        "case_number": words.get("case", ""),
        "predicate": "Found in possession" if certified else "",
        "predicate_category": "trafficking" if certified else "",
    }
    plates = [{"kind": "plate", "value": words["identifiers"]}] if "identifiers" in words else []
    write_down(
        record,
        facts,
        viewer=who,
        at=life.now,
        substances=[{"drug": drug}],
        identifiers=plates,
        certify=certified,
    )
    for source in sorted(paper.on):
        SourceLink.objects.create(bulletin_id=record.pk, source_id=source)
    publish(record, viewer=who, at=life.now)
    return Text({CLASSES[drug]}, words, certified)


def _say(life: Life, paper: Paper, text: Text) -> None:
    paper.texts.append(text)
    life.words |= set(text.words.values())
    if "identifiers" in text.words and not paper.names:
        paper.names = True
        # A day that has passed before anybody was named is none.
        if paper.review is not None and paper.review <= life.now:
            paper.review = None


@step(
    when=lambda life: life.living,
    which=index,
    tlp=markings,
    embargo=perhaps(ahead),
    careless=number(0, 3),
)
def handle(life: Life, which: int, tlp: str, embargo: timedelta | None, careless: int) -> bool:
    record, paper = life.chosen(which)
    marks = Marks(tlp, set(), set())
    if careless:
        marks = as_strict(life, paper, marks)
    who = life.viewers[OWNERS[paper.owner][1]]
    until = life.now + embargo if embargo else None
    how = Handling(marks.tlp, tuple(marks.controls), tuple(marks.rel_to), embargo_until=until)
    with life.trying(who) as tried:
        mark(Bulletin.objects.get(pk=record.pk), how, reason="because", viewer=who, at=life.now)
    if tried.done:
        _mark(paper, marks)
        paper.embargo = until
    return tried.done


def as_strict(life: Life, paper: Paper, marks: Marks) -> Marks:
    """The marks, no lower than those of what the paper rests on."""
    for source in life.told.behind(paper):
        marks = stricter(marks, Marks(source.tlp, source.controls, source.rel_to))
    return marks


def _mark(paper: Paper, marks: Marks) -> None:
    paper.tlp, paper.controls, paper.rel_to = marks.tlp, marks.controls, marks.rel_to


def _opening(life: Life, days: int) -> datetime:
    return datetime.combine(life.now.date() + timedelta(days=days), time.min, UTC)


@step(
    often=2,
    when=lambda life: any(paper.names for paper in life.living),
    which=index,
    days=number(1, 60),
)
def keep_on(life: Life, which: int, days: int) -> bool:
    """Review what names subjects, and keep it until another day; first what is overdue."""
    named = [paper for paper in life.living if paper.names]
    late = [paper for paper in named if paper.review and paper.review <= life.now]
    paper = (late or named)[which % len(late or named)]
    who = life.viewers[OWNERS[paper.owner][1]]
    until = _opening(life, days)
    with life.trying(who) as tried:
        record = Record.objects.get(pk=paper.number)
        keep(
            record,
            reason="still under way",
            review_due=until.date(),
            checked=True,
            seen=record.review_due,
            viewer=who,
            at=life.now,
        )
    assert tried.done, tried
    paper.review = until
    return True


@step(when=lambda life: len(life.living) > 2, which=index)
def destroy(life: Life, which: int) -> bool:
    record, paper = life.chosen(which)
    who = life.viewers[OWNERS[paper.owner][1]]
    with life.trying(who) as tried:
        purge(
            [Record.objects.get(pk=record.pk)], reason="obsolete", typed=[record.ref], viewer=who, at=life.now
        )
    assert tried.done, tried
    paper.purged = True
    for gift in life.told.gifts:
        if gift.paper == paper.number:
            gift.over = True
    return True
