"""Whether every promise was kept: what was done, what the hub says it sent, and what arrived must be one story."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.chaos.evidence import READ_S, RECALLED, Delivered, Evidence, gather, why_again
from tests.chaos.run import TIMEOUT_S, Run

OVERTAKEN = "a newer version was told in its place"
CANCELLED_FOR = ("recalled before it was sent", "access ended before it was sent")
SHOWN = 10


@dataclass(frozen=True)
class Verdict:
    lines: list[str]
    complaints: list[str]
    summary: str


def judge(run: Run, own: psycopg.Connection, mail: Path) -> Verdict:
    found = gather(run, own, mail)
    repeats = Counter(cause for _id, cause in repeated(found))
    wrong = complaints(found)
    shown = wrong[:SHOWN] + ([f"... and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else [])
    return Verdict(
        lines=[*tables(found, repeats), *(f"WRONG: {each}" for each in shown)],
        complaints=wrong,
        summary=summary(found, repeats, len(wrong)),
    )


def complaints(found: Evidence) -> list[str]:
    return [
        *wrongly_settled(found),
        *not_queued(found),
        *not_arrived(found),
        *strange_requests(found),
        *(f"{uid} came again and nothing had died" for uid, cause in repeated(found) if not cause),
        *after_recall(found),
        *too_late(found),
        *recalls_astray(found),
    ]


def wrongly_settled(found: Evidence) -> Iterator[str]:
    """Sent; or cancelled, since it was recalled or a newer version took its place: nothing else is an end."""
    newest = {(row.ref, row.place): row.id for row in found.deliveries if row.kind != RECALLED}
    for row in found.deliveries:
        if row.state == "sent":
            continue
        if row.state != "cancelled":
            yield f"{said(row)} is {row.state} {row.failure}"
        elif row.kind == RECALLED or not (
            (row.note == OVERTAKEN and newest[row.ref, row.place] != row.id)
            or (row.note in CANCELLED_FOR and row.ref in found.committed)
        ):
            yield f"{said(row)} was cancelled: {row.note or 'for no reason'}"


def not_queued(found: Evidence) -> Iterator[str]:
    """Each deed that was committed told everybody by every way, once; and nothing was told that was not done.

    What an amendment overtook is told as new still.
    """
    queued: dict[tuple[str, bool], Counter[tuple[str, str, int]]] = defaultdict(Counter)
    done: dict[tuple[str, bool], Counter[tuple[str, str, int]]] = defaultdict(Counter)
    for row in found.deliveries:
        if row.kind != RECALLED or row.channel == "inbox":
            queued[row.ref, row.kind == RECALLED][row.place] += 1
    for deed in found.deeds:
        agencies, recalled = deed["agencies"], deed["verb"] == "recall"
        wanted = [(agency, "inbox", 0) for agency in agencies]
        if not recalled:
            wanted += [(agency, "mail", 0) for agency in agencies]
            wanted += [
                (agency, "webhook", endpoint)
                for endpoint, path in found.paths.items()
                if (agency := path.split("/")[1]) in agencies
            ]
        done[deed["ref"], recalled].update(wanted)
    for ref, recalled in queued.keys() | done.keys():
        if queued[ref, recalled] != done[ref, recalled]:
            told, wanted_count = queued[ref, recalled].total(), done[ref, recalled].total()
            yield f"{'recall' if recalled else 'news'} of {ref}: {told} deliveries for {wanted_count}"


def not_arrived(found: Evidence) -> Iterator[str]:
    for row in found.deliveries:
        arrived = found.taken if row.channel == "webhook" else found.mails
        if row.state == "sent" and row.channel != "inbox" and not arrived.get(row.id):
            yield f"{said(row)} is sent and did not arrive"


def strange_requests(found: Evidence) -> Iterator[str]:
    """Each is signed, goes where its delivery goes, and says what its delivery tells of."""
    known = {row.id: row for row in found.deliveries if row.channel == "webhook"}
    types = {"new": "bulletin.released", "amended": "bulletin.amended", RECALLED: "bulletin.recalled"}
    for each in found.requests:
        row = known.get(each["id"])
        if not each["verified"]:
            yield f"{each['id']} is not signed"
        elif row is None or not row.begun:
            yield f"{each['id']} was never begun"
        elif (each["path"], each["ref"], each["type"]) != (
            found.paths[row.endpoint],
            row.ref,
            types[row.kind],
        ):
            yield f"{each['id']} said {each['type']} of {each['ref']} to {each['path']}, for {said(row)}"
    unknown = found.mails.keys() - {row.id for row in found.deliveries if row.channel == "mail"} - {""}
    yield from (f"the mail {uid} belongs to no delivery" for uid in unknown)


def repeated(found: Evidence) -> Iterator[tuple[str, str]]:
    """(id, what had died) of everything that arrived again after it was taken."""
    for uid, taken in (*found.taken.items(), *found.mails.items()):
        if uid:
            yield from ((uid, why_again(one, found.deaths)) for one in taken[:-1])


def after_recall(found: Evidence) -> Iterator[str]:
    """Nothing is begun after the commit of its recall."""
    rows = {row.id: row for row in found.deliveries if row.kind != RECALLED}
    for row in rows.values():
        if row.begun > found.committed.get(row.ref, row.begun):
            yield f"{said(row)} was begun {row.begun - found.committed[row.ref]:.3f} s after the recall"


def too_late(found: Evidence) -> Iterator[str]:
    for uid, late_s in late(found):
        if late_s > TIMEOUT_S + READ_S:
            yield f"{uid} arrived {late_s:.1f} s after the recall"


def late(found: Evidence) -> Iterator[tuple[str, float]]:
    """(id, seconds) of what the receiver was sent of a record after its recall, but the recall itself.

    Where nobody waited for the answer any more it was sent earlier than it was read.
    """
    for each in found.requests:
        late_s = each["at"] - found.committed.get(each["ref"], each["at"])
        if late_s > 0 and each["fate"] != "late" and not each["type"].endswith(RECALLED):
            yield each["id"], late_s


def recalls_astray(found: Evidence) -> Iterator[str]:
    """By mail and webhook a recall goes wherever an attempt was ever begun, and nowhere else."""
    begun: dict[str, set[tuple[str, str, int]]] = defaultdict(set)
    told: dict[str, set[tuple[str, str, int]]] = defaultdict(set)
    for row in found.deliveries:
        if row.channel != "inbox" and row.kind == RECALLED:
            told[row.ref].add(row.place)
        elif row.channel != "inbox" and row.begun:
            begun[row.ref].add(row.place)
    for ref in found.committed:
        yield from (f"{ref} went to {place} and its recall did not" for place in begun[ref] - told[ref])
        yield from (f"{ref} was recalled to {place}, where it never went" for place in told[ref] - begun[ref])


def tables(found: Evidence, repeats: Counter[str]) -> list[str]:
    states = Counter((row.channel, row.state) for row in found.deliveries)
    fates = Counter(each["fate"] for each in found.requests)
    kinds = Counter(deed["verb"] for deed in found.deeds)
    return [
        "deliveries   " + counts((f"{channel} {state}", n) for (channel, state), n in sorted(states.items())),
        "deeds        " + counts(kinds.items()),
        f"requests     {len(found.requests)}: " + counts(fates.most_common()),
        "repeats      "
        + (counts((f"after a death of {cause or 'nothing'}", n) for cause, n in repeats.items()) or "none"),
        f"recalls      {len(found.committed)}; {len(list(late(found)))} attempts begun before one arrived after it",
    ]


def summary(found: Evidence, repeats: Counter[str], wrong: int) -> str:
    states = Counter(row.state for row in found.deliveries)
    over = sum(row.note == OVERTAKEN for row in found.deliveries if row.state == "cancelled")
    begun = len(list(after_recall(found)))
    return (
        f"chaos: {'FAILED, ' + str(wrong) + ' wrong' if wrong else 'held'}: {len(found.deliveries):,} deliveries, "
        f"{states['sent']:,} sent, {states['cancelled'] - over} cancelled by {len(found.committed)} recalls, "
        f"{over} overtaken by newer versions, "
        f"{states['failed']} failed; {repeats.total()} repeats, {repeats['']} of them without a death in flight; "
        f"{begun} begun after a recall"
    )


def counts(rows: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in rows)


def said(row: Delivered) -> str:
    return f"{row.kind} {row.ref} to {row.agency} by {row.channel} ({row.id})"
