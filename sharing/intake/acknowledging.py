"""That an agency has a record, told between hubs: a note with our extension, and what it becomes where it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from hub.accounts.viewer import Viewer
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.intake.reading import Refused, Stix
from sharing.receipts.actions import acknowledge
from sharing.stix.ids import EXTENSION, made_id, record_id, stamp

KIND = "acknowledgement"


def acknowledgement(record: UUID, version: int, *, agency: str, at: datetime) -> dict[str, Any]:
    """The note by which an agency of this hub says that it has that version of another hub's record."""
    return {
        "type": "note",
        "spec_version": "2.1",
        "id": made_id("note", KIND, agency, str(record), str(version)),
        "created": stamp(at),
        "modified": stamp(at),
        "content": "Acknowledged",
        "object_refs": [record_id(record)],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "kind": KIND,
                "hub": str(settings.HUB_ID),
                "record": str(record),
                "version": version,
                "agency": agency,
                "at": stamp(at),
            }
        },
    }


def acknowledgement_in(stix: Stix) -> Mapping[str, Any] | None:
    found = stix.get("extensions", {}).get(EXTENSION)
    told = isinstance(found, dict) and found.get("kind") == KIND and stix["type"] == "note"
    return found if told else None


def take_acknowledgement(viewer: Viewer, told: Mapping[str, Any], at: datetime) -> str:
    """Make it a receipt of the sender's agency, for a record which that has. Raises Refused, alike for all others."""
    if viewer.person_id is None:
        raise Refused(_("Acknowledge with a token of somebody of your agency."))
    try:
        uid = UUID(str(told.get("record")))
    except ValueError:
        raise Refused(_("It names no record.")) from None
    ids = Received.objects.visible_to(viewer).filter(uid=uid).values_list("record_id", flat=True)
    found = disclose(viewer, list(ids[:1]), Channel.TAXII)
    if not found:
        raise Refused(_("There is no such record, or your agency does not have it."))
    shown = found[0]
    if shown.own:
        raise Refused(_("It is your own agency's: recipients acknowledge it."))
    if told.get("version") != shown.version:
        text = _("It is version %(n)d that your agency has now: fetch it, and acknowledge that.")
        raise Refused(text % {"n": shown.version})
    acknowledge(viewer, shown, at)
    return _("Acknowledged.")
