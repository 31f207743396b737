"""Purged is gone: from every table, from the store, from everybody; a tombstone, the ledger and the trail stay."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from bulletins.flow import publish
from bulletins.models import Bulletin, Photograph, Record, SourceLink
from bulletins.publishing.photographs.actions import remove_photograph
from bulletins.publishing.photographs.storage import stored_name
from bulletins.records.actions import write_down
from hub.database.context import engine, viewing
from sharing.audiences.actions import rebuild_grants
from sharing.flow import recall
from sharing.flow.purging import TOLD, purge
from sharing.releases.models import Release
from sharing.retention.models import Leftover
from sharing.retention.tasks import sweep_leftovers
from tests.builders import CANARIES, draft_bulletin, published_bulletin, published_seizure, released
from tests.cast import person, viewer
from tests.deliveries.conftest import send
from tests.disclosures.reader import text, with_photographs

# What becomes of each table that hangs on a record. A new one is decided here, and in hub_purge.
HANGING = {
    "bulletins_bulletin": "deleted",
    "bulletins_seizurereport": "deleted",
    "bulletins_substance": "deleted",
    "bulletins_identifier": "deleted",
    "bulletins_version": "deleted; emptied where it rests on others: what is derived from it stays as strict as they",
    "bulletins_photograph": "deleted",
    "bulletins_face": "deleted",
    "sharing_grant": "deleted",
    "sharing_release": "kept, without the reason of a recall",
    "sharing_consent": "kept: no words",
    "sharing_alert": "kept, without hazard and facts",
    "sharing_receipt": "kept: no words",
    "sharing_reminded": "kept: no words",
    "bulletins_linkedseizure": "deleted; links of others to it are kept, their rules rest on it",
    "sharing_unsettled": "kept: a number",
    "sharing_recall": "kept, without earlier reasons",
    "sharing_correction": "deleted",
    "sharing_onwardrequest": "kept: why somebody needed to know",
    "sharing_emergency": "kept: the danger is an inspector's own words",
    "sharing_arrival": "kept: ids and numbers, by which it is known and does not come in again",
    "sharing_original": "kept, emptied: by its id it is known, and does not come in again",
    "sharing_leftover": "kept until the files are gone: no words",
}


def client(username: str) -> Client:
    found = Client()
    found.force_login(person(username))
    return found


def page(username: str, record) -> str:
    section = "bulletins" if record.kind == "bulletin" else "seizures"
    return text(client(username).get(f"/{section}/{record.ref}/"))


def purged(record, username: str = "cbp.releaser", **values):
    with viewing(who := viewer(username)):
        row = Record.objects.get(pk=record.pk)
        given = {"reason": "unreliable", "typed": [record.ref], "viewer": who, "at": timezone.now(), **values}
        purge([row], **given)


def full_life():
    """A bulletin with photographs, two versions, a link, holders now and before, and a recall that quotes it."""
    bulletin, uids = with_photographs()
    seizure, who = published_seizure(note=f"Beside a {CANARIES['place']}"), viewer("cbp.releaser")
    released(bulletin, "DEA")
    page("dea.agent", bulletin)
    with viewing(who), transaction.atomic():
        recall(bulletin, reason=f"No {CANARIES['detail']} was there", viewer=who, at=timezone.now())
        SourceLink.objects.create(bulletin_id=bulletin.pk, source_id=seizure.pk)
        Record.objects.filter(pk=bulletin.pk).update(recalled_at=None)
    author = viewer("cbp.officer")
    with viewing(author), transaction.atomic():
        copy = Bulletin.objects.get(pk=bulletin.pk)
        remove_photograph(copy, uids["detail"], viewer=author, at=timezone.now())
        write_down(copy, {"prosecution": CANARIES["case"]}, viewer=author, at=timezone.now())
        publish(copy, viewer=author, at=timezone.now(), note="Corrected")
    released(bulletin, ("CBSA", "place", "identifiers"), "HSI")
    page("cbsa.officer", bulletin)
    send()
    return bulletin, uids, seizure


def said(owner_sql) -> dict[str, int]:
    """Table -> rows in which any canary stands, in whatever column."""
    pattern = "|".join(word[:8] for word in CANARIES.values())
    tables = owner_sql(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
    )
    found = {
        name: owner_sql(f'select count(*) from "{name}" t where t::text ~* %s', [pattern])[0][0]
        for (name,) in tables
    }
    return {name: number for name, number in found.items() if number}


@pytest.mark.django_db(transaction=True)
def test_no_word_of_it_is_left_in_any_table_nor_a_file_in_the_store(owner_sql):
    bulletin, uids, seizure = full_life()
    before = said(owner_sql)
    assert {"bulletins_record", "bulletins_version", "bulletins_face", "sharing_withdrawal"} <= before.keys()
    assert all(default_storage.exists(stored_name(uid, "full")) for uid in uids.values())
    with viewing(viewer("cbp.releaser")):
        words = Record.objects.get(pk=seizure.pk)
    purged(bulletin)
    purged(words)
    # The trail only grows: the words somebody gave as the reason of a recall stay on it.
    assert said(owner_sql) == {"hub_trail": 1}
    for uid in uids.values():
        assert not any(default_storage.exists(stored_name(uid, size)) for size in ("full", "thumb"))


@pytest.mark.django_db(transaction=True)
def test_a_purge_that_fails_has_destroyed_nothing(owner_sql):
    bulletin, uids, _seizure = full_life()
    with pytest.raises(RuntimeError), transaction.atomic():
        purged(bulletin)
        raise RuntimeError
    assert CANARIES["detail"] in page("cbp.officer", bulletin)
    assert all(default_storage.exists(stored_name(uid, "full")) for uid in uids.values())


@pytest.mark.django_db
class TestPurged:
    def test_those_who_have_it_and_those_who_had_it_are_told_and_nobody_else(self):
        bulletin, _uids, _seizure = full_life()
        purged(bulletin)
        send()
        for username in ("cbsa.officer", "hsi.agent", "dea.agent"):
            assert str(TOLD) in (told := page(username, bulletin)), username
            assert not any(word in told for word in CANARIES.values())
            assert bulletin.ref in text(client(username).get("/inbox/"))
        for username in ("stx.analyst", "ncb.officer", "steward"):
            answer = client(username).get(f"/bulletins/{bulletin.ref}/")
            assert answer.status_code == 404, username
            assert bulletin.ref not in text(client(username).get("/inbox/?show=all"))

    def test_the_owner_finds_a_tombstone_and_nothing_to_edit_release_or_recall(self):
        bulletin, _uids, _seizure = full_life()
        purged(bulletin)
        left = page("cbp.officer", bulletin)
        assert "CBP purged this bulletin" in left and "It is unreliable" in left
        assert CANARIES["core"] not in left
        for below in ("edit", "release", "recall", "carry-over", "review", "purge", "marking"):
            answer = client("cbp.releaser").get(f"/bulletins/{bulletin.ref}/{below}/")
            assert answer.status_code == 404, below

    def test_who_was_given_it_stays_on_ledger_and_trail(self):
        bulletin, _uids, _seizure = full_life()
        purged(bulletin)
        with engine(), connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from sharing_ledger where records @> array[%s]::bigint[]", [bulletin.pk]
            )
            assert cursor.fetchone()[0] >= 2
            cursor.execute(
                "select array_agg(agency_id) from sharing_receipt where record_id = %s", [bulletin.pk]
            )
            assert cursor.fetchone()[0]
        assert "purged a record for good" in text(client("cbp.admin").get("/trail/"))

    def test_rebuilding_gives_nothing_back(self):
        bulletin, _uids, _seizure = full_life()
        purged(bulletin)
        changes = rebuild_grants(timezone.now())
        assert (changes.granted, changes.changed, changes.withdrawn) == ([], [], [])
        assert CANARIES["core"] not in page("cbp.officer", bulletin)

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"typed": ["AAAA-AAAA"]}, "Type the reference"),
            ({"typed": []}, "Type the reference"),
            ({"reason": "because"}, "Say why"),
        ],
    )
    def test_without_the_reference_typed_and_a_reason_nothing_is_purged(self, wrong, why):
        bulletin = published_bulletin()
        with pytest.raises(ValidationError, match=why):
            purged(bulletin, **wrong)
        assert CANARIES["core"] in page("cbp.officer", bulletin)
        purged(bulletin)
        with pytest.raises(ValidationError, match="meanwhile"):
            purged(bulletin)

    def test_a_draft_is_discarded_not_purged(self):
        draft = draft_bulletin()
        with pytest.raises(ValidationError, match="discard"):
            purged(draft)
        answer = client("cbp.releaser").get(f"/bulletins/{draft.ref}/purge/")
        assert "It was never posted" in text(answer)

    def test_a_red_record_that_was_purged_is_nothing_to_a_colleague_it_was_closed_to(self):
        bulletin = published_bulletin(tlp="TLP:RED")
        purged(bulletin)
        assert "CBP purged" in page("cbp.releaser", bulletin)
        assert client("cbp.liaison").get(f"/bulletins/{bulletin.ref}/").status_code == 404

    def test_the_page_says_what_will_happen_and_to_whom(self):
        bulletin = published_bulletin()
        released(bulletin, "CBSA", "HSI")
        reader, address = client("cbp.admin"), f"/bulletins/{bulletin.ref}/purge/"
        shown = text(reader.get(address))
        assert "2 agencies" in shown and "CBSA" in shown and f"Type {bulletin.ref}" in shown
        answer = reader.post(address, {"reason": "obsolete", "typed": "no"})
        assert answer.status_code == 400 and "Type the reference exactly" in text(answer)
        assert reader.post(address, {"reason": "obsolete", "typed": bulletin.ref.lower()}).status_code == 302
        assert str(TOLD) in page("cbsa.officer", bulletin)

    def test_another_agency_cannot_purge_by_any_way(self):
        bulletin = published_bulletin()
        released(bulletin, "CBSA")
        with viewing(viewer("cbsa.releaser")):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select hub_purge(%s, '')", [bulletin.pk])
            with (
                pytest.raises(DatabaseError),
                transaction.atomic(),
                engine(),
                connection.cursor() as cursor,
            ):
                cursor.execute("delete from bulletins_version where record_id = %s", [bulletin.pk])
        assert CANARIES["core"] in page("cbsa.officer", bulletin)

    def test_the_sweep_removes_what_the_commit_did_not(self):
        bulletin, uids, _seizure = full_life()
        # In a test nothing commits: the files are still there, as after a server that stopped right then.
        purged(bulletin)
        assert default_storage.exists(stored_name(uids["detail"], "full"))
        assert sweep_leftovers() == 2 and sweep_leftovers() == 0
        for uid in uids.values():
            assert not any(default_storage.exists(stored_name(uid, size)) for size in ("full", "thumb"))
        with engine():
            assert not Leftover.objects.exists() and not Photograph.objects.filter(record=bulletin).exists()


@pytest.mark.django_db
def test_a_release_that_waited_for_a_purge_writes_nothing():
    """In other words than the author's it would keep words of what was destroyed."""
    bulletin, who = published_bulletin(), viewer("cbp.releaser")
    purged(bulletin)
    with pytest.raises(ValidationError, match="purged"):
        released(bulletin, "CBSA")
    with viewing(who):
        assert not Release.objects.filter(record=bulletin).exists()
        assert Record.objects.get(pk=bulletin.pk).recalled_at


def test_every_table_that_hangs_on_a_record_is_decided_on():
    hanging = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Record
    }
    assert hanging == set(HANGING)
