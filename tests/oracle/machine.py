"""A random life of the hub, step by step, beside the plain reading of the rules (tests/oracle/reading.py).

Each step is done twice: by the hub's own actions, and in memory. After it everybody's eyes are compared: what
`visible_to` lists, what `disclose` gives, what search finds, what row-level security alone lets through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import strategies as st

from bulletins.flow import publish
from bulletins.models import Bulletin, Found
from bulletins.records.actions import write_down
from bulletins.records.models import Kind
from bulletins.vocabulary.models import Mode
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState
from hub.database.context import viewing
from sharing.agreements.models import Agreement
from sharing.audiences.actions import rebuild_grants, regrant
from sharing.audiences.membership import history as extent
from sharing.audiences.models import Received
from sharing.communities.models import Community, Joining
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.flow import Handling, carry_over, mark, recall, refresh, release
from sharing.flow.admitting import confirm, leave
from sharing.flow.agreeing import resume, suspend
from sharing.flow.joining import ask
from sharing.flow.lapsing import begin_due, settle_left
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan
from tests.cast import agency, viewer
from tests.conftest import as_owner
from tests.oracle.reading import (
    STRICTNESS,
    Body,
    Circle,
    Gift,
    History,
    Leave,
    Pact,
    Paper,
    Text,
    Way,
)

GROUPS = ("detail", "place", "technique", "identifiers", "case")
# The owners, with an officer and a releaser each; and those who only receive.
OWNERS = {"CBP": ("cbp.officer", "cbp.releaser"), "CBSA": ("cbsa.officer", "cbsa.releaser")}
READERS = {
    "cbp.officer": "CBP",
    "cbp.releaser": "CBP",
    "cbp.liaison": "CBP",
    "hsi.agent": "HSI",
    "dea.agent": "DEA",
    "stx.analyst": "HIDTA-STX",
    "txdps.trooper": "TXDPS",
    "cbsa.officer": "CBSA",
    "cbsa.releaser": "CBSA",
    "rcmp.officer": "RCMP",
    "ncb.officer": "NCB-OTTAWA",
}
CODES = sorted(set(READERS.values()))
CLASSES = {"fentanyl": "opioid", "cocaine": "stimulant"}

# Record -> version and withheld groups.
Sight = dict[int, tuple[int, frozenset[str]]]

codes = st.sampled_from(CODES)
groups = st.sets(st.sampled_from(GROUPS), max_size=3)
markings = st.sampled_from(STRICTNESS + ["TLP:GREEN", "TLP:AMBER"] * 2)
ahead = st.one_of(st.none(), st.integers(1, 40).map(lambda days: timedelta(days=days)))
index = st.integers(0, 99)


@dataclass(frozen=True)
class Step:
    """Something that may happen, with what it is drawn from; `often` is its weight among the others."""

    deed: Callable[..., None]
    when: Callable[[Life], object]
    drawn: dict[str, st.SearchStrategy[Any]]
    often: int


STEPS: list[Step] = []


def step(
    *, often: int = 1, when: Callable[[Life], object] = lambda life: True, **drawn: st.SearchStrategy[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def listed(deed: Callable[..., None]) -> Callable[..., None]:
        STEPS.append(Step(deed, when, drawn, often))
        return deed

    return listed


class Life:
    """One history. All of it happens in a transaction that is rolled back at the end."""

    def __init__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = timezone.now().replace(microsecond=0)
        self._clock()
        self.told = History()
        self.records: dict[int, Any] = {}
        self.releases: dict[int, int] = {}
        self.viewers = {name: viewer(name) for name in READERS}
        self.persons = {who.person_id: name for name, who in self.viewers.items()}

    def ends_as_it_should(self) -> None:
        """Computing all grants anew from the releases changes nothing."""
        changes = rebuild_grants(self.now)
        assert not (changes.granted or changes.changed or changes.withdrawn), changes

    def forget(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # --- The world ---------------------------------------------------------------------------------------------
    def world(self, data: Any) -> None:
        parent = {"TXDPS": "HIDTA-STX", "DEA": "HSI"}
        for code in CODES:
            row = agency(code)
            cfr23 = data.draw(st.booleans(), label=f"{code} accepted 28 CFR 23")
            above = data.draw(st.sampled_from([None, parent.get(code)]), label=f"parent of {code}")
            Agency.objects.filter(pk=row.pk).update(
                cfr23_accepted_on=self.now.date() if cfr23 else None,
                parent=agency(above) if above else None,
                parent_confirmed_at=self.now if above else None,
            )
            self.told.bodies[code] = Body(code, row.country, row.kind, parent=above, cfr23=cfr23)
        as_owner("delete from sharing_direction")
        as_owner("delete from sharing_agreement")
        for number in range(2):
            members = data.draw(st.sets(codes, max_size=5), label="members")
            self._circle(number, members)
        # One between the owners' countries nearly always, so that histories cross borders; others as they come.
        if data.draw(st.integers(0, 9), label="owners agree"):
            self._pact(1, data, ["CBP", "CBSA"])
        for number in range(data.draw(st.integers(0, 2), label="treaties")):
            self._pact(number + 2, data)
        for deed in (Life.post, Life.post, Life.give, Life.give):
            self._happen(next(each for each in STEPS if each.deed is deed), data)

    def happen(self, data: Any) -> None:
        """One step more, drawn among those that can be taken now; then everybody's eyes are compared."""
        able = [each for each in STEPS if each.when(self) for _time in range(each.often)]
        self._happen(able[data.draw(st.integers(0, len(able) - 1), label="step")], data)

    def _happen(self, taken: Step, data: Any) -> None:
        name = taken.deed.__name__
        taken.deed(self, **{key: data.draw(of, label=f"{name}: {key}") for key, of in taken.drawn.items()})
        self.everybody_sees_exactly_what_the_rules_say()

    def _circle(self, number: int, members: set[str]) -> None:
        as_owner(
            "insert into sharing_community (code, name, kind, lead_id, description, roster_visible)"
            " values (%s, %s, 'bilateral', %s, '', true)",
            [f"OP-{number}", f"Operation {number}", agency("CBP").pk],
        )
        with viewing(self.viewers["cbp.releaser"]):
            pk = Community.objects.get(code=f"OP-{number}").pk
        self.told.circles[pk] = Circle(pk, {})
        # Both owners may pick it.
        for code in sorted({*members, *OWNERS}):
            self._join(pk, code, history=True)

    def _join(self, circle: int, code: str, *, history: bool) -> None:
        as_owner(
            "insert into sharing_membership (community_id, agency_id, joined_at, with_history, confirmed_at)"
            " values (%s, %s, %s, %s, %s)",
            [circle, agency(code).pk, self.now, history, self.now - timedelta(seconds=1)],
        )
        self.told.circles[circle].members[code] = None if history else self.now

    def _pact(self, number: int, data: Any, parties: list[str] | None = None) -> None:
        first, second = parties or data.draw(
            st.lists(codes, min_size=2, max_size=2, unique=True), label="parties"
        )
        begins = self.now - timedelta(days=data.draw(st.integers(-3, 30), label="begins"))
        pact = Pact(
            number,
            [],
            begins,
            begins + timedelta(days=data.draw(st.integers(4, 90), label="days")),
            accepted=data.draw(st.sampled_from([True, True, True, False]), label="accepted"),
            governments=data.draw(st.booleans(), label="governments"),
        )
        as_owner(
            "insert into sharing_agreement (id, code, name, first_id, second_id, whole_governments, valid_from,"
            " valid_to, accepted_at, decline_reason, suspended_by, suspend_reason, revision, warned)"
            " overriding system value values (%s, %s, '', %s, %s, %s, %s, %s, %s, '', '{}', '', 1, '{}')",
            [
                number,
                f"T-{number}",
                agency(first).pk,
                agency(second).pk,
                pact.governments,
                pact.begins,
                pact.ends,
                self.now if pact.accepted else None,
            ],
        )
        for giver, taker in ((first, second), (second, first)):
            way = Way(
                giver,
                taker,
                data.draw(st.sampled_from([{"bulletin"}, {"bulletin", "seizure"}]), label="kinds"),
                data.draw(st.sampled_from([set(), set(), {"opioid"}, {"stimulant"}]), label="classes"),
                data.draw(st.sampled_from([*STRICTNESS[1:], *STRICTNESS[2:]]), label="highest"),
                data.draw(st.sets(st.sampled_from(GROUPS), min_size=1, max_size=2), label="withheld"),
            )
            pact.ways.append(way)
            as_owner(
                "insert into sharing_direction (agreement_id, giver_id, kinds, drug_classes, highest_tlp, withheld,"
                " caveat, legal_basis, permitted_use) values (%s, %s, %s, %s, %s, %s, '', '', '')",
                [
                    number,
                    agency(giver).pk,
                    sorted(way.kinds),
                    sorted(way.classes),
                    way.highest,
                    sorted(way.withheld),
                ],
            )
        self.told.pacts.append(pact)

    # --- What happens ------------------------------------------------------------------------------------------
    @step(
        often=2,
        when=lambda self: len(self.records) < 4,
        owner=st.sampled_from(sorted(OWNERS)),
        originator=st.sampled_from([None, None, None, "HSI", "CBSA", "CBP"]),
        filled=st.sets(st.sampled_from(GROUPS)),
        drug=st.sampled_from(sorted(CLASSES)),
        certified=st.sampled_from([True, True, True, False]),
        tlp=markings,
    )
    def post(
        self, owner: str, originator: str | None, filled: set[str], drug: str, certified: bool, tlp: str
    ) -> None:
        who = self.viewers[OWNERS[owner][0]]
        record = Bulletin(kind=Kind.BULLETIN)
        paper = Paper(0, owner, originator or owner, "bulletin", OWNERS[owner][0], tlp=tlp)
        with viewing(who):
            self._write(record, paper, filled, drug, certified, who)
        paper.number = record.pk
        self.told.papers[record.pk], self.records[record.pk] = paper, record

    @step(
        often=2,
        when=lambda self: self.records,
        which=index,
        filled=st.sets(st.sampled_from(GROUPS)),
        drug=st.sampled_from(sorted(CLASSES)),
    )
    def amend(self, which: int, filled: set[str], drug: str) -> None:
        record, paper = self._record(which)
        if len(paper.texts) > 2 or paper.recalled:
            return
        who = self.viewers[OWNERS[paper.owner][0]]
        with viewing(who):
            record = Bulletin.objects.get(pk=record.pk)
            self._write(record, paper, filled, drug, True, who)

    def _write(
        self, record: Any, paper: Paper, filled: set[str], drug: str, certified: bool, who: Viewer
    ) -> None:
        number = len(paper.texts) + 1

        def word(group: str) -> str:
            return f"zq{group}{number}" if group in filled else ""

        facts = {
            "title": f"zqcore{number}",
            "tear_line": "Carried in a tank.",
            "methods": ["VEH-MECH-FUEL"],
            "mode": Mode(code="passenger_vehicle"),
            "narrative": word("detail"),
            "place": word("place"),
            "technique": word("technique"),
            "case_number": word("case"),
            "predicate": "Found in possession" if certified else "",
            "predicate_category": "trafficking" if certified else "",
        }
        if number == 1:
            facts |= {"tlp": paper.tlp, "originator": agency(str(paper.originator))}
        write_down(
            record,
            facts,
            viewer=who,
            at=self.now,
            substances=[{"drug": drug}],
            identifiers=[{"kind": "plate", "value": word("identifiers")}] if "identifiers" in filled else [],
            certify=certified,
        )
        publish(record, viewer=who, at=self.now)
        paper.texts.append(Text({CLASSES[drug]}, set(filled) | {"core"}, certified))

    @step(
        often=6,
        when=lambda self: self.records,
        which=index,
        to=st.one_of(codes, st.sampled_from(["CBSA", "CBP", "RCMP", "circle0", "circle1", "all"])),
        withheld=groups,
        tlp=markings,
        control=st.sampled_from(["", "", "", "", "NOFORN", "FED ONLY", "REL TO", "DISPLAY ONLY"]),
        begins=ahead,
        ends=ahead,
    )
    def give(
        self,
        which: int,
        to: str,
        withheld: set[str],
        tlp: str,
        control: str,
        begins: timedelta | None,
        ends: timedelta | None,
    ) -> None:
        record, paper = self._record(which)
        circle = sorted(self.told.circles)[int(to[-1])] if to.startswith("circle") else None
        body = to if circle is None and to != "all" else None
        named = (
            sorted(name for name, code in READERS.items() if code == body)[:1]
            if tlp == STRICTNESS[-1]
            else []
        )
        who = self.viewers[OWNERS[paper.owner][1]]
        starts = self.now + begins if begins else None
        stops = self.now + (begins or timedelta()) + ends if ends else None
        plan = Plan(
            picks=(
                Pick(
                    agency=agency(body).pk if body else None,
                    community=circle,
                    withheld=frozenset(withheld),
                    persons=frozenset(self.viewers[name].person_id or 0 for name in named),
                ),
            ),
            tlp=tlp,
            controls=(control,) if control else (),
            rel_to=("US",) if control == "REL TO" else (),
            need_to_know="work",
            right_to_know="law",
            starts_at=starts,
            ends_at=stops,
            marking_reason="because",
        )
        try:
            with viewing(who), transaction.atomic():
                release([record], plan, viewer=who, at=self.now)
                made = Release.objects.filter(record_id=record.pk).order_by("-id").first()
        except ValidationError:
            return
        paper.tlp, paper.controls, paper.rel_to = tlp, set(plan.controls), set(plan.rel_to)
        paper.recalled = False
        if body == paper.owner and tlp != STRICTNESS[-1]:
            # Its own agency has it anyhow: nothing is given, and what stood is replaced by nothing.
            made = None
        for gift in self.told.gifts:
            if gift.paper == record.pk and (gift.body, gift.circle) == (body, circle) and not gift.over:
                if starts is not None and (gift.begins is None or gift.begins <= self.now):
                    gift.ends = min(gift.ends, starts) if gift.ends else starts
                else:
                    gift.over = True
        if made is None:
            return
        self.told.gifts.append(
            Gift(
                made.pk,
                record.pk,
                len(paper.texts),
                OWNERS[paper.owner][1],
                body=body,
                circle=circle,
                members=set(self.told.circles[circle].members) if circle else set(),
                people=set(named),
                withheld=set(withheld),
                begins=starts or self.now,
                ends=stops,
            )
        )

    @step(when=lambda self: self.records, which=index)
    def take_back(self, which: int) -> None:
        record, paper = self._record(which)
        if not self._recalled(record, paper):
            assert all(gift.over for gift in self.told.gifts if gift.paper == record.pk)
            return
        paper.recalled = True
        for gift in self.told.gifts:
            if gift.paper == record.pk:
                gift.over = True

    @step(when=lambda self: self.records, which=index, version=st.integers(1, 3), older=st.booleans())
    def take_one_version_back(self, which: int, version: int, older: bool) -> None:
        """Who held that version is left with nothing, or (`older`) with what an older release gives."""
        record, paper = self._record(which)
        version = min(version, len(paper.texts))
        held = {
            code
            for name, code in READERS.items()
            if code != paper.owner
            and (seen := self.told.seen(name, code, paper, self.now))
            and seen.version == version
        }
        if not self._recalled(record, paper, version=version, fall_back=older):
            return
        for gift in self.told.gifts:
            if gift.paper == record.pk and not gift.over:
                if gift.version == version:
                    gift.over = True
                elif gift.version < version and not older:
                    gift.barred |= held

    def _recalled(self, record: Any, paper: Paper, **which: Any) -> bool:
        who = self.viewers[OWNERS[paper.owner][1]]
        try:
            with viewing(who), transaction.atomic():
                recall(Bulletin.objects.get(pk=record.pk), reason="wrong", viewer=who, at=self.now, **which)
        except ValidationError:
            return False
        return True

    @step(often=2, when=lambda self: any(not gift.over for gift in self.told.gifts), which=index)
    def bring_up_to_date(self, which: int) -> None:
        live = [gift for gift in self.told.gifts if not gift.over]
        gift = live[which % len(live)]
        paper = self.told.papers[gift.paper]
        who = self.viewers[OWNERS[paper.owner][1]]
        try:
            with viewing(who), transaction.atomic():
                carry_over(Bulletin.objects.get(pk=gift.paper), [gift.number], viewer=who, at=self.now)
        except ValidationError:
            return
        gift.version, gift.barred = len(paper.texts), set()

    @step(when=lambda self: self.records, which=index, tlp=markings, embargo=st.one_of(st.none(), ahead))
    def handle(self, which: int, tlp: str, embargo: timedelta | None) -> None:
        record, paper = self._record(which)
        who = self.viewers[OWNERS[paper.owner][1]]
        until = self.now + embargo if embargo else None
        with viewing(who):
            mark(
                Bulletin.objects.get(pk=record.pk),
                Handling(tlp, embargo_until=until),
                reason="because",
                viewer=who,
                at=self.now,
            )
        paper.tlp, paper.controls, paper.rel_to, paper.embargo = tlp, set(), set(), until

    @step(when=lambda self: self.records, which=index, body=codes, withheld=groups, until=ahead)
    def consent(self, which: int, body: str, withheld: set[str], until: timedelta | None) -> None:
        record, paper = self._record(which)
        if paper.originator in (None, paper.owner):
            return
        version = len(paper.texts)
        held = [
            each
            for each in self.told.leaves
            if (each.paper, each.version, each.body) == (record.pk, version, body)
        ]
        if any(not each.taken_back for each in held):
            return
        ends = self.now + until if until else None
        as_owner(
            "insert into sharing_consent (record_id, version, originator_id, recipient_id, withheld, given_at, until)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                record.pk,
                version,
                agency(str(paper.originator)).pk,
                agency(body).pk,
                sorted(withheld),
                self.now,
                ends,
            ],
        )
        self.told.leaves.append(Leave(record.pk, version, str(paper.originator), body, set(withheld), ends))
        regrant([record.pk], at=self.now)

    @step(when=lambda self: self.told.leaves, which=index)
    def think_again(self, which: int) -> None:
        leave = self.told.leaves[which % len(self.told.leaves)]
        leave.taken_back = True
        as_owner(
            "update sharing_consent set withdrawn_at = %s where record_id = %s and version = %s and recipient_id = %s"
            " and withdrawn_at is null",
            [self.now, leave.paper, leave.version, agency(leave.body).pk],
        )
        regrant([leave.paper], at=self.now)

    @step(when=lambda self: self.told.pacts, which=index, side=st.booleans())
    def suspend_or_resume(self, which: int, side: bool) -> None:
        pact = self.told.pacts[which % len(self.told.pacts)]
        code = pact.ways[side].giver
        if not self.told.bodies[code].works:
            return
        who = self._leading(code)
        try:
            with viewing(who), transaction.atomic():
                row = Agreement.objects.get(pk=pact.number)
                deed: Any = resume if code in pact.suspended else suspend
                why = {} if code in pact.suspended else {"reason": "because"}
                deed(row, revision=row.revision, viewer=who, at=self.now, **why)
        except ValidationError:
            return
        pact.suspended ^= {code}

    @step(which=index, code=codes, history=st.booleans())
    def join_or_leave(self, which: int, code: str, history: bool) -> None:
        circle = self.told.circles[sorted(self.told.circles)[which % 2]]
        closed = circle.closes is not None and circle.closes <= self.now
        if code in OWNERS or not self.told.bodies[code].works or closed:
            return
        member, lead = self._leading(code), self._leading("CBP")
        if code in circle.members:
            with viewing(member):
                leave(Community.objects.get(pk=circle.number), viewer=member, at=self.now)
            del circle.members[code]
            return
        with viewing(lead):
            community = Community.objects.get(pk=circle.number)
        with viewing(member):
            joining = ask(community.code, with_history=history, reason="work", viewer=member, at=self.now)
        with viewing(lead):
            gives = extent(circle.number, agency(code).pk, viewer=lead, at=self.now) if history else None
            joining = Joining.objects.select_related("agency").get(pk=joining.pk)
            confirm(joining, community, seen=gives, viewer=lead, at=self.now)
        circle.members[code] = None if history else self.now

    def _leading(self, code: str) -> Viewer:
        """Somebody of the agency with every role in it."""
        name = next(name for name, of in READERS.items() if of == code)
        return replace(self.viewers[name], roles=frozenset({"admin", "liaison", "releaser", "officer"}))

    @step(which=index, days=st.integers(1, 30))
    def close(self, which: int, days: int) -> None:
        circle = self.told.circles[sorted(self.told.circles)[which % 2]]
        circle.closes = self.now + timedelta(days=days)
        as_owner("update sharing_community set closes_at = %s where id = %s", [circle.closes, circle.number])
        regrant(self.records, at=self.now)

    @step(code=codes)
    def suspend_or_restore(self, code: str) -> None:
        if code in OWNERS:
            return
        body = self.told.bodies[code]
        body.works = not body.works
        state = AgencyState.ACTIVE if body.works else AgencyState.SUSPENDED
        Agency.objects.filter(code=code).update(state=state)
        self.viewers |= {name: viewer(name) for name, of in READERS.items() if of == code}
        regrant(self.records, at=self.now)

    @step(often=2, by=st.integers(1, 30 * 24))
    def wait(self, by: int) -> None:
        """Time passes. At once nobody has more than they may; once the sweep has run, exactly that."""
        self.now += timedelta(hours=by)
        self._clock()
        for name, code in READERS.items():
            who, allowed = self.viewers[name], self._allowed(name, code)
            with viewing(who):
                found = self._listed(who)
            assert found.items() <= allowed.items(), (name, found, allowed)
        refresh(at=self.now)
        begin_due(at=self.now)
        settle_left(at=self.now)

    # --- What everybody sees -----------------------------------------------------------------------------------
    def everybody_sees_exactly_what_the_rules_say(self) -> None:
        for name, code in READERS.items():
            who, expected = self.viewers[name], self._allowed(name, code)
            with viewing(who):
                listed = self._listed(who)
                assert listed == expected, (name, "visible_to", listed, expected)
                seen = self._by_policy()
                assert seen == expected, (name, "row-level security", seen, expected)
                self._disclosed(name, who, expected)
                self._searched(name, who, expected)

    def _allowed(self, name: str, code: str) -> Sight:
        found = {}
        for pk, paper in self.told.papers.items():
            seen = self.told.seen(name, code, paper, self.now)
            if seen is not None:
                found[pk] = (seen.version, frozenset(seen.withheld))
        return found

    def _listed(self, who: Viewer) -> Sight:
        rows = Received.objects.visible_to(who).values_list("record_id", "version", "withheld")
        return {pk: (version, frozenset(withheld)) for pk, version, withheld in rows}

    def _by_policy(self) -> Sight:
        with connection.cursor() as cursor:
            cursor.execute("select record_id, version, withheld from bulletins_face")
            return {pk: (version, frozenset(withheld)) for pk, version, withheld in cursor.fetchall()}

    def _disclosed(self, name: str, who: Viewer, expected: Sight) -> None:
        """All records are asked for; what comes back says a word of each group that is not withheld, and no other."""
        shown = {each.key: each for each in disclose(who, list(self.records), Channel.PAGE)}
        assert {pk: each.version for pk, each in shown.items()} == {
            pk: version for pk, (version, _withheld) in expected.items()
        }, (name, "disclose", shown, expected)
        for pk, (version, withheld) in expected.items():
            filled = self.told.papers[pk].texts[version - 1].filled
            facts = str(shown[pk].facts)
            said = {group for group in (*GROUPS, "core") if f"zq{group}{version}" in facts}
            assert said == filled - withheld, (name, said, filled, withheld)
            assert {each.group for each in shown[pk].withheld} == filled & withheld

    def _searched(self, name: str, who: Viewer, expected: Sight) -> None:
        words = [f"zq{group}{number}" for group in (*GROUPS, "core") for number in (1, 2, 3)]
        with connection.cursor() as cursor:
            cursor.execute(
                "select w, array_agg(f.record_id) from unnest(%s::text[]) w join bulletins_found f"
                " on f.words @@ websearch_to_tsquery('english', w) group by w",
                [words],
            )
            found = {word: set(ids) for word, ids in cursor.fetchall()}
        wanted: dict[str, set[int]] = {}
        for pk, (version, withheld) in expected.items():
            for group in self.told.papers[pk].texts[version - 1].filled - withheld:
                wanted.setdefault(f"zq{group}{version}", set()).add(pk)
        assert found == wanted, (name, "search", found, wanted)
        one = words[len(self.records) % len(words)]
        rows = Found.objects.visible_to(who).matching(one)
        assert set(rows.values_list("record_id", flat=True)) == wanted.get(one, set())

    # ---------------------------------------------------------------------------------------------------------------
    def _record(self, which: int) -> tuple[Any, Paper]:
        pk = sorted(self.records)[which % len(self.records)]
        return self.records[pk], self.told.papers[pk]

    def _clock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from hub_test_clock")
            cursor.execute("insert into hub_test_clock values (%s)", [self.now])
