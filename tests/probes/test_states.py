"""What was given ends in every place at once: by its hour, by a stricter marking, by an agreement's end."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Photograph, SourceLink
from bulletins.records.actions import write_down
from hub.database.context import viewing
from sharing.deliveries.querysets import unread_count
from sharing.flow import carry_over, refresh, release
from sharing.releases.models import Release
from sharing.tasks import compare_grants
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import (
    CANARIES,
    draft_bulletin,
    pick,
    plan,
    published_bulletin,
    published_seizure,
    released,
)
from tests.cast import person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import BY_ITSELF, reader, text, with_photographs

pytestmark = pytest.mark.django_db
PAGES = ("/", "/bulletins/", "/inbox/", "/inbox/?show=all", "/search/", "/search/?q=fentanyl", "/seizures/")
# What moves by itself: the form's token and the clock.
NOW = BY_ITSELF[0][0] + r"|<time .*?</time>"


@pytest.fixture
def seen(caller):  # noqa: F811
    """All that somebody is told of a record, in one text, its address asked for among it."""

    def of(username, record):
        client, program = reader(username), caller(username)
        texts = [text(client.get(path)) for path in (*PAGES, f"/bulletins/{record.ref}/")]
        texts += [program.get(path).content.decode() for path in ("bulletins/", "bulletins/?q=fentanyl")]
        texts.append(program.get(f"bulletins/{record.uid}/").content.decode())
        return "\n".join(texts)

    return of


def has(seen, username, record):
    """Whether they have it; it is everywhere, or nowhere."""
    found = seen(username, record)
    there = found.count(CANARIES["core"])
    assert there == 0 or there >= len(PAGES) - 1, there
    if not there:
        for each in CANARIES.values():
            assert each not in found
    with viewing(who := viewer(username)):
        assert bool(unread_count(who)) <= bool(there)
    return bool(there)


def planned(bulletin, code, **values):
    who = viewer("cbp.releaser")
    with viewing(who):
        tlp = values.pop("tlp", "TLP:AMBER")
        release([bulletin], plan(pick(code), tlp=tlp, **values), viewer=who, at=timezone.now())


def test_what_is_to_begin_later_is_nothing_until_then(seen, jump):
    bulletin, start = published_bulletin(), timezone.now() + timedelta(hours=2)
    planned(bulletin, "CBSA", starts_at=start)
    send()
    assert not has(seen, "cbsa.officer", bulletin) and not mail.outbox
    assert reader("cbsa.officer").get(f"/bulletins/{bulletin.ref}/").status_code == 404
    jump(start + timedelta(seconds=1))
    refresh(at=start + timedelta(seconds=1))
    assert has(seen, "cbsa.officer", bulletin) and not has(seen, "ncb.officer", bulletin)


def test_what_ends_is_gone_in_that_instant_before_any_task_has_run(seen, jump):
    bulletin, end = published_bulletin(), timezone.now() + timedelta(hours=2)
    planned(bulletin, "CBSA", ends_at=end)
    send()
    jump(end - timedelta(seconds=1))
    assert has(seen, "cbsa.officer", bulletin)
    jump(end)
    assert not has(seen, "cbsa.officer", bulletin)
    refresh(at=end)
    assert not has(seen, "cbsa.officer", bulletin)


def test_an_agreement_that_lapses_ends_what_crossed_under_it_in_that_instant(seen, jump):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    with viewing(viewer("cbp.releaser")):
        from sharing.agreements.models import Agreement

        lapses = Agreement.objects.get(code="CBP-CBSA").valid_to
    jump(lapses - timedelta(seconds=1))
    assert has(seen, "cbsa.officer", bulletin) and has(seen, "hsi.agent", bulletin)
    jump(lapses)
    assert not has(seen, "cbsa.officer", bulletin) and has(seen, "hsi.agent", bulletin)


def test_an_agreement_that_is_suspended_ends_what_crossed_under_it(seen, owner_sql):
    bulletin = published_bulletin()
    released(bulletin, "CBSA", "HSI")
    assert has(seen, "cbsa.officer", bulletin)
    owner_sql("update sharing_agreement set suspended_at = now() where code = 'CBP-CBSA'")
    try:
        compare_grants()
        assert not has(seen, "cbsa.officer", bulletin) and has(seen, "hsi.agent", bulletin)
        # What is released meanwhile does not cross either.
        other = published_bulletin()
        released(other, "CBSA")
        assert not has(seen, "cbsa.officer", other)
    finally:
        owner_sql("update sharing_agreement set suspended_at = null where code = 'CBP-CBSA'")


def test_a_community_loses_what_is_raised_to_strict_and_mail_that_waits_is_not_sent(seen):
    bulletin = published_bulletin()
    released(bulletin, "community:HIDTA-STX")
    assert has(seen, "txdps.trooper", bulletin)
    planned(bulletin, "CBSA", tlp="TLP:AMBER+STRICT")
    send()
    assert not has(seen, "txdps.trooper", bulletin) and has(seen, "cbsa.officer", bulletin)
    assert {address for each in mail.outbox for address in each.to} == {"desk@cbsa.example"}
    assert CANARIES["core"] not in "".join(each.subject + each.body for each in mail.outbox)


def test_raised_to_red_it_is_the_named_persons_alone_and_no_programs(seen, caller):  # noqa: F811
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    released(bulletin, "HSI", "DEA")
    assert has(seen, "hsi.agent", bulletin) and has(seen, "dea.agent", bulletin)
    assert has(seen, "cbp.liaison", bulletin)
    to = replace(pick("HSI"), persons=frozenset({person("hsi.agent").pk}))
    with viewing(who):
        release([bulletin], plan(to, tlp="TLP:RED"), viewer=who, at=timezone.now())
    for username in ("dea.agent", "cbp.liaison", "ncb.officer"):
        assert not has(seen, username, bulletin), username
    page = reader("hsi.agent").get(f"/bulletins/{bulletin.ref}/")
    assert page.status_code == 200 and CANARIES["core"] in text(page)
    for username in ("hsi.agent", "cbp.releaser", "dea.agent"):
        program = caller(username)
        found = [program.get(path) for path in ("bulletins/", f"bulletins/{bulletin.uid}/")]
        assert all(CANARIES["core"] not in each.content.decode() for each in found), username


def test_words_of_an_amendment_are_found_by_those_who_have_it_alone(seen):
    bulletin, who = published_bulletin(), viewer("cbp.officer")
    released(bulletin, "CBSA", "HSI")
    with viewing(who):
        write_down(
            bulletin,
            {"narrative": "A skylark sang.", "tear_line": "A skylark."},
            viewer=who,
            at=timezone.now(),
        )
        publish(bulletin, viewer=who, at=timezone.now(), note="Says skylark now")
    with viewing(who):
        to_hsi = Release.objects.get(record_id=bulletin.pk, agency__code="HSI")
        carry_over(bulletin, [to_hsi.pk], viewer=who, at=timezone.now())
    assert "skylark" in seen("hsi.agent", bulletin)
    assert "skylark" not in seen("cbsa.officer", bulletin) and has(seen, "cbsa.officer", bulletin)
    assert bulletin.ref in text(reader("hsi.agent").get("/search/?q=skylark"))
    for username in ("cbsa.officer", "ncb.officer"):
        assert bulletin.ref not in text(reader(username).get("/search/?q=skylark"))
    # Nor do they find what is no longer said in theirs.
    assert bulletin.ref not in text(reader("hsi.agent").get(f"/search/?q={CANARIES['detail']}"))


def test_no_tile_count_facet_or_badge_of_an_outsider_moves(caller):  # noqa: F811
    """Whatever happens among others, an outsider's pages stay as they were, to the letter."""
    outsider, program = reader("ncb.officer"), caller("ncb.officer")
    pages = (*PAGES, "/agreements/", "/communities/", "/agencies/CBP/", "/briefings/", "/search/?owner=CBP")

    def all_of_it():
        texts = [re.sub(NOW, "", text(outsider.get(path))) for path in pages]
        texts += [program.get(path).content.decode() for path in ("bulletins/", "seizures/", "receipts/")]
        return texts

    for path in pages:
        outsider.get(path)
    before = all_of_it()
    partner = text(reader("cbsa.officer").get("/search/?owner=CBP"))
    report, bulletin = published_seizure(), draft_bulletin()
    assert all_of_it() == before
    with viewing(who := viewer("cbp.officer")):
        SourceLink.objects.create(bulletin_id=bulletin.pk, source_id=report.pk)
        publish(bulletin, viewer=who, at=timezone.now())
    released(bulletin, "CBSA")
    released(report, "CBSA")
    send()
    assert text(reader("cbsa.officer").get("/search/?owner=CBP")) != partner
    assert all_of_it() == before


