"""What many recipients are shown at once is what each is shown by itself, to the last field and the ledger's row."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone

from bulletins.markings.models import TLP
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.disclosures import actions
from sharing.disclosures.actions import disclose, disclose_each, held_by_each
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.models import LedgerRow
from sharing.disclosures.rules import Channel
from sharing.flow import recall, release
from sharing.releases.plan import Pick
from tests.builders import pick, plan, published_bulletin, published_seizure
from tests.cast import agency, viewer

pytestmark = pytest.mark.django_db

NAMES = (
    "cbsa.officer",
    "hsi.agent",
    "dea.agent",
    "stx.analyst",
    "txdps.trooper",
    "rcmp.officer",
    "ncb.officer",
)
CODES = ("CBP", "CBSA", "HSI", "DEA", "HIDTA-STX", "TXDPS", "RCMP", "NCB-OTTAWA")
GROUPS = ("place", "technique", "identifiers", "detail", "case")


def some_records(chance: random.Random) -> list[int]:
    """Records given to some, marked, withheld in part, ended, recalled or worded otherwise by lot."""
    found, who = [], viewer("cbp.releaser")
    for _ in range(8):
        record = published_bulletin() if chance.random() < 0.8 else published_seizure()
        found.append(record.pk)
        controls = ("DISPLAY ONLY",) if chance.random() < 0.2 else ()
        tlps = [chance.choice(["TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]) for _ in range(2)]
        for tlp in sorted(tlps[: chance.randrange(3)], key=lambda each: TLP(each).rank):
            targets = chance.sample(["CBSA", "HSI", "DEA", "RCMP", "community:HIDTA-STX", "community:DHE"], 3)
            if tlp in ("TLP:RED", "TLP:AMBER+STRICT"):
                targets = [each for each in targets if not each.startswith("community")]
            with viewing(who):
                picks = [pick(each, *chance.sample(GROUPS, chance.randrange(3))) for each in targets]
            if tlp == "TLP:RED":
                named = viewer(chance.choice(["cbsa.officer", "hsi.agent"]))
                picks = [Pick(agency=named.agency_id, persons=frozenset({named.person_id}))]
            values = {"controls": controls}
            if chance.random() < 0.3:
                values["ends_at"] = timezone.now() + timedelta(minutes=chance.choice([5, 50]))
            with viewing(who):
                release([record], plan(*picks, tlp=tlp, **values), viewer=who, at=timezone.now())
        if chance.random() < 0.15:
            with viewing(who):
                try:
                    recall(record, reason="sugar", viewer=who, at=timezone.now())
                except Exception as error:
                    assert "recall" in str(error)
    return found


def everybody():
    return [viewer(name) for name in NAMES] + [desk_of(agency(code)) for code in CODES]


def ledger_rows():
    with engine():
        rows = LedgerRow.objects.order_by("id").values()
        return [{name: value for name, value in row.items() if name not in ("id", "at")} for row in rows]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("channel", [Channel.WEBHOOK, Channel.MAIL])
def test_each_is_shown_what_they_are_shown_alone(seed, channel, jump):
    chance, at = random.Random(seed), timezone.now()
    records = some_records(chance)
    jump(at + timedelta(minutes=chance.choice([0, 10])))
    wanted = [(who, record) for record in records for who in everybody()]
    chance.shuffle(wanted)
    with engine():
        before = len(ledger_rows())
    alone, held = [], []
    for who, record in wanted:
        with viewing(who):
            alone.append(disclose(who, [record], channel, at=at))
            held.append(bool(disclose(who, [record], Channel.PAGE, at=at)))
    each_by_itself = [row for row in ledger_rows()[before:] if row["channel"] == channel]
    middle = len(ledger_rows())

    together = disclose_each(wanted, channel, at=at)

    assert [[one] if isinstance(one, Disclosure) else [] for one in together] == alone
    assert [one is not None for one in together] == held == held_by_each(wanted)
    assert ledger_rows()[middle:] == each_by_itself
    assert any(held) and not all(held)


def test_recipients_of_the_same_share_one_disclosure():
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        release(
            [bulletin], plan(pick("HSI"), pick("DEA"), pick("CBSA", "place")), viewer=who, at=timezone.now()
        )
    hsi, dea, cbsa = disclose_each(
        [(desk_of(agency(code)), bulletin.pk) for code in ("HSI", "DEA", "CBSA")], Channel.WEBHOOK
    )
    assert hsi is dea and cbsa is not hsi


EACH = actions.EACH
ONE_S_OWN = "g.record_id = wanted.id and g.group_id = wanted.agency"


def without(*locks: str) -> str:
    """The question of many without its join on one's own grants, without what asks the audience, or both."""
    query = EACH
    assert ONE_S_OWN in query and actions.AUDIENCE in query
    if "grants" in locks:
        query = query.replace(ONE_S_OWN, "g.record_id = wanted.id")
    return query.replace(actions.AUDIENCE, "") if "audience" in locks else query


@pytest.mark.parametrize("lock", ["grants", "audience"])
def test_with_one_lock_gone_an_outsider_is_shown_nothing_by_the_other(lock, monkeypatch):
    bulletin = published_bulletin()
    who = viewer("cbp.releaser")
    with viewing(who):
        release([bulletin], plan(pick("HSI")), viewer=who, at=timezone.now())
    outside = [(desk_of(agency(code)), bulletin.pk) for code in ("DEA", "CBSA", "RCMP")]
    inside = (desk_of(agency("HSI")), bulletin.pk)
    monkeypatch.setattr(actions, "EACH", without(lock))
    assert disclose_each(outside, Channel.WEBHOOK) == [None] * 3
    assert isinstance(disclose_each([inside], Channel.WEBHOOK)[0], Disclosure)
    monkeypatch.setattr(actions, "EACH", without("grants", "audience"))
    assert all(isinstance(one, Disclosure) for one in disclose_each(outside, Channel.WEBHOOK))
