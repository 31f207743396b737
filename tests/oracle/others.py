"""Steps around the records: agreements, communities, agencies, emergencies, and time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hub.agencies.models import Agency, AgencyState
from hub.database.context import viewing
from sharing.agreements.models import Agreement
from sharing.audiences.actions import regrant
from sharing.audiences.membership import history as extent
from sharing.communities.models import Community, Joining
from sharing.emergencies.models import Emergency, EmergencyState
from sharing.flow import admitting, breakglass, refresh
from sharing.flow.admitting import confirm
from sharing.flow.agreeing import resume, suspend
from sharing.flow.joining import ask
from sharing.flow.lapsing import begin_due, settle_left
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.oracle.eyes import nobody_sees_more_than_they_may
from tests.oracle.steps import OWNERS, READERS, among, index, names, number, partners, step, yes_or_no
from tests.oracle.told import Circle, Opening

if TYPE_CHECKING:
    from tests.oracle.machine import Life

HOUR = timedelta(hours=1)


@step(often=3, when=lambda life: life.told.pacts, which=index, side=yes_or_no)
def suspend_or_resume(life: Life, which: int, side: bool) -> bool:
    pact = life.told.pacts[which % len(life.told.pacts)]
    code = pact.ways[side].giver
    if not life.told.bodies[code].works:
        return False
    who = life.leading(code)
    with life.trying(who) as tried:
        row = Agreement.objects.get(pk=pact.number)
        deed: Any = resume if code in pact.suspended else suspend
        why = {} if code in pact.suspended else {"reason": "because"}
        deed(row, revision=row.revision, viewer=who, at=life.now, **why)
    if tried.done:
        pact.suspended ^= {code}
    return tried.done


def open_circles(life: Life) -> list[Circle]:
    """Those that are not closed; first such as something is released to."""
    found = [each for each in life.told.circles.values() if each.closes is None or life.now < each.closes]
    given = {gift.circle for gift in life.standing}
    return [each for each in found if each.number in given] or found


@step(
    often=3,
    when=open_circles,
    which=index,
    code=partners,
    history=among([False, False, True]),
)
def join(life: Life, which: int, code: str, history: bool) -> bool:
    found = open_circles(life)
    circle = found[which % len(found)]
    soon = circle.closes is not None and circle.closes <= life.now + timedelta(minutes=1)
    if soon or code in circle.members or not life.told.bodies[code].works:
        return False
    # Later than whatever was released just now.
    _wait(life, timedelta(minutes=1))
    member, lead = life.leading(code), life.leading("CBP")
    with viewing(lead):
        community = Community.objects.get(pk=circle.number)
    with viewing(member):
        joining = ask(community.code, with_history=history, reason="work", viewer=member, at=life.now)
    with viewing(lead):
        gives = extent(circle.number, agency(code).pk, viewer=lead, at=life.now) if history else None
        joining = Joining.objects.select_related("agency").get(pk=joining.pk)
        confirm(joining, community, seen=gives, viewer=lead, at=life.now)
    circle.members[code] = None if history else life.now
    return True


@step(when=open_circles, which=index, member=index)
def leave(life: Life, which: int, member: int) -> bool:
    found = open_circles(life)
    circle = found[which % len(found)]
    members = sorted(code for code in circle.members if code not in OWNERS and life.told.bodies[code].works)
    if not members:
        return False
    code = members[member % len(members)]
    who = life.leading(code)
    with viewing(who):
        admitting.leave(Community.objects.get(pk=circle.number), viewer=who, at=life.now)
    del circle.members[code]
    return True


@step(which=index, days=number(1, 30))
def close(life: Life, which: int, days: int) -> bool:
    circle = life.told.circles[sorted(life.told.circles)[which % 2]]
    circle.closes = life.now + timedelta(days=days)
    as_owner("update sharing_community set closes_at = %s where id = %s", [circle.closes, circle.number])
    regrant(life.records, at=life.now)
    return True


@step(code=partners)
def suspend_or_restore(life: Life, code: str) -> bool:
    body = life.told.bodies[code]
    body.works = not body.works
    state = AgencyState.ACTIVE if body.works else AgencyState.SUSPENDED
    Agency.objects.filter(code=code).update(state=state)
    life.viewers |= {name: viewer(name) for name, of in READERS.items() if of == code}
    regrant(life.records, at=life.now)
    return True


@step(often=4, when=lambda life: life.records, which=index, name=names)
def break_glass(life: Life, which: int, name: str) -> bool:
    """Two inspectors try to open a record, perhaps a purged one, to one person."""
    pk = sorted(life.records)[which % len(life.records)]
    paper, code = life.told.papers[pk], READERS[name]
    first, second = life.inspectors
    with life.trying(first) as tried:
        row = breakglass.ask(
            ref=life.records[pk].ref,
            username=name,
            danger="A tank is about to burn",
            viewer=first,
            at=life.now,
        )
    assert tried.done == life.told.bodies[code].works, tried
    if not tried.done:
        return False
    with viewing(second):
        row = breakglass.confirm(row, viewer=second, at=life.now)
    may = life.told.may_be_opened(code, paper, life.now)
    assert (row.state == EmergencyState.CONFIRMED) == (may is not None), (row.state, may)
    if may is None:
        return False
    life.told.openings.append(Opening(row.pk, pk, name, life.now + HOUR))
    return True


def open_ones(life: Life) -> list[Opening]:
    return [each for each in life.told.openings if not each.ended and life.now < each.until]


@step(often=5, when=open_ones, which=index)
def close_the_glass(life: Life, which: int) -> bool:
    found = open_ones(life)
    opening, who = found[which % len(found)], life.inspectors[0]
    with viewing(who):
        breakglass.end(Emergency.objects.get(pk=opening.number), viewer=who, at=life.now)
    opening.ended = True
    return True


@step(often=8, when=open_ones, minutes=number(10, 90))
def wait_a_little(life: Life, minutes: int) -> bool:
    return _wait(life, timedelta(minutes=minutes))


@step(often=3, by=number(1, 30 * 24))
def wait(life: Life, by: int) -> bool:
    return _wait(life, timedelta(hours=by))


@step(often=3, when=lambda life: life.told.ahead(life.now), which=number(0, 5))
def wait_for_it(life: Life, which: int) -> bool:
    """To the very instant at which something begins or ends."""
    ahead = life.told.ahead(life.now)
    return _wait(life, ahead[which % len(ahead)] - life.now)


def _wait(life: Life, by: timedelta) -> bool:
    """Time passes. At once nobody has more than they may; once the sweep has run, exactly that."""
    life.now += by
    life.set_the_clock()
    nobody_sees_more_than_they_may(life)
    refresh(at=life.now)
    begin_due(at=life.now)
    settle_left(at=life.now)
    return True
