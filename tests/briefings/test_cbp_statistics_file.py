"""CBP's monthly statistics as kept: nothing was lost in summing them up, and every code is the hub's own."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import sharing
from bulletins.vocabulary import loading
from bulletins.vocabulary.lists import Region

FILE = Path(sharing.__file__).parent / "briefings" / "data" / "cbp_monthly.csv"


def test_the_sums_are_those_of_the_published_files() -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    events: dict[str, int] = {}
    pounds: dict[str, Decimal] = {}
    for row in rows:
        events[row["component"]] = events.get(row["component"], 0) + int(row["events"])
        pounds[row["component"]] = pounds.get(row["component"], Decimal()) + Decimal(row["pounds"])
    assert events == {"CBP": 444_443, "USBP": 39_922, "CBP-AMO": 7_207}
    published = {"CBP": 4_597_310, "USBP": 1_153_837, "CBP-AMO": 2_787_606}
    assert all(abs(pounds[component] - told) < 1 for component, told in published.items())


def test_months_regions_and_drugs_are_written_as_the_hub_writes_them() -> None:
    drugs = {drug.code for drug in loading.drugs()} | {"other"}
    with FILE.open(encoding="utf-8", newline="") as file:
        seen = set()
        for row in csv.DictReader(file):
            assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", row["month"])
            assert row["region"] in Region.values and row["drug"] in drugs
            seen.add((row["month"], row["component"], row["region"], row["drug"]))
    assert len(seen) == 4_930
