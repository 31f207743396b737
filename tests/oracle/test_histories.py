"""Random histories: the hub's answers and the plain reading of the rules never differ.

`ORACLE_HISTORIES` and `ORACLE_STEPS` say how many and how long; `make oracle` runs 2,000 of 30.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.machine import Life

HISTORIES = int(os.environ.get("ORACLE_HISTORIES", "8"))
STEPS = int(os.environ.get("ORACLE_STEPS", "15"))
# A shorter history that differs is easier to read, and takes minutes to find.
SHRINK = os.environ.get("ORACLE_SHRINK") == "1"


@pytest.mark.django_db
@settings(
    max_examples=HISTORIES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
)
@given(data=st.data())
def test_in_every_history_everybody_sees_exactly_what_the_rules_say(data):
    life = Life()
    try:
        life.world(data)
        for _number in range(STEPS):
            life.happen(data)
        life.ends_as_it_should()
    finally:
        life.forget()
