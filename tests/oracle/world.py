"""The world a history begins in: agencies and their parents, two communities, some agreements."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from hub.agencies.models import Agency
from hub.database.context import viewing
from sharing.communities.models import Community
from tests.cast import agency
from tests.conftest import as_owner
from tests.oracle.steps import CODES, GROUPS, OWNERS, some, yes_or_no
from tests.oracle.told import STRICTNESS, Body, Circle, Pact, Way

if TYPE_CHECKING:
    from tests.oracle.machine import Life

PARENTS = {"TXDPS": "HIDTA-STX", "DEA": "HSI"}


def draw_world(life: Life, dice: Random) -> None:
    for code in CODES:
        row = agency(code)
        cfr23 = yes_or_no(dice)
        above = dice.choice([None, PARENTS.get(code)])
        Agency.objects.filter(pk=row.pk).update(
            cfr23_accepted_on=life.now.date() if cfr23 else None,
            parent=agency(above) if above else None,
            parent_confirmed_at=life.now if above else None,
        )
        life.told.bodies[code] = Body(code, row.country, row.kind, parent=above, cfr23=cfr23)
    as_owner("delete from sharing_direction")
    as_owner("delete from sharing_agreement")
    for number in range(2):
        _circle(life, number, some(CODES, most=3)(dice))
    # One between the owners' countries nearly always, so that histories cross borders; others as they come.
    if dice.randint(0, 9):
        _pact(life, 1, dice, ["CBP", "CBSA"])
    for number in range(dice.randint(0, 2)):
        _pact(life, number + 2, dice)


def _circle(life: Life, number: int, members: set[str]) -> None:
    as_owner(
        "insert into sharing_community (code, name, kind, lead_id, description, roster_visible)"
        " values (%s, %s, 'bilateral', %s, '', true)",
        [f"OP-{number}", f"Operation {number}", agency("CBP").pk],
    )
    with viewing(life.viewers["cbp.releaser"]):
        pk = Community.objects.get(code=f"OP-{number}").pk
    life.told.circles[pk] = Circle(pk, {})
    # Both owners may pick it.
    for code in sorted({*members, *OWNERS}):
        as_owner(
            "insert into sharing_membership (community_id, agency_id, joined_at, with_history, confirmed_at)"
            " values (%s, %s, %s, true, %s)",
            [pk, agency(code).pk, life.now, life.now - timedelta(seconds=1)],
        )
        life.told.circles[pk].members[code] = None


def _pact(life: Life, number: int, dice: Random, parties: list[str] | None = None) -> None:
    first, second = parties or dice.sample(CODES, 2)
    begins = life.now - timedelta(days=dice.randint(-3, 30))
    pact = Pact(
        number,
        [],
        begins,
        begins + timedelta(days=dice.randint(4, 90)),
        accepted=dice.choice([True, True, True, False]),
        governments=dice.choice([True, True, False]),
    )
    as_owner(
        "insert into sharing_agreement (id, code, name, first_id, second_id, whole_governments, valid_from,"
        " valid_to, accepted_at, decline_reason, suspended_by, suspend_reason, revision, warned)"
        " overriding system value values (%s, %s, '', %s, %s, %s, %s, %s, %s, '', '{}', '', 1, '{}')",
        [
            number,
            f"T-{number}",
            agency(first).pk,
            agency(second).pk,
            pact.governments,
            pact.begins,
            pact.ends,
            life.now if pact.accepted else None,
        ],
    )
    for giver, taker in ((first, second), (second, first)):
        way = Way(
            giver,
            taker,
            dice.choice([{"bulletin"}, {"bulletin", "seizure"}]),
            dice.choice([set(), set(), {"opioid"}, {"stimulant"}]),
            dice.choice([*STRICTNESS[1:], *STRICTNESS[2:]]),
            some(GROUPS, most=2, least=1)(dice),
        )
        pact.ways.append(way)
        as_owner(
            "insert into sharing_direction (agreement_id, giver_id, kinds, drug_classes, highest_tlp, withheld,"
            " caveat, legal_basis, permitted_use) values (%s, %s, %s, %s, %s, %s, '', '', '')",
            [
                number,
                agency(giver).pk,
                sorted(way.kinds),
                sorted(way.classes),
                way.highest,
                sorted(way.withheld),
            ],
        )
    life.told.pacts.append(pact)
