"""Random histories: the hub's answers and the plain reading of the rules never differ.

`ORACLE_HISTORIES` and `ORACLE_STEPS` say how many and how long; `make oracle` runs 2,000 of 30.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.machine import Life
from tests.oracle.steps import STEPS

HISTORIES = int(os.environ.get("ORACLE_HISTORIES", "8"))
# Each drawn from chances of its own, so that two cores can be at it.
PARTS = 2
LENGTH = int(os.environ.get("ORACLE_STEPS", "15"))
# Where to write, every so often, how many have passed.
LOG = os.environ.get("ORACLE_LOG", "")
# A shorter history that differs is easier to read, and takes minutes to find.
SHRINK = os.environ.get("ORACLE_SHRINK") == "1"
# Of many histories of full length, each kind of step takes place in at least this share.
BUSY, MANY = 0.1, 200


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_in_every_history_everybody_sees_exactly_what_the_rules_say(part):
    passed, share = 0, Counter()

    @settings(
        max_examples=HISTORIES // PARTS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    )
    @given(data=st.data())
    def holds(data):
        nonlocal passed
        life = Life()
        try:
            life.begin(data)
            for _number in range(LENGTH):
                life.happen(data)
            life.ends_as_it_should()
        except AssertionError as differs:
            differs.add_note(f"in history {passed + 1}, step {life.steps}")
            raise
        finally:
            life.forget()
        passed += 1
        share.update(name for name, times in life.happened.items() if times)
        if LOG and passed % 10 == 0:
            with Path(LOG).open("a") as log:
                log.write(f"{os.getpid()}: {passed} histories of {LENGTH} steps\n")

    holds()
    told = ", ".join(f"{name} {times / passed:.0%}" for name, times in sorted(share.items()))
    print(f"\n{passed} histories of {LENGTH} steps; in so many each took place: {told}")
    if passed >= MANY and LENGTH >= 30:
        idle = [name for name in STEPS if share[name] < BUSY * passed]
        assert not idle, idle
