"""Release, in order over the stages: marking, releases, grants, alerts, trail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Q
from django.utils.translation import gettext as _

from bulletins.faces.derived import lock_with_derived
from bulletins.flow import below_sources, rests_on
from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking
from bulletins.models import Record, Version
from bulletins.records.origins import below_origin
from bulletins.retention.rules import stops_at
from hub.accounts.viewer import Viewer
from hub.database.context import engine
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, regrant
from sharing.communities.models import Community
from sharing.deliveries.actions import queue_alerts
from sharing.deliveries.models import AlertKind
from sharing.flow.audience import audiences_of, had, has
from sharing.flow.marking import follow, note_marking, remark
from sharing.releases.actions import write_releases
from sharing.releases.models import Release
from sharing.releases.plan import Plan, asking_refusals, naming_refusals, plan_refusals
from sharing.releases.rewording import other_words, texts_for


def release(
    records: Sequence[Record], plan: Plan, *, viewer: Viewer, at: datetime, announce: bool = True
) -> Changes:
    """Carry out `plan` for the records, all of the viewer's own agency: marking, releases, grants, alerts, trail.

    Without `announce` nobody is alerted: for history brought in from elsewhere.

    A release replaces an earlier one of the same record to the same agency or community. Raises ValidationError
    with every reason when the plan cannot stand; then nothing is written.
    """
    ids = sorted(record.pk for record in records)
    derived = lock_with_derived(ids)
    fresh = list(Record.objects.filter(pk__in=ids).select_related("owner").order_by("id"))
    _check(fresh, plan, viewer=viewer, at=at)
    before = audiences_of(ids, viewer)
    marked = [_mark(record, plan, viewer=viewer, at=at) for record in fresh]
    rows = _replace(fresh, plan, viewer=viewer, at=at)
    changes = regrant(ids, at=at)
    if any(marked):
        follow(derived, at)
    after = audiences_of(ids, viewer)
    if announce:
        queue_alerts(AlertKind.NEW, changes.granted, at=at)
        queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    for record in fresh:
        write_trail(
            "record.release",
            viewer=viewer,
            at=at,
            object_type=record.kind,
            object_id=record.ref,
            version=record.latest,
            marking=record.tlp,
            **had(before.get(record.pk)),
            **has(after.get(record.pk)),
            **other_words(rows[record.pk]),
            **_asked(rows[record.pk]),
            reason=plan.need_to_know,
        )
    return changes


def hold(records: Iterable[Record]) -> None:
    """Lock the records as a release does: what is looked at from here on is what is then written."""
    lock_with_derived(sorted(record.pk for record in records))


def release_each(plans: Sequence[tuple[Record, Plan]], *, viewer: Viewer, at: datetime) -> None:
    """Carry out a plan for each of several records, all or none: every record is locked before the first is written.

    Raises ValidationError with what is wrong, by the ref of its record; then the caller's transaction is to be
    rolled back.
    """
    hold(record for record, plan in plans)
    for record, plan in plans:
        try:
            release([record], plan, viewer=viewer, at=at)
        except ValidationError as error:
            raise ValidationError([f"{record.ref}: {said}" for said in error.messages]) from None


def _check(records: list[Record], plan: Plan, *, viewer: Viewer, at: datetime) -> None:
    found: list[str] = []
    for record in records:
        if record.owner_id != viewer.agency_id:
            raise PermissionDenied("only the owner's agency releases a record")
        if not record.latest:
            found.append(_("%(ref)s is a draft: publish it first.") % {"ref": record.ref})
        if record.purged_at:
            found.append(_("Somebody has purged %(ref)s: nothing of it is left.") % {"ref": record.ref})
        found += plan_refusals(plan, owner_country=record.owner.country, at=at)
        found += asking_refusals(plan, begins=_begins(record, plan, at))
    found += naming_refusals_of(records, plan.held_back(), at=max(at, plan.starts_at or at))
    marking = Marking(plan.tlp, tuple(plan.controls), tuple(plan.rel_to))
    found += below_sources(rests_on(record.pk for record in records), marking, viewer)
    for record in records:
        found += below_origin(record.origin, marking)
    if found:
        raise ValidationError(list(dict.fromkeys(found)))


def naming_refusals_of(records: list[Record], withheld: list[frozenset[str]], *, at: datetime) -> list[str]:
    """Of what would go, which version names subjects without what 28 CFR 23 asks for."""
    named = Version.objects.filter(
        record_id__in=[record.pk for record in records],
        number=F("record__latest"),
        content__has_key="identifiers",
    ).exclude(content__identifiers={})
    due = {record.pk: stops_at(record.review_due) for record in records}
    return [
        refusal
        for pk, certified in named.values_list("record_id", "certified")
        for refusal in naming_refusals(withheld, certified=certified, review_at=due[pk], at=at)
    ]


def _members(plan: Plan) -> dict[int, list[int]]:
    """The picked communities' confirmed members as of now. Picking one asks that the releaser may see it."""
    ids = {pick.community for pick in plan.picks if pick.community}
    visible = set(Community.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if ids - visible:
        raise ValidationError(_("There is no such community, or not for your agency."))
    with engine():
        return {
            community.pk: list(
                community.memberships.filter(left_at=None)
                .exclude(confirmed_at=None)
                .values_list("agency_id", flat=True)
            )
            for community in Community.objects.filter(pk__in=ids)
        }


def _mark(record: Record, plan: Plan, *, viewer: Viewer, at: datetime) -> bool:
    """Mark it as the plan says, and say whether that changed anything."""
    wanted = {"tlp": plan.tlp, "controls": list(plan.controls), "rel_to": list(plan.rel_to)}
    if record.recalled_at:
        Record.objects.filter(pk=record.pk).update(recalled_at=None)
        record.refresh_from_db()
    was = remark(record, wanted, reason=plan.marking_reason)
    if was is not None:
        note_marking(record, was, plan.marking_reason, viewer=viewer, at=at)
    return was is not None


def _replace(records: list[Record], plan: Plan, *, viewer: Viewer, at: datetime) -> dict[int, list[Release]]:
    """Write the plan's releases, each in place of a live one of the same record to the same target; by record."""
    members = _members(plan)
    starts_at = plan.starts_at or at
    worded = texts_for(records, plan)
    rows = []
    earlier = Release.objects.filter(_same_targets(plan), record_id__in=[row.pk for row in records])
    earlier = earlier.filter(ended_at=None)
    if starts_at > at:
        # What stands goes on until its successor begins.
        standing = earlier.filter(applied_at__isnull=False)
        standing.filter(Q(ends_at=None) | Q(ends_at__gt=starts_at)).update(ends_at=starts_at)
        earlier = earlier.filter(applied_at=None)
    earlier.update(ended_at=at)
    for pick in plan.picks:
        rows += [
            Release(
                record_id=record.pk,
                version=record.latest,
                owner_id=record.owner_id,
                agency_id=pick.agency,
                community_id=pick.community,
                members=members.get(pick.community or 0, []),
                persons=sorted(pick.persons),
                withheld=sorted(pick.withheld | plan.withheld),
                wording=worded[record.pk, pick.agency, pick.community],
                need_to_know=plan.need_to_know.strip(),
                right_to_know=plan.right_to_know.strip(),
                starts_at=starts_at,
                ends_at=plan.ends_at,
                acknowledge_by=plan.asked_by(_begins(record, plan, at)),
                applied_at=at if starts_at <= at and not _embargoed(record, at) else None,
                released_at=at,
                released_by_id=viewer.person_id,
            )
            for record in records
            # The owner has its own grant; at TLP:RED its people are named like others.
            if pick.agency != record.owner_id or plan.tlp == TLP.RED
        ]
    write_releases(rows)
    written: dict[int, list[Release]] = defaultdict(list)
    for row in rows:
        written[row.record_id].append(row)
    return written


def _same_targets(plan: Plan) -> Q:
    """Releases to an agency, a community or everybody that the plan picks too."""
    same = Q(agency_id__in=[pick.agency for pick in plan.picks if pick.agency])
    same |= Q(community_id__in=[pick.community for pick in plan.picks if pick.community])
    if any(pick.agency is None and pick.community is None for pick in plan.picks):
        same |= Q(agency=None, community=None)
    return same


def _begins(record: Record, plan: Plan, at: datetime) -> datetime:
    """When those it reaches have it: at the plan's start, and not before an embargo is over."""
    return max(at, plan.starts_at or at, record.embargo_until or at)


def _asked(rows: list[Release]) -> dict[str, Any]:
    """For the trail: until when recipients are asked to acknowledge."""
    asked_by = next((row.acknowledge_by for row in rows if row.acknowledge_by), None)
    return {"acknowledge_by": asked_by.isoformat()} if asked_by else {}


def _embargoed(record: Record, at: datetime) -> bool:
    return record.embargo_until is not None and record.embargo_until > at
