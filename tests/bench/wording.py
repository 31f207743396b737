"""Bulletins for the bench: content as publishing makes it, of the real vocabulary and the public seizures."""

from __future__ import annotations

import csv
import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from bulletins.faces.content import columns_of, drop
from bulletins.faces.words import words_of
from bulletins.records.refs import ALPHABET
from bulletins.vocabulary.terms import terms
from sharing.demo.records import SEIZURES
from sharing.demo.wording import WHERE

# A word that stands in one bulletin of twenty, and one that stands in one of five thousand.
COMMON, RARE = "compressor", "quillwort"
COMMON_ONE_IN, RARE_ONE_IN = 20, 5_000
VOCABULARY = 20_000
SPAN = timedelta(days=800)

Row = tuple[Any, ...]
COLUMNS = (
    "n", "uid", "ref", "owner", "at", "content", "whole", "part", "title", "tear_line", "methods", "drugs", "mode",
    "month", "region", "country", "port", "hazard", "urgency", "mass_kg", "a", "b", "c", "d", "part_d",
)  # fmt: skip


def bulletins(size: int, owners: dict[int, str], at: datetime, seed: int = 3) -> Iterator[Row]:
    """`size` rows of COLUMNS, oldest first; `owners` is agency to its code and name. The same seed, the same rows."""
    dice = random.Random(seed)
    seizures, words = _seizures(), _words(dice)
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(words))))
    refs = dice.sample(range(len(ALPHABET) ** 6), size)
    codes = list(owners)
    for n in range(size):
        owner = codes[dice.randrange(len(codes))]
        said = dice.choices(words, cum_weights=weights, k=45)
        if n % COMMON_ONE_IN == 7:
            said[5] = COMMON
        if n % RARE_ONE_IN == 11:
            said[15] = RARE
        content = _content(dice, seizures[dice.randrange(len(seizures))], said)
        whole, part = drop(content, frozenset()), drop(content, frozenset({"place"}))
        ref = _ref(refs[n])
        yield _row(n, content, whole, part, ref, owner, owners[owner], at - SPAN * ((size - n) / size), dice)


def _row(
    n: int,
    content: dict[str, Any],
    whole: Any,
    part: Any,
    ref: str,
    owner: int,
    name: str,
    at: datetime,
    dice: Any,
) -> Row:
    columns = columns_of(whole)
    a, b, c, d = words_of(whole, ref=ref, owner=name)
    core = content["core"]
    return (
        n, uuid.UUID(int=dice.getrandbits(128), version=4), ref, owner, at, content, whole, part, core["title"],
        core["tear_line"], columns["methods"], columns["drugs"], columns["mode"], columns["month"], columns["region"],
        columns["country"], columns["port"], columns["hazard"], columns["urgency"], columns["mass_kg"],
        a, b, c, d, words_of(part, ref=ref, owner=name)[3],
    )  # fmt: skip


def _content(dice: random.Random, facts: dict[str, str], said: list[str]) -> dict[str, Any]:
    known = terms()
    method = facts["concealment_code"]
    drug, mode = facts["drug_1"], facts["transport_mode"]
    port = known.ports[dice.choice(list(known.ports))]
    month = f"{dice.randint(2016, 2026)}-{dice.randint(1, 12):02d}"
    drug_name = str(known.drugs[drug].label) if drug in known.drugs else drug
    mass = f"{dice.lognormvariate(2, 1.5):.3f}"
    core = {
        "title": f"{drug_name} {WHERE.get(method, 'in ' + said[0])}, {said[1]}",
        "hazard": drug == "fentanyl",
        "mode": mode,
        "methods": [method],
        "substances": [{"drug": drug, "quantity": mass, "unit": "kg", "mass_kg": mass}],
        "month": month,
        "region": port.region,
        "country": port.country,
        "originator": "",
        "tear_line": f"{drug_name} is carried {WHERE.get(method, '')} {' '.join(said[2:8])}.",
        "urgency": dice.choice(["routine", "routine", "priority", "immediate"]),
    }
    return {
        "core": {key: value for key, value in core.items() if value not in ("", False)},
        "detail": {"narrative": f"{facts['concealment_detail']} {' '.join(said[8:40])}.".strip()},
        "place": {
            "place": f"Lane {dice.randint(1, 12)}, {' '.join(said[40:43])}",
            "port": port.code,
            "occurred_on": f"{month}-{dice.randint(1, 28):02d}",
        },
        "technique": {"detection": [facts["detection_method"]] if facts["detection_method"] else ["canine"]},
        "case": {"case_number": f"{said[43].upper()}-{dice.randint(1000, 9999)}"},
        "identifiers": {},
    }


def _seizures() -> list[dict[str, str]]:
    known = terms()
    with SEIZURES.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    return [
        row
        for row in found
        if row["concealment_code"] in known.methods
        and row["drug_1"] in known.drugs
        and row["transport_mode"] in known.modes
    ]


def _words(dice: random.Random) -> list[str]:
    """Invented words, so that the index holds as many as that of a language."""
    sounds = [c + v for c in "bcdfgklmnprstvz" for v in "aeiou"]
    return [
        "".join(dice.choices(sounds, k=dice.randint(2, 4))) + dice.choice("lnrst") for _ in range(VOCABULARY)
    ]


def _ref(number: int) -> str:
    letters = []
    for _place in range(6):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return f"BN{''.join(letters[:2])}-{''.join(letters[2:])}"
