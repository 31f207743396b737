"""The bench at a tiny size: it fills, measures and says what people and programs read. No figure is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from hub import env
from tests.bench.report import HEAD
from tests.conftest import owners_connection

NAME = "bench_smoke"


@pytest.fixture
def empty_database(db):
    """A database of its own beside the tests', and the settings under which a process finds it."""
    with owners_connection() as own:
        own.execute(f"drop database if exists {NAME} with (force)")
        own.execute(f"create database {NAME}")
    addresses = {
        name: urlsplit(os.environ[name])._replace(path=f"/{NAME}").geturl()
        for name in ("DATABASE_URL", "OWNER_DATABASE_URL")
    }
    yield addresses
    with owners_connection() as own:
        own.execute(f"drop database {NAME} with (force)")


def test_the_bench_fills_measures_and_says_what_it_found(empty_database, tmp_path):
    told = {
        "BENCH_SIZE": "300",
        "BENCH_DELIVERIES": "0",
        "BENCH_FEEDS": "60",
        "BENCH_FILES": "1",
        "BENCH_BESIDE": "none",
        "BENCH_ENOUGH_S": "0",
        "BENCH_FOLDER": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench"],
        env=os.environ | empty_database | told,
        cwd=env.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert [cell.strip() for cell in rows[0].strip("|").split("|")] == list(HEAD)
    assert len(rows) == 2 + 8 * 3 + 4 + 2 + 5
    (file,) = tmp_path.glob("bench-300-*.json")
    kept = json.loads(file.read_text())
    assert kept["bulletins"] == 300 and kept["agencies"] == 200 and 7 < kept["grants"] / 300 < 9.5
    assert len(kept["lines"]) == 24
    for line in kept["lines"]:
        assert all(line[way]["wall"] > 0 for way in ("hub", "bare", "guardian", "hub_query", "bare_query"))
        assert 2 <= line["statements"] <= 6
    assert kept["suspended"]["grants"] > 0 == kept["suspended"]["read_after_commit"]
    assert kept["release_to_all"]["wall"] > 0
    (file,) = tmp_path.glob("feeds-60-*.json")
    fed = json.loads(file.read_text())
    hub, bare = fed["measures"]
    # What records refer to comes with them.
    assert 60 <= hub["objects"] == bare["objects"] and hub["size_mb"] > 0
    assert all(hub[what] > 0 for what in ("poll_a_second", "manifest_a_second", "recent_ms", "post_a_second"))
    assert fed["recent_behind"].keys() == {"60", "1000060"}
    (beside,) = fed["beside"]
    assert (beside["server"], beside["written"], beside["lost"]) == ("the hub", 24, 0)
    (file,) = tmp_path.glob("files-*.json")
    made = json.loads(file.read_text())["made"]
    assert [each["form"] for each in made] == ["csv", "xlsx", "json", "stix", "zip"]
    assert [each["rows"] for each in made[:4]] == [1] * 4 and made[4]["rows"] > 0
    assert all(each["peak_mb"] > 0 and each["ledger_rows"] > 0 for each in made)
