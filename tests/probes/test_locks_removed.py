"""A test of the tests: each lock taken away in turn, and still nothing is found. With all gone everything is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bulletins.vocabulary.models import Port
from hub.accounts.tokens import issue_token
from sharing.disclosures import actions
from sharing.subscriptions.models import Subscription
from tests.builders import CANARIES, published_seizure, released
from tests.cast import person
from tests.disclosures.reader import reader, text, with_photographs
from tests.feeds.polling import desk_feed
from tests.subscriptions.conftest import subscribed

pytestmark = pytest.mark.django_db(transaction=True)

VIEWS = ("bulletins_found", "sharing_inbox")
WITHHELD = ("place", "technique", "identifiers", "case")


@dataclass(frozen=True)
class Hidden:
    """What is looked for: the bulletin's names and its pictures, each by the group it stands in."""

    ref: str
    uid: str
    port: str
    pictures: dict[str, str]


@dataclass(frozen=True)
class Prober:
    """Somebody with a browser and a program. An answer is asked for once: probes share it."""

    username: str
    pages: Client
    programs: Client
    had: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def page(self, path: str, **question: str) -> str:
        return self._once("page", path, question, lambda: text(self.pages.get(path, question)))

    def json(self, path: str, **question: str) -> Any:
        return self._once(
            "json", path, question, lambda: self.programs.get(f"/api/v1/{path}", question).json()
        )

    def _once(self, kind: str, path: str, question: dict[str, str], ask: Callable[[], Any]) -> Any:
        key = (kind, path, *sorted(question.items()))
        if key not in self.had:
            self.had[key] = ask()
        return self.had[key]

    def file(self) -> str:
        """The list of bulletins as a file; the page that says why there is none."""
        path = "/exports/new/?from=bulletins"
        return self._once("file", path, {}, lambda: text(self.pages.post(path, {"as": "csv"})))

    def alerts(self) -> str:
        """Each alert that the desk's feed and one of their own lead to, and both as Atom."""
        return self._once("alerts", "", {}, self._pulled)

    def _pulled(self) -> str:
        return "".join(self._fed(each) for each in (subscribed(self.username), desk_feed(self.username)))

    def _fed(self, by: Subscription) -> str:
        feed = f"/feeds/{by.uid}"
        index = text(self.programs.get(f"{feed}/cap.xml"))
        paths = re.findall(r'href="[^"]+(/feeds/[^"]+/cap/[^"]+\.xml)"', index)
        return index + "".join(text(self.programs.get(path)) for path in [*paths, f"{feed}/atom.xml"])

    def refs(self, path: str, **question: str) -> set[str]:
        page = self.page(path, **question)
        return set(re.findall(r'<a class="title" href="/(?:bulletins|seizures)/([^/]+)/"', page))

    def found(self, path: str, hidden: Hidden, **question: str) -> bool:
        """Whether the record is in the rows, or is told of by the number over them or beside a filter."""
        page = self.page(path, **question)
        numbers = re.findall(r"(\d[\d,+]*) (?:results? for|results? |that \S+ may see|of those that)", page)
        beside = re.findall(r'<span class="n">(\d[\d,+]*)', page)
        return hidden.ref in self.refs(path, **question) or any(n != "0" for n in [*numbers, *beside])

    def number(self, path: str, **question: str) -> str:
        """How many results the page says there are."""
        said = re.search(r"(\d[\d,+]*) results?", self.page(path, **question))
        return said[1] if said else "0"

    def listed(self, hidden: Hidden, **question: str) -> bool:
        return hidden.uid in {row["uid"] for row in self.json("bulletins/", **question)["results"]}


Probe = Callable[[Prober, Hidden], bool]


def picture(group: str) -> Probe:
    def probe(who: Prober, hidden: Hidden) -> bool:
        path = f"/bulletins/{hidden.ref}/photographs/{hidden.pictures[group]}/"
        return any(each.get(path).status_code == 200 for each in (who.pages, who.programs))

    return probe


