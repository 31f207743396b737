"""Steps of an owner: releases, in other words too, and carrying over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bulletins.models import Bulletin
from sharing.flow import carry_over, release
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan
from tests.cast import agency
from tests.oracle.papers import as_strict, holders
from tests.oracle.steps import (
    CODES,
    OWNERS,
    READERS,
    ahead,
    among,
    groups,
    index,
    markings,
    number,
    perhaps,
    step,
    wordings,
)
from tests.oracle.told import STRICTNESS, Gift, Marks, Paper, Words

if TYPE_CHECKING:
    from tests.oracle.machine import Life

FIELDS = {"core": "core.title", "detail": "detail.narrative", "technique": "technique.technique"}


@step(
    often=12,
    when=lambda life: life.living,
    which=index,
    to=among([*CODES, "CBSA", "CBP", "RCMP", *["circle0", "circle1"] * 2, "all"]),
    withheld=groups,
    wording=wordings,
    tlp=markings,
    control=among(["", "", "", "", "NOFORN", "FED ONLY", "REL TO", "DISPLAY ONLY"]),
    careless=number(0, 3),
    begins=perhaps(ahead),
    ends=ahead,
)
def give(
    life: Life,
    which: int,
    to: str,
    withheld: set[str],
    wording: dict[str, bool] | None,
    tlp: str,
    control: str,
    careless: int,
    begins: timedelta | None,
    ends: timedelta | None,
) -> bool:
    record, paper = life.chosen(which)
    circle = sorted(life.told.circles)[int(to[-1])] if to.startswith("circle") else None
    body = to if circle is None and to != "all" else None
    if careless:
        tlp, control = possible(tlp, control, paper.owner, to)
    marks = Marks(tlp, {control} if control else set(), {"US"} if control == "REL TO" else set())
    if careless:
        marks = as_strict(life, paper, marks)
    red = marks.tlp == STRICTNESS[-1]
    named = sorted(name for name, code in READERS.items() if code == body)[:1] if red else []
    starts = life.now + begins if begins else None
    stops = life.now + (begins or timedelta()) + ends if ends else None
    said = in_other_words(life, paper, wording)
    plan = Plan(
        picks=(
            Pick(
                agency=agency(body).pk if body else None,
                community=circle,
                withheld=frozenset(withheld),
                persons=frozenset(life.viewers[name].person_id or 0 for name in named),
                wording=None if said is None else as_texts(said),
            ),
        ),
        tlp=marks.tlp,
        controls=tuple(marks.controls),
        rel_to=tuple(marks.rel_to),
        need_to_know="work",
        right_to_know="law",
        starts_at=starts,
        ends_at=stops,
        marking_reason="because",
    )
    by = OWNERS[paper.owner][1]
    who = life.viewers[by]
    with life.trying(who) as tried:
        release([record], plan, viewer=who, at=life.now)
        made = Release.objects.filter(record_id=record.pk).order_by("-id").first()
    if not tried.done:
        return False
    paper.tlp, paper.controls, paper.rel_to = marks.tlp, marks.controls, marks.rel_to
    paper.recalled = False
    if body == paper.owner and not red:
        # Its own agency has it anyhow: nothing is given, and what stood is replaced by nothing.
        made = None
    gift = Gift(
        made.pk if made else 0,
        record.pk,
        len(paper.texts),
        by,
        body=body,
        circle=circle,
        members=set(life.told.circles[circle].members) if circle else set(),
        people=set(named),
        withheld=set(withheld),
        words=said or {},
        begins=starts or life.now,
        ends=stops,
    )
    given(life, paper, gift, says_words=said is not None)
    if made is None:
        life.told.gifts.pop()
        return False
    return True


def possible(tlp: str, control: str, owner: str, to: str) -> tuple[str, str]:
    """A marking under which a release to that target is not refused out of hand."""
    if to == "all":
        tlp = STRICTNESS[0]
    elif to.startswith("circle") and tlp in STRICTNESS[3:]:
        tlp = STRICTNESS[1]
    return tlp, "" if control in ("NOFORN", "FED ONLY") and owner != "CBP" else control


def given(life: Life, paper: Paper, gift: Gift, *, says_words: bool) -> None:
    """Put it among the gifts, in place of those to the same target; without words of its own it keeps theirs."""
    same = [
        each
        for each in life.told.gifts
        if (each.paper, each.body, each.circle) == (paper.number, gift.body, gift.circle) and not each.over
    ]
    worded = [each for each in same if each.words]
    if not says_words and worded:
        gift.words = brought_up(max(worded, key=lambda each: each.number).words, paper)
    for each in same:
        later = gift.begins is not None and gift.begins > life.now
        if later and (each.begins is None or each.begins <= life.now):
            each.ends = min(each.ends, gift.begins) if each.ends else gift.begins
        else:
            each.over = True
    life.told.gifts.append(gift)


def in_other_words(life: Life, paper: Paper, wording: dict[str, bool] | None) -> Words | None:
    """By group, what is said in place of the newest version's word, or that nothing is."""
    if wording is None:
        return None
    said = {}
    for group in sorted(wording):
        if instead := paper.texts[-1].words.get(group):
            other = f"zqother{next(life.numbers) % 5}" if wording[group] else ""
            life.words |= {other} - {""}
            said[group] = (other, instead)
    return said


def brought_up(words: Words, paper: Paper) -> Words:
    """The wording of an older version on the newest: it stays while the author's text does, else nothing is said."""
    newest = paper.texts[-1].words
    return {
        group: (other if newest[group] == instead else "", newest[group])
        for group, (other, instead) in words.items()
        if group in newest
    }


def as_texts(said: Words) -> tuple[tuple[str, str], ...]:
    return tuple((FIELDS[group], other) for group, (other, _instead) in said.items())


def holding_older(life: Life) -> list[tuple[Paper, str]]:
    """Records of several versions, and partners that have one before the newest."""
    return [
        (paper, code)
        for paper in life.living
        if len(paper.texts) > 1
        for code, seen in sorted(holders(life, paper).items())
        if seen.version < len(paper.texts)
    ]


@step(often=20, when=holding_older, which=index)
def give_the_newest(life: Life, which: int) -> bool:
    """By name, to one who has an older version: most have that by another way, and keep it."""
    found = holding_older(life)
    paper, code = found[which % len(found)]
    marks = life.told.marks(paper)
    return give(
        life,
        life.living.index(paper),
        code,
        set(),
        None,
        marks.tlp,
        "",
        careless=1,
        begins=None,
        ends=None,
    )


@step(often=2, when=lambda life: life.standing, which=index, wording=wordings)
def bring_up_to_date(life: Life, which: int, wording: dict[str, bool] | None) -> bool:
    """Carry a release over to the newest version; first one that stands on an older."""
    behind = [gift for gift in life.standing if gift.version < len(life.told.papers[gift.paper].texts)]
    found = behind or life.standing
    gift = found[which % len(found)]
    paper = life.told.papers[gift.paper]
    said = in_other_words(life, paper, wording)
    who = life.viewers[OWNERS[paper.owner][1]]
    with life.trying(who) as tried:
        carry_over(
            Bulletin.objects.get(pk=gift.paper),
            [gift.number],
            viewer=who,
            at=life.now,
            wording=None if said is None else {gift.number: as_texts(said)},
        )
    if tried.done:
        gift.words = brought_up(gift.words, paper) if said is None else said
        gift.version, gift.barred = len(paper.texts), set()
    return tried.done