def test_reports_behind_a_bulletin_are_neither_named_nor_counted_to_those_who_lack_them(caller):  # noqa: F811
    shown, hidden, bulletin = published_seizure(), published_seizure(), draft_bulletin()
    with viewing(who := viewer("cbp.officer")):
        for each in (shown, hidden):
            SourceLink.objects.create(bulletin_id=bulletin.pk, source_id=each.pk)
        publish(bulletin, viewer=who, at=timezone.now())
    released(bulletin, "CBSA", "HSI")
    released(shown, "CBSA", "HSI")
    released(hidden, "HSI")
    have = caller("hsi.agent").get(f"bulletins/{bulletin.uid}/").json()
    lack = caller("cbsa.officer").get(f"bulletins/{bulletin.uid}/").json()
    assert set(have["seizures"]) == {str(shown.uid), str(hidden.uid)} and lack["seizures"] == [str(shown.uid)]
    assert hidden.ref in text(reader("hsi.agent").get(f"/bulletins/{bulletin.ref}/"))
    for path in (f"/bulletins/{bulletin.ref}/", "/seizures/", "/search/", "/"):
        page = text(reader("cbsa.officer").get(path))
        assert hidden.ref not in page and str(hidden.uid) not in page
    # To whom no report was released the page looks as if it rested on none.
    alone = published_bulletin()
    released(alone, "DEA")
    released(bulletin, "DEA")
    pages = [text(reader("dea.agent").get(f"/bulletins/{each.ref}/")) for each in (alone, bulletin)]
    assert len(pages[0]) == len(pages[1])


