"""What a record is in STIX."""

from __future__ import annotations

from datetime import UTC, datetime

import stix2
import stix2validator
from django.utils import timezone

from hub.database.context import viewing
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.stix.bundle import bundle_of
from sharing.stix.finishing import finished, source_of, stubs, tail_of
from sharing.stix.rendering import heads
from tests.builders import published_bulletin, published_seizure, released
from tests.cast import viewer

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_record_and_its_stub_are_stix(db):
    bulletin, seizure = published_bulletin(), published_seizure()
    released(bulletin, ("CBSA", "place", "identifiers"))
    released(seizure, "CBSA")
    who = viewer("cbsa.officer")
    with viewing(who):
        shown = disclose(who, [bulletin.pk, seizure.pk], Channel.TAXII)
    now = timezone.now()
    done = [
        finished(heads(source_of(each, created=each.issued_at)), tail_of(each, modified=now))
        for each in shown
    ]
    done.append(
        stubs(
            bulletin.uid, created=AT, modified=now, revoked=True, owner="CBP", owner_name="CBP",
            parts=["note", "sighting-1", "indicator-1"],
        )
    )  # fmt: skip
    text = b"".join(bundle_of(done)).decode()
    stix2.parse(text, allow_custom=False)
    checked = stix2validator.validate_string(
        b"".join(bundle_of(done[:2])).decode(),
        stix2validator.ValidationOptions(version="2.1", strict=True, disabled=["extref-hashes"]),
    )
    assert checked.is_valid, checked.errors
