"""Steps of an owner: recalls, of a whole record and of one version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulletins.models import Bulletin
from sharing.flow import recall
from tests.oracle.papers import holders
from tests.oracle.steps import OWNERS, among, index, number, step, yes_or_no
from tests.oracle.told import Paper

if TYPE_CHECKING:
    from tests.oracle.machine import Life


@step(when=lambda life: life.living, which=index)
def take_back(life: Life, which: int) -> bool:
    record, paper = life.chosen(which)
    if not _recalled(life, record, paper):
        assert all(gift.over for gift in life.told.gifts if gift.paper == record.pk)
        return False
    paper.recalled = True
    for gift in life.told.gifts:
        if gift.paper == record.pk:
            gift.over = True
    return True


@step(often=2, when=lambda life: life.living, which=index, version=number(0, 2), older=yes_or_no)
def take_one_version_back(life: Life, which: int, version: int, older: bool) -> bool:
    """Who held that version is left with nothing, or (`older`) with what an older release gives."""
    paper = life.living[which % len(life.living)]
    return _taken_back(life, paper, max(len(paper.texts) - version, 1), older)


def replaceable(life: Life) -> list[tuple[Paper, int]]:
    """Records and versions in whose place somebody would have an older one, were nobody barred from it."""
    found = []
    for paper in life.living:
        for version in range(2, len(paper.texts) + 1):
            of_it = [gift for gift in life.standing if (gift.paper, gift.version) == (paper.number, version)]
            held = _held(life, paper, version)
            for gift in of_it:
                gift.over = True
            if held & holders(life, paper).keys():
                found.append((paper, version))
            for gift in of_it:
                gift.over = False
    return found


@step(often=40, when=replaceable, which=index, older=among([False, False, True]))
def take_back_what_stands_before_an_older(life: Life, which: int, older: bool) -> bool:
    found = replaceable(life)
    paper, version = found[which % len(found)]
    return _taken_back(life, paper, version, older)


def _taken_back(life: Life, paper: Paper, version: int, older: bool) -> bool:
    held = _held(life, paper, version)
    record = life.records[paper.number]
    if not _recalled(life, record, paper, version=version, fall_back=older):
        return False
    paper.taken.add(version)
    for gift in life.told.gifts:
        if gift.paper == record.pk and not gift.over:
            if gift.version == version:
                gift.over = True
            elif gift.version < version and not older:
                gift.barred |= held
    return True


def _held(life: Life, paper: Paper, version: int) -> set[str]:
    """The partners that have that version."""
    return {code for code, seen in holders(life, paper).items() if seen.version == version}


def _recalled(life: Life, record: Any, paper: Paper, **which: Any) -> bool:
    who = life.viewers[OWNERS[paper.owner][1]]
    with life.trying(who) as tried:
        recall(Bulletin.objects.get(pk=record.pk), reason="wrong", viewer=who, at=life.now, **which)
    return tried.done