def test_a_photograph_taken_out_is_gone_with_the_version_that_showed_it(store):  # noqa: F811
    bulletin, uids = with_photographs()
    released(bulletin, "CBSA", "HSI")
    path = f"/bulletins/{bulletin.ref}/photographs/{uids['detail']}/"
    who = viewer("cbp.releaser")
    with viewing(who):
        Photograph.objects.filter(uid=uids["detail"]).delete()
        publish(bulletin, viewer=who, at=timezone.now(), note="Without the picture")
        to_hsi = Release.objects.get(record_id=bulletin.pk, agency__code="HSI")
        carry_over(bulletin, [to_hsi.pk], viewer=who, at=timezone.now())
    assert reader("cbsa.officer").get(path).status_code == 200
    assert reader("cbp.officer").get(f"{path}?version=1").status_code == 200
    for asked in (path, f"{path}?version=1", f"{path}?size=thumb", f"{path}?size=thumb&version=1"):
        assert reader("hsi.agent").get(asked).status_code == 404, asked


def test_a_photograph_of_a_draft_is_its_authors(store):  # noqa: F811
    bulletin, uids = with_photographs()
    draft = draft_bulletin()
    with viewing(viewer("cbp.officer")):
        Photograph.objects.filter(uid=uids["detail"]).update(record_id=draft.pk)
    released(bulletin, "CBSA")
    mine = f"/bulletins/{draft.ref}/edit/photographs/{uids['detail']}/thumb/"
    below = [f"/bulletins/{draft.ref}/photographs/{uids['detail']}/", mine]
    assert reader("cbp.officer").get(mine).status_code == 200
    for username in ("cbsa.officer", "cbp.liaison", "ncb.officer", "inspector"):
        assert {reader(username).get(path).status_code for path in below} == {404}, username
