"""Steps of sharing on: a holder asks, those it rests on consent or refuse, the owner releases; all may think again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.releases.models import Release
from sharing.requests.actions import ask, grant, refuse_request, withdraw_consent, withdraw_request
from sharing.requests.models import OnwardRequest
from sharing.requests.rules import Terms
from tests.oracle.gifts import given
from tests.oracle.steps import CODES, GROUPS, OWNERS, READERS, ahead, codes, groups, index, step
from tests.oracle.told import Ask, Gift, Leave, Paper

if TYPE_CHECKING:
    from tests.oracle.machine import Life


def kept(life: Life) -> list[tuple[Paper, str]]:
    """Records, and agencies that they were released to and from which nothing but a lacking consent keeps them."""
    return [
        (paper, code)
        for paper in life.living
        for code in CODES
        if life.told.lacks_consent_alone(paper, code, life.now)
    ]


@step(often=20, when=kept, which=index)
def ask_for_consent(life: Life, which: int) -> bool:
    """The owner asks those that the record rests on: its release takes effect with the last consent."""
    found = kept(life)
    paper, to = found[which % len(found)]
    return _ask(life, paper, OWNERS[paper.owner][1], to)


@step(often=4, when=lambda life: life.standing, which=index, asker=index, to=codes)
def ask_to_share_on(life: Life, which: int, asker: int, to: str) -> bool:
    """Somebody who has it asks, best for what rests on others."""
    papers = [paper for paper in life.living if life.told.origins(paper)] or life.living
    paper = papers[which % len(papers)]
    holders = [
        name
        for name, code in READERS.items()
        if code != paper.owner and life.told.seen(name, code, paper, life.now)
    ]
    return _ask(life, paper, holders[asker % len(holders)] if holders else OWNERS[paper.owner][1], to)


def _ask(life: Life, paper: Paper, name: str, to: str) -> bool:
    who, code = life.viewers[name], READERS[name]
    seen = life.told.seen(name, code, paper, life.now)
    if seen is None:
        return False
    with life.trying(who) as tried:
        (shown,) = disclose(who, [paper.number], Channel.PAGE, at=life.now)
        made = ask(shown, to, need_to_know="work", right_to_know="law", viewer=who, at=life.now)
    if not tried.done:
        return False
    waiting, later = life.told.origins(paper) - {to}, paper.owner if code != paper.owner else None
    if not waiting and later:
        waiting, later = {later}, None
    life.told.asks.append(Ask(made.pk, paper.number, seen.version, code, to, waiting, later))
    return True


def waiting(life: Life) -> list[tuple[Ask, str]]:
    return [
        (asked, code)
        for asked in life.told.asks
        if not asked.settled
        for code in sorted(asked.waiting)
        if life.told.bodies[code].works
    ]


@step(
    often=14,
    when=waiting,
    which=index,
    withheld=lambda dice: groups(dice) if dice.random() < 0.7 else set(GROUPS),
    until=ahead,
)
def say_yes(life: Life, which: int, withheld: set[str], until: timedelta | None) -> bool:
    """Whole, without some groups, the tear line alone; for good or until a date."""
    found = waiting(life)
    asked, code = found[which % len(found)]
    paper, ends = life.told.papers[asked.paper], life.now + until if until else None
    who = life.deciding(code)
    with life.trying(who) as tried:
        request = OnwardRequest.objects.get(pk=asked.number)
        grant(request, Terms(frozenset(withheld), ends), viewer=who, at=life.now)
        made = Release.objects.filter(record_id=paper.number).order_by("-id").first()
    if not tried.done:
        return False
    if code == paper.owner:
        assert made is not None
        gift = Gift(
            made.pk,
            paper.number,
            len(paper.texts),
            OWNERS[code][1],
            body=asked.body,
            withheld=set(withheld),
            begins=life.now,
            ends=ends,
        )
        given(life, paper, gift, says_words=False)
    else:
        _consent(
            life,
            paper,
            asked,
            code,
            Leave(paper.number, asked.version, code, asked.body, set(withheld), ends),
        )
    asked.waiting.discard(code)
    if not asked.waiting:
        asked.waiting, asked.later = {asked.later} - {None}, None
    asked.settled = not asked.waiting
    return True


def _consent(life: Life, paper: Paper, asked: Ask, code: str, leave: Leave) -> None:
    """In place of one that stands for the same version and recipient."""
    for each in life.told.leaves:
        if (each.paper, each.version, each.originator, each.body) == (
            paper.number,
            leave.version,
            code,
            leave.body,
        ):
            each.taken_back = True
    life.told.leaves.append(leave)
    asked.leaves[code] = leave


@step(often=2, when=waiting, which=index)
def say_no(life: Life, which: int) -> bool:
    found = waiting(life)
    asked, code = found[which % len(found)]
    who = life.deciding(code)
    with life.trying(who) as tried:
        request = OnwardRequest.objects.get(pk=asked.number)
        refuse_request(request, "not now", viewer=who, at=life.now)
    assert tried.done, tried
    asked.settled = True
    return True


def unanswered(life: Life) -> list[Ask]:
    return [asked for asked in life.told.asks if not asked.settled and life.told.bodies[asked.asker].works]


@step(often=2, when=unanswered, which=index)
def ask_no_more(life: Life, which: int) -> bool:
    found = unanswered(life)
    asked = found[which % len(found)]
    who = life.deciding(asked.asker)
    with life.trying(who) as tried:
        withdraw_request(OnwardRequest.objects.get(pk=asked.number), viewer=who, at=life.now)
    assert tried.done, tried
    asked.settled = True
    return True


def consents(life: Life) -> list[tuple[Ask, str]]:
    return [
        (asked, code)
        for asked in life.told.asks
        for code, leave in sorted(asked.leaves.items())
        if not leave.taken_back and life.told.bodies[code].works
    ]


@step(often=2, when=consents, which=index)
def think_again(life: Life, which: int) -> bool:
    found = consents(life)
    asked, code = found[which % len(found)]
    who = life.deciding(code)
    with life.trying(who) as tried:
        withdraw_consent(OnwardRequest.objects.get(pk=asked.number), viewer=who, at=life.now)
    assert tried.done, tried
    asked.leaves[code].taken_back = True
    return True
