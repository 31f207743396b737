"""What a record must have before it is published, and who may do what with a working copy."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bulletins.markings.rules import marking_refusals
from bulletins.publishing.models import Bulletin
from bulletins.records.models import Record
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role


def publish_refusals(record: Record) -> dict[str, list[str]]:
    """By field, what is missing before `record` can be published; empty when it can."""
    found: dict[str, list[str]] = {}
    if isinstance(record, Bulletin):
        if not record.title.strip():
            found["title"] = [_("Give it a title: what, hidden where.")]
        if not record.tear_line.strip():
            found["tear_line"] = [_("Write one sentence that anyone it is released to may read.")]
    if not record.methods:
        found["methods"] = [_("Say where it was hidden: tap the drawing or choose from the list.")]
    if not list(record.substances.all()) and not isinstance(record, Bulletin):
        found["substances"] = [_("Name at least one drug or other thing seized.")]
    if record.hazard and not record.safety_note.strip():
        found["safety_note"] = [_("Say what the hazard is and what to do.")]
    marking = marking_refusals(
        tlp=record.tlp, controls=record.controls, rel_to=record.rel_to, owner_country=record.owner.country
    )
    if marking:
        found["tlp"] = marking
    return found


def may_draft(viewer: Viewer) -> bool:
    return bool(viewer.agency_id) and viewer.can(Role.OFFICER, Role.RELEASER, Role.LIAISON)


def may_release(viewer: Viewer) -> bool:
    return bool(viewer.agency_id) and viewer.can(Role.RELEASER)


def may_review(viewer: Viewer) -> bool:
    """Who keeps or purges what names subjects."""
    return bool(viewer.agency_id) and viewer.can(Role.RELEASER, Role.ADMIN)
