"""Records as another hub gives them, and a peer that is that hub."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from hub.accounts.viewer import desk_of
from hub.database.context import viewing
from sharing.intake.models import Way
from sharing.intake.outcome import Outcome, Source
from sharing.intake.pulling.models import Peer
from sharing.intake.taking import take_objects
from sharing.stix.ids import EXTENSION
from tests.cast import agency
from tests.intake.conftest import AMBER, FIRST, stix

HUB_A = uuid.UUID("aaaaaaaa-0000-4000-8000-000000000001")
HUB_C = uuid.UUID("cccccccc-0000-4000-8000-000000000003")
WITHHELD = {"group": "identifiers", "by": "DEA", "under": "DEA-CBP-2025"}
TERMS = {"agreement": "DEA-CBP-2025", "giver": "DEA", "caveat": "For intelligence only", "keep_days": 30}


def peer(title: str = "Hub A", *, code: str = "CBP", host: str = "a.example", **values: Any) -> Peer:
    with viewing(desk_of(agency(code))):
        return Peer.objects.create(
            agency=agency(code),
            title=title,
            url=f"https://{host}/taxii2/hub/collections/{uuid.uuid4()}/",
            scheme="none",
            is_hub=True,
            created_at=timezone.now(),
            due_at=timezone.now(),
            **values,
        )


def given(
    uid: uuid.UUID | None = None,
    *,
    hub: uuid.UUID = HUB_A,
    version: int = 1,
    modified: str = FIRST,
    owner: str = "DEA",
    originator: str = "DEA",
    title: str = "Cocaine in quarter panels",
    tlp: str = "TLP:AMBER",
    controls: tuple[str, ...] = (),
    marked: str = AMBER,
    **extension: Any,
) -> dict[str, Any]:
    """A bulletin as hub `hub` gives it."""
    uid = uid or uuid.uuid4()
    core = {
        "title": title,
        "tear_line": "Cocaine is carried in quarter panels.",
        "methods": ["VEH-BODY-QTR"],
        "mode": "passenger_vehicle",
        "substances": [{"drug": "cocaine", "quantity": "20", "unit": "kg", "mass_kg": "20"}],
        "country": "US",
        "originator": originator,
    }
    found = {
        "extension_type": "property-extension",
        "kind": "bulletin",
        "hub": str(hub),
        "uid": str(uid),
        "ref": "7K3M-Q2XF",
        "version": version,
        "owner": owner,
        "originator": originator,
        "hazard": False,
        "facts": {"core": core, "detail": {"narrative": "Told by a canary."}},
        "marking": {
            "tlp": tlp,
            "controls": list(controls),
            "caveats": "/".join(["CUI", *controls][:1]) if controls else "",
        },
        **extension,
    }
    return stix(
        "report",
        id=f"report--{uid}",
        modified=modified,
        marked=marked,
        name=title,
        extensions={EXTENSION: found},
    )


def stub(record: dict[str, Any], modified: str, *, revoked: bool = False) -> dict[str, Any]:
    """What the hub gives in its place: recalled, or no longer shared."""
    said = {"name": "Recalled" if revoked else "Withdrawn", "revoked": revoked or None, "marked": []}
    return stix("report", id=record["id"], modified=modified, **said)


def come(source: Peer, *objects: Any) -> Outcome:
    """A page of the peer's."""
    with viewing(desk := desk_of(agency(source.agency.code))):
        fresh = Peer.objects.get(pk=source.pk)
        told = Source(Way.PULL, sender=fresh.title, scope=str(fresh.uid), peer=fresh)
        return take_objects(desk, list(objects), source=told, at=timezone.now())
