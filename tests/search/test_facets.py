"""Every number beside a filter opens a list of just as many, for whoever reads it, and only they: lists and search."""

from __future__ import annotations

import random
import re
from collections import Counter
from html import unescape
from urllib.parse import parse_qsl

import pytest

from bulletins.vocabulary.models import Mode, Port
from sharing.disclosures.filters import OF_SEARCH
from tests.builders import CANARIES, published_bulletin, published_seizure, released
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db

READERS = ["cbp.officer", "cbsa.officer", "ncb.officer"]
PAGES = ["/bulletins/", "/seizures/", "/search/?q=tank"]
METHODS = ["VEH-MECH-FUEL", "VEH-BODY-QTR", "TRK-FLOOR", "VEH"]


def some_world(seed: int) -> list[str]:
    """A dozen records of different kinds, each to different readers without different parts; the ports withheld."""
    dice = random.Random(seed)
    ports = list(Port.objects.order_by("code")[:4])
    for n in range(12):
        facts = {
            "methods": [dice.choice(METHODS)],
            "mode": Mode(code=dice.choice(["bus", "rail", "passenger_vehicle"])),
            "occurred_on": f"202{dice.randint(3, 5)}-0{dice.randint(1, 3)}-11",
            "hazard": dice.random() < 0.4,
            "safety_note": "Wear a respirator.",
            "port": dice.choice(ports),
        }
        if n % 3 == 0:
            record = published_seizure(**facts)
        else:
            urgency = dice.choice(["routine", "immediate"])
            record = published_bulletin(title=f"Tank {n} {CANARIES['core']}", urgency=urgency, **facts)
        hidden = [("CBSA", "place"), ("CBSA",), ("HSI", "place", "technique"), ("HSI",)]
        targets = dice.sample(hidden, 2) if n % 4 else []
        named = {target[0]: target for target in targets}
        community = ["community:HIDTA-STX"] if dice.random() < 0.4 else []
        if named or community:
            released(record, *named.values(), *community, tlp=dice.choice(["TLP:AMBER", "TLP:GREEN"]))
    return [port.code for port in ports]


def numbers(page: str) -> dict[str, int]:
    """Address to number, of every value that is not chosen."""
    links = re.findall(r'<li><a href="(\?[^"]*)"([^>]*)>[^<]+<span class="n">([\d,]+)<', page)
    return {
        unescape(href): int(n.replace(",", "")) for href, marks, n in links if "aria-current" not in marks
    }


def length(page: str) -> int:
    return len(re.findall(r'<a class="title" href="/(?:bulletins|seizures)/[^/]+/"', page))


def one_of_each(found: dict[str, int], dice: random.Random) -> dict[str, str]:
    """Filter to one of the addresses that set it anew, by lot."""
    named = [(parse_qsl(href[1:])[-1][0], href) for href in sorted(found)]
    return {name: dice.choice([href for each, href in named if each == name]) for name, _href in named}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_number_opens_a_list_of_just_as_many(seed):
    some_world(seed)
    dice, opened = random.Random(seed), Counter[str]()
    for username in READERS:
        client = reader(username)
        for path in PAGES:
            at = path.partition("?")[0]
            page = text(client.get(path))
            # Then further in: below a method, and by another value.
            for step in ("method", "", "end"):
                found = numbers(page)
                links = one_of_each(found, dice)
                for name, href in links.items():
                    assert length(text(client.get(at + href))) == found[href], f"{username} {at}{href}"
                    opened[name] += 1
                if not links or step == "end":
                    break
                page = text(client.get(at + links.get(step, dice.choice(sorted(links.values())))))
    assert set(opened) == {*OF_SEARCH} - {"country"} and min(opened.values()) > 2


@pytest.mark.parametrize("path", ["/bulletins/", "/search/"])
def test_a_withheld_value_is_not_among_the_numbers_and_each_group_has_its_own(path):
    port = Port.objects.filter(label__startswith="Laredo").first()
    for _n in range(2):
        released(published_bulletin(port=port), ("CBSA", "place"), "HSI")
    released(published_bulletin(port=port), "CBSA", "HSI")
    asked = f"?port={port.code}"
    whole, part, none = (
        numbers(text(reader(name).get(path))) for name in ("hsi.agent", "cbsa.officer", "ncb.officer")
    )
    assert whole[asked] == 3 and part[asked] == 1 and none == {}
    assert whole["?mode=passenger_vehicle"] == part["?mode=passenger_vehicle"] == 3


def test_a_list_counts_its_own_kind_alone_and_offers_every_filter_it_takes():
    released(published_bulletin(), "CBSA")
    released(published_seizure(), "CBSA")
    client = reader("cbsa.officer")
    bulletins, seizures = (numbers(text(client.get(path))) for path in ("/bulletins/", "/seizures/"))
    assert bulletins["?drug=fentanyl"] == seizures["?drug=cocaine"] == 1
    assert "?drug=cocaine" not in bulletins and not any("kind=" in href for href in [*bulletins, *seizures])
    names = {href[1:].partition("=")[0] for href in bulletins}
    assert names >= {"method", "mode", "drug", "month", "region", "port", "hazard", "urgency", "owner", "tlp"}