def saying(group: str) -> dict[str, Probe]:
    """Whether the words of one field group are found, quoted or shown anywhere."""
    word = CANARIES[group]
    return {
        f"search for {group}": lambda who, hidden: who.found("/search/", hidden, q=word),
        f"search without {group}": lambda who, hidden: (
            who.number("/search/", q=f"tank -{word}") != who.number("/search/", q="tank")
        ),
        f"API search for {group}": lambda who, hidden: who.listed(hidden, q=word),
        f"page says {group}": lambda who, hidden: word in who.page(f"/bulletins/{hidden.ref}/"),
        f"API says {group}": lambda who, hidden: word in str(who.json(f"bulletins/{hidden.uid}/")),
        f"file says {group}": lambda who, hidden: word in who.file(),
        f"alert says {group}": lambda who, hidden: word in who.alerts(),
        f"list says {group}": lambda who, hidden: (
            word in str(who.json("bulletins/")) + who.page("/bulletins/")
        ),
    }


# What somebody who was given the record finds, and an outsider never.
OF_THE_RECORD: dict[str, Probe] = {
    "list": lambda who, hidden: who.found("/bulletins/", hidden),
    "list, narrowed": lambda who, hidden: who.found("/bulletins/", hidden, method="VEH", owner="CBP", hazard="1"),
    "search": lambda who, hidden: who.found("/search/", hidden, q="tank"),
    "search without words": lambda who, hidden: who.found("/search/", hidden),
    "search by reference": lambda who, hidden: who.pages.get("/search/", {"q": hidden.ref}).status_code == 302,
    "page": lambda who, hidden: who.pages.get(f"/bulletins/{hidden.ref}/").status_code == 200,
    "today": lambda who, hidden: f"/bulletins/{hidden.ref}/" in who.page("/"),
    "what rises": lambda who, hidden: "Quarter panel" in who.page("/"),
    "API list": lambda who, hidden: who.listed(hidden),
    "API by uid": lambda who, hidden: who.programs.get(f"/api/v1/bulletins/{hidden.uid}/").status_code == 200,
    "photograph": picture("detail"),
    "paper": lambda who, hidden: who.pages.get(f"/bulletins/{hidden.ref}/pdf/").status_code != 404,
    "file": lambda who, hidden: hidden.uid in who.file(),
    # What was given and is withdrawn has no marking left.
    "Atom": lambda who, hidden: f"urn:uuid:{hidden.uid}</id><title>TLP:" in who.alerts(),
    **saying("core"),
    **saying("detail"),
}  # fmt: skip
# What somebody who was given it without some parts does not find of these.
OF_THE_PARTS: dict[str, Probe] = {
    "list by port": lambda who, hidden: who.found("/bulletins/", hidden, port=hidden.port),
    "search by port": lambda who, hidden: hidden.ref in who.refs("/search/", port=hidden.port),
    "number by port": lambda who, hidden: who.number("/search/", port=hidden.port) != "0",
    "search for the port's name": lambda who, hidden: who.found("/search/", hidden, q="Laredo"),
    "API by port": lambda who, hidden: who.listed(hidden, port=hidden.port),
    "X-ray": picture("technique"),
    **{name: probe for group in WITHHELD for name, probe in saying(group).items()},
}  # fmt: skip


@pytest.fixture
def hidden(db: None) -> Hidden:
    """CBP's: South Texas has it whole, CBSA without place, technique, identifiers and case, others nothing."""
    bulletin, pictures = with_photographs()
    released(bulletin, ("CBSA", "place", "technique", "identifiers"), "community:HIDTA-STX")
    report = published_seizure()
    released(report, "HSI")
    port = Port.objects.get(code=bulletin.port_id)
    return Hidden(bulletin.ref, str(bulletin.uid), port.code, pictures)


