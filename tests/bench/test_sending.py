"""What sending is measured with: the receiver takes what a bare loop posts, and the words hold the figures."""

from __future__ import annotations

from tests.bench.bare import bare
from tests.bench.receiver import receiver
from tests.bench.sending import Sending, Sent


def test_the_receiver_notes_each_post_once_by_its_id():
    with receiver() as to:
        bare(to.url, [(b"{}" * 500, {"webhook-id": f"id-{n}"}) for n in range(200)])
        taken = to.taken()
        assert set(taken) == {f"id-{n}" for n in range(200)} and to.taken() == {}


def test_what_is_said_compares_with_the_bare_loop_and_with_a_task_each():
    found = Sending(
        10_000, Sent(4_000, 160), Sent(5_000, 0), Sent(10_000, 80), 400, 0.3, 10_000, 0.1, 1.0, 1.05, 100, 101, 10_000
    )  # fmt: skip
    said = found.said()
    for words in ("0.40 of it by the clock, 0.50", "two senders 5,000: 0.50", "12.5 times as fast", "+5%"):
        assert words in said
    assert found.kept()["bare"]["a_second"] == 10_000
