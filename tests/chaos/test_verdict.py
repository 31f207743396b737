"""The verdict finds what it is there to find: each wrong in a story that is otherwise right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.evidence import Death, Delivered, Evidence, Taken
from tests.chaos.verdict import OVERTAKEN, complaints

HOOK = Delivered("a", "webhook", "sent", 10.0, "", "", "new", "REF", "DEA", 7)
ROWS = {
    "inbox": replace(HOOK, id="b", channel="inbox", endpoint=0),
    "mail": replace(HOOK, id="c", channel="mail", endpoint=0),
    "webhook": HOOK,
    "recall inbox": replace(HOOK, id="d", channel="inbox", kind="recalled", begun=21.0, endpoint=0),
    "recall mail": replace(HOOK, id="e", channel="mail", kind="recalled", begun=21.0, endpoint=0),
    "recall webhook": replace(HOOK, id="f", kind="recalled", begun=21.0),
}
ASKED = {
    "at": 10.1,
    "id": "a",
    "path": "/DEA/0",
    "pid": 5,
    "fate": "ok",
    "verified": True,
    "type": "bulletin.released",
    "ref": "REF",
}
RECALLING = ASKED | {"at": 21.1, "id": "f", "type": "bulletin.recalled"}


def story(
    *,
    rows: dict[str, Delivered | None] | None = None,
    requests: tuple[dict[str, object], ...] = (ASKED, RECALLING),
    taken: tuple[Taken, ...] = (Taken(10.1, 5),),
    deaths: tuple[Death, ...] = (),
) -> Evidence:
    """One record to one agency, released at 9 and recalled at 20; `rows` puts others in the place of some."""
    found = {**ROWS, **(rows or {})}
    deed = {"ref": "REF", "agencies": ["DEA"]}
    return Evidence(
        deliveries=[row for row in found.values() if row is not None],
        committed={"REF": 20.0},
        requests=list(requests),
        mails={"c": [Taken(10.2, 0)], "e": [Taken(21.2, 0)]},
        deeds=[deed | {"verb": "release"}, deed | {"verb": "recall"}],
        deaths=list(deaths),
        paths={7: "/DEA/0"},
        taken={"a": list(taken), "f": [Taken(21.1, 5)]},
    )


def test_nothing_is_wrong_with_a_story_that_is_right():
    assert complaints(story()) == []


TWICE = (Taken(10.1, 5), Taken(40.0, 6))


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (story(rows={"webhook": replace(HOOK, state="waiting")}), "is waiting"),
        (story(rows={"webhook": replace(HOOK, state="failed", failure="no")}), "is failed no"),
        (story(rows={"webhook": replace(HOOK, state="cancelled", note="so")}), "was cancelled: so"),
        (
            story(rows={"webhook": replace(HOOK, state="cancelled", note=OVERTAKEN)}),
            f"was cancelled: {OVERTAKEN}",
        ),
        (story(rows={"recall inbox": None}), "recall of REF: 0 deliveries for 1"),
        (story(rows={"mail": None, "recall mail": None}), "news of REF: 2 deliveries for 3"),
        (story(taken=()), "is sent and did not arrive"),
        (story(requests=(ASKED | {"verified": False}, RECALLING)), "a is not signed"),
        (story(requests=(ASKED, RECALLING, ASKED | {"id": "z"})), "z was never begun"),
        (story(requests=(ASKED | {"path": "/FBI/0"}, RECALLING)), "to /FBI/0"),
        (story(taken=TWICE), "a came again and nothing had died"),
        (story(taken=TWICE, deaths=(Death("worker", 10.2, 10.2, frozenset({9})),)), "a came again"),
        (story(taken=TWICE, deaths=(Death("worker", 30.0, 30.0, frozenset({5})),)), "a came again"),
        (story(rows={"webhook": replace(HOOK, begun=20.5)}), "was begun 0.500 s after the recall"),
        (story(requests=(ASKED | {"at": 32.0}, RECALLING)), "a arrived 12.0 s after the recall"),
        (story(rows={"recall webhook": None}), "and its recall did not"),
        (story(rows={"mail": replace(HOOK, id="c", channel="mail", endpoint=0, begun=0.0)}), "never went"),
    ],
)
def test_what_is_wrong_is_found(told, says):
    assert any(says in each for each in complaints(told)), complaints(told)


@pytest.mark.parametrize(
    "death",
    [Death("worker", 10.2, 10.2, frozenset({5})), Death("PostgreSQL", 9.0, 12.0)],
)
def test_what_came_again_since_its_sender_died_is_no_wrong(death):
    assert complaints(story(taken=TWICE, deaths=(death,))) == []