@pytest.fixture(autouse=True)
def unhurried(settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = settings.API_STRANGERS_A_MINUTE = 1_000_000


def prober(username: str) -> Prober:
    key = issue_token(person(username), scope="read", days=1, at=timezone.now())
    return Prober(username, reader(username), Client(headers={"Authorization": f"Token {key}"}))


def found(probes: dict[str, Probe], username: str, hidden: Hidden) -> set[str]:
    who = prober(username)
    return {name for name, probe in probes.items() if probe(who, hidden)}


@contextmanager
def no_predicate(owner_sql: Any, monkeypatch: Any) -> Iterator[None]:
    """Lock 1: the views that `visible_to` begins at give every row, and run as their owner as ever."""
    before = {name: owner_sql("select pg_get_viewdef(%s::regclass)", [name])[0][0] for name in VIEWS}
    try:
        for name, query in before.items():
            everything, predicate = re.split(r"\n\s+WHERE ", query.rstrip().rstrip(";"), maxsplit=1)
            assert "hub_" in predicate and "hub_" not in everything
            owner_sql(f"create or replace view {name} as {everything}")
        yield
    finally:
        for name, query in before.items():
            owner_sql(f"create or replace view {name} as {query}")


@contextmanager
def no_second_look(owner_sql: Any, monkeypatch: Any) -> Iterator[None]:
    """Lock 2: `disclose` takes whichever face the record has, the one that says most first, and asks for no grant."""
    with monkeypatch.context() as patch:
        for name in ("BY_RELEASE", "OPENED"):
            patch.setattr(actions, name, without_grants(getattr(actions, name)))
        yield


def without_grants(asked: str) -> str:
    bare = re.sub(
        r"join sharing_grant g .*?\n    join bulletins_face f on f.id = g.face_id",
        """join lateral (select * from bulletins_face f where f.record_id = wanted.id
                         order by cardinality(f.withheld) limit 1) f on true
           cross join lateral (select now() as visible_since, nullif(%s::bigint, 0) as person_id) found
           left join sharing_grant g on false""",
        asked,
        count=1,
        flags=re.DOTALL,
    )
    bare = bare.replace("g.record_id, f.uid", "f.record_id, f.uid").replace(
        "g.visible_since", "found.visible_since"
    )
    # As many places for values as before, in their order; and nothing is asked of grants.
    assert bare.count("%s") == asked.count("%s") and "sharing_grant g on false" in bare
    return bare


@contextmanager
def no_policies(owner_sql: Any, monkeypatch: Any) -> Iterator[None]:
    """Lock 3: row-level security is off on every table of records, faces and grants."""
    tables = [
        name
        for (name,) in owner_sql(
            "select relname from pg_class where relrowsecurity and relname ~ '^(bulletins|sharing)_'"
        )
    ]
    assert {"bulletins_face", "bulletins_record", "sharing_grant"} <= set(tables)
    try:
        for name in tables:
            owner_sql(f"alter table {name} disable row level security")
        yield
    finally:
        for name in tables:
            owner_sql(f"alter table {name} enable row level security")


LOCKS = {"visible_to": no_predicate, "disclose": no_second_look, "policies": no_policies}


def test_those_who_were_given_it_find_it_and_others_do_not(hidden):
    ours = {**OF_THE_RECORD, **OF_THE_PARTS}
    assert set(ours) - found(ours, "stx.analyst", hidden) == {"what rises"}
    assert found({"what rises": OF_THE_RECORD["what rises"]}, "hsi.agent", hidden)
    assert set(OF_THE_RECORD) - found(OF_THE_RECORD, "cbsa.officer", hidden) == {"what rises"}
    assert found(OF_THE_PARTS, "cbsa.officer", hidden) == set()
    assert found(ours, "ncb.officer", hidden) == set()


@pytest.mark.parametrize("lock", list(LOCKS))
def test_with_one_lock_gone_nothing_is_found(lock, hidden, owner_sql, monkeypatch):
    with LOCKS[lock](owner_sql, monkeypatch):
        assert found({**OF_THE_RECORD, **OF_THE_PARTS}, "ncb.officer", hidden) == set()
        assert found(OF_THE_PARTS, "cbsa.officer", hidden) == set()
        assert "what rises" not in found({"what rises": OF_THE_RECORD["what rises"]}, "cbsa.officer", hidden)
        # The lock is gone for everybody: who may, still does.
        assert OF_THE_RECORD["page"](prober("stx.analyst"), hidden)


def test_with_every_lock_gone_the_probes_find_it(hidden, owner_sql, monkeypatch):
    ours = {**OF_THE_RECORD, **OF_THE_PARTS}
    with ExitStack() as stack:
        for remove in LOCKS.values():
            stack.enter_context(remove(owner_sql, monkeypatch))
        assert set(ours) - found(ours, "ncb.officer", hidden) == set()
        assert set(OF_THE_PARTS) - found(OF_THE_PARTS, "cbsa.officer", hidden) == set()
    assert found(ours, "ncb.officer", hidden) == set()
