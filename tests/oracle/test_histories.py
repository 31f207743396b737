"""Random histories: the hub's answers and the plain reading of the rules never differ.

`ORACLE_HISTORIES` and `ORACLE_STEPS` say how many and how long; `make oracle` runs 2,000 of 30. They come in chunks,
each of a seed of its own: `ORACLE_SEED` and the numbers after it, or any. With `ORACLE_LOG`, that file says after every
few histories how many of which seed have passed, so that a run cut short is known as far as it went, and another goes
on from the next seed.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from random import randrange

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cast import viewer
from tests.conftest import owners_connection
from tests.oracle.looking import learn_to_look
from tests.oracle.machine import Life
from tests.oracle.steps import STEPS

HISTORIES = int(os.environ.get("ORACLE_HISTORIES", "8"))
LENGTH = int(os.environ.get("ORACLE_STEPS", "15"))
CHUNK = 50 if HISTORIES >= 100 else -(-HISTORIES // 2)
FIRST = int(os.environ.get("ORACLE_SEED") or randrange(10**9))
LOG = os.environ.get("ORACLE_LOG", "")
# Of many histories of full length, each kind of step takes place in at least this share.
BUSY, MANY = 0.05, 200

# Of this process's chunks so far.
passed, share = 0, Counter[str]()


@pytest.mark.django_db
@pytest.mark.parametrize("chunk", range(-(-HISTORIES // CHUNK)))
def test_in_every_history_everybody_sees_exactly_what_the_rules_say(chunk):
    """Hypothesis gives each history its number, and that its dice: drawing each step, it would rather repeat itself."""
    number = min(CHUNK, HISTORIES - chunk * CHUNK)
    in_chunk, began = 0, time.monotonic()
    sweep()
    learn_to_look(viewer("cbp.officer"))

    @seed(FIRST + chunk)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.integers(0, 2**64))
    def holds(drawn):
        nonlocal in_chunk
        life = Life(f"{FIRST + chunk}:{drawn}")
        try:
            life.begin()
            for _number in range(LENGTH):
                life.happen()
            life.ends_as_it_should()
        except Exception as differs:
            which = f"seed {FIRST + chunk}: history {in_chunk + 1} differs"
            note(f"{which}: {differs}")
            differs.add_note("\n".join([f"{which}:", *life.story]))
            raise
        finally:
            life.forget()
        in_chunk += 1
        share.update(name for name, times in life.happened.items() if times)
        if in_chunk % 5 == 0 or in_chunk == number:
            note(
                f"seed {FIRST + chunk}: {in_chunk} histories of {LENGTH} steps, {time.monotonic() - began:.0f} s"
            )

    holds()
    global passed
    passed += in_chunk
    told = ", ".join(f"{name} {times / passed:.0%}" for name, times in sorted(share.items()))
    note(f"{passed} histories of {LENGTH} steps in this run; in so many each took place: {told}")
    if passed >= MANY and LENGTH >= 30:
        idle = [name for name in STEPS if share[name] < BUSY * passed]
        assert not idle, idle


def sweep() -> None:
    """Nobody tidies up after what was rolled back; tables would grow with each history, and slow down the next."""
    with owners_connection() as own:
        own.execute("vacuum")


def note(text: str) -> None:
    print(text)
    if LOG:
        with Path(LOG).open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
