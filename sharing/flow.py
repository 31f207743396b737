"""Sharing, verb by verb: release, recall, carry over, refresh, each in order over the stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Q
from django.utils.translation import gettext as _

from bulletins.faces.actions import remark_faces
from bulletins.flow import below_sources, rests_on
from bulletins.markings.models import TLP
from bulletins.markings.rules import Marking, loosenings, marking_of, marking_refusals
from bulletins.models import Record, Version
from bulletins.retention.rules import stops_at
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, holders_behind, regrant
from sharing.audiences.holders import nameable
from sharing.audiences.models import Grant
from sharing.audiences.preview import hidden_rosters
from sharing.communities.models import Community
from sharing.deliveries.actions import queue_alerts, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.recalls.actions import anyone_to_tell, bar, holders_of_version, tell_all_who_had
from sharing.recalls.rules import nothing_to_recall
from sharing.releases.actions import write_releases
from sharing.releases.facts import derived_from, reach_of
from sharing.releases.models import Recall, Release
from sharing.releases.plan import Plan, naming_refusals, plan_refusals
from sharing.releases.querysets import was_recalled
from sharing.releases.rewording import other_words, reword, texts_for

REFRESHED_AT_ONCE = 1_000


def release(
    records: Sequence[Record], plan: Plan, *, viewer: Viewer, at: datetime, announce: bool = True
) -> Changes:
    """Carry out `plan` for the records, all of the viewer's own agency: marking, releases, grants, alerts, trail.

    Without `announce` nobody is alerted: for history brought in from elsewhere.

    A release replaces an earlier one of the same record to the same agency or community. Raises ValidationError
    with every reason when the plan cannot stand; then nothing is written.
    """
    ids = sorted(record.pk for record in records)
    derived = _lock(ids)
    fresh = list(Record.objects.filter(pk__in=ids).select_related("owner").order_by("id"))
    _check(fresh, plan, viewer=viewer, at=at)
    marked = [_mark(record, plan, viewer=viewer, at=at) for record in fresh]
    before = _audiences(ids, viewer)
    rows = _replace(fresh, plan, viewer=viewer, at=at)
    changes = regrant(ids, at=at)
    if any(marked):
        _follow(derived, at)
    after = _audiences(ids, viewer)
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
            **_had(before.get(record.pk)),
            **_has(after.get(record.pk)),
            **other_words(rows[record.pk]),
            reason=plan.need_to_know,
        )
    return changes


def hold(records: Iterable[Record]) -> None:
    """Lock the records as a release does: what is looked at from here on is what is then written."""
    _lock(sorted(record.pk for record in records))


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


def recall(
    record: Record,
    *,
    reason: str,
    viewer: Viewer,
    at: datetime,
    version: int | None = None,
    fall_back: bool = False,
) -> Changes:
    """Take the record back at once: tombstones, notices to all who ever had it, nothing for anyone else.

    With `version` that one alone is taken from those who hold it. They are then left with nothing: an older release
    does not step in, unless `fall_back` says that it may. `reason` is meant for the recipients. Raises ValidationError
    without one, and when there is nothing to take back.
    """
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": [_("Say why: the recipients are shown your reason.")]})
    lock_records([record.pk])
    record.refresh_from_db()
    if version is not None:
        _settle(record, version, at=at)
    held = holders_of_version(record.pk, version) if version is not None else []
    live = Release.objects.filter(record_id=record.pk, ended_at=None)
    taken = live if version is None else live.filter(version=version)
    if not (held or taken.exists() or anyone_to_tell(record.pk, version)):
        raise ValidationError(nothing_to_recall(version))
    made = Recall.objects.create(
        record_id=record.pk, owner_id=record.owner_id, version=version, reason=reason, at=at
    )
    before = _audiences([record.pk], viewer)
    taken.update(ended_at=at, recalled_at=at, recalled_by_id=viewer.person_id, recall_reason=reason)
    if version is None:
        Record.objects.filter(pk=record.pk).update(recalled_at=at)
    elif held and not fall_back:
        bar(live.filter(version__lt=version), {holding.agency for holding in held})
    changes = regrant([record.pk], at=at, recall=made)
    told = tell_all_who_had(made, held)
    queue_alerts(AlertKind.RECALLED, [*changes.withdrawn, *told], at=at, losing=changes.withdrawn)
    left = {} if version is None else _has(_audiences([record.pk], viewer).get(record.pk))
    write_trail(
        "record.recall",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=version or record.latest,
        marking=record.tlp,
        **_had(before.get(record.pk)),
        **left,
        reason=reason,
        recalled=_("all versions") if version is None else _("version %(n)d alone") % {"n": version},
    )
    return changes


def _settle(record: Record, version: int, *, at: datetime) -> None:
    """Bring grants up to date first, so that what had ended anyway is not told as recalled."""
    if not 0 < version <= record.latest:
        raise ValidationError({"version": [_("There is no such version.")]})
    changes = regrant([record.pk], at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)


@dataclass(frozen=True)
class Handling:
    """How a record is to be treated: the marking that decides access, and until when it is under embargo."""

    tlp: str
    controls: tuple[str, ...] = ()
    rel_to: tuple[str, ...] = ()
    embargo_until: datetime | None = None


def mark(record: Record, handling: Handling, *, reason: str, viewer: Viewer, at: datetime) -> Changes:
    """Mark the record anew, and set or lift its embargo: every grant of it is decided again, at once.

    Raises ValidationError where the marking cannot stand, or is lower than what others were given and `reason` is
    empty; then nothing is written.
    """
    if record.owner_id != viewer.agency_id:
        raise PermissionDenied("only the owner's agency marks a record")
    derived = _lock([record.pk])
    record.refresh_from_db()
    refusals = marking_refusals(
        tlp=handling.tlp,
        controls=handling.controls,
        rel_to=handling.rel_to,
        owner_country=record.owner.country,
    )
    asked = Marking(handling.tlp, tuple(handling.controls), tuple(handling.rel_to))
    refusals += below_sources(rests_on([record.pk]), asked, viewer)
    if handling.embargo_until and handling.embargo_until <= at:
        refusals.append(_("The end of the embargo must lie ahead; leave it empty to lift the embargo."))
    if refusals:
        raise ValidationError(refusals)
    before = _audiences([record.pk], viewer)
    wanted = {"tlp": handling.tlp, "controls": list(handling.controls), "rel_to": list(handling.rel_to)}
    was = _remark(record, wanted, reason=reason)
    if record.embargo_until != handling.embargo_until:
        _embargo(record, handling.embargo_until, viewer=viewer, at=at)
    changes = regrant([record.pk], at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    if was is not None:
        _follow(derived, at)
        after = _audiences([record.pk], viewer)
        audiences = {**_had(before.get(record.pk)), **_has(after.get(record.pk))}
        _marked(record, was, reason, viewer=viewer, at=at, **audiences)
    return changes


def carry_over(
    record: Record,
    releases: Iterable[int],
    *,
    viewer: Viewer,
    at: datetime,
    wording: Mapping[int, tuple[tuple[str, str], ...]] | None = None,
) -> Changes:
    """Give the newest version to those the named live releases reach. Others keep the version they have.

    `wording` holds, by release, the texts it puts in place of the newest version's. Of a release that is not in it
    the wording stays where the author's text did; a text that the author has written anew is left out.

    Raises ValidationError where it names subjects and may not go with its identifiers.
    """
    lock_records([record.pk])
    record.refresh_from_db()
    chosen = Release.objects.filter(record_id=record.pk, ended_at=None, pk__in=list(releases))
    withheld = [frozenset(groups) for groups in chosen.values_list("withheld", flat=True)]
    if found := _naming_refusals([record], withheld, at=at):
        raise ValidationError(found)
    before = _audiences([record.pk], viewer)
    if was_recalled(record.pk, record.latest):
        raise ValidationError(
            _("Version %(n)d was recalled: amend it, or release it anew, before others get it.")
            % {"n": record.latest}
        )
    rows = list(chosen.select_related("agency", "community"))
    reword(rows, record, wording or {})
    chosen.update(version=record.latest, barred=[])
    changes = regrant([record.pk], at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    write_trail(
        "record.extend",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
        **_had(before.get(record.pk)),
        **_has(_audiences([record.pk], viewer).get(record.pk)),
        **other_words(rows),
    )
    return changes


def tell_corrected(record: Record, releases: Iterable[int], *, viewer: Viewer, at: datetime) -> int:
    """Tell those whom the named live releases leave with an older version that it was corrected; return how many.

    They are told the reference, the version they have and whom to ask, nothing of the newer one. Once for each version.
    Raises ValidationError where nobody is left to tell.
    """
    lock_records([record.pk])
    record.refresh_from_db()
    chosen = Release.objects.filter(
        record_id=record.pk, ended_at=None, pk__in=list(releases), version__lt=record.latest
    ).filter(told_version__lt=record.latest)
    told = holders_behind(record, [reach_of(row, {}) for row in chosen])
    if not told:
        raise ValidationError(_("Nobody whom these releases reach holds an older version and was not told."))
    for (version, person), agencies in sorted(told.items(), key=repr):
        queue_notice(
            AlertKind.CORRECTION,
            agencies,
            at=at,
            path=f"/{'bulletins' if record.kind == 'bulletin' else 'seizures'}/{record.ref}/",
            ref=record.ref,
            facts={"what": "correction.made", "ref": record.ref, "owner": viewer.agency_code, "n": version},
            person=person,
        )
    chosen.update(told_version=record.latest)
    write_trail(
        "correction.tell",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
    )
    return sum(map(len, told.values()))


def refresh(*, at: datetime) -> int:
    """Recompute records where time alone changed something: a release that began, an end that passed."""
    with engine():
        begun = Release.objects.filter(applied_at=None, ended_at=None, starts_at__lte=at).exclude(
            record__embargo_until__gt=at
        )
        ids = set(begun.values_list("record_id", flat=True))
        ids |= set(Grant.objects.filter(until__lte=at).values_list("content_object_id", flat=True))
    # An agreement may lapse behind many: they deny already, and the next run goes on.
    ids = set(sorted(ids)[:REFRESHED_AT_ONCE])
    if not ids:
        return 0
    changes = regrant(ids, at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)
    with engine():
        Release.objects.filter(record_id__in=ids, applied_at=None, starts_at__lte=at).update(applied_at=at)
    return len(ids)


def _check(records: list[Record], plan: Plan, *, viewer: Viewer, at: datetime) -> None:
    found: list[str] = []
    for record in records:
        if record.owner_id != viewer.agency_id:
            raise PermissionDenied("only the owner's agency releases a record")
        if not record.latest:
            found.append(_("%(ref)s is a draft: publish it first.") % {"ref": record.ref})
        found += plan_refusals(plan, owner_country=record.owner.country, at=at)
    found += _naming_refusals(records, plan.held_back(), at=max(at, plan.starts_at or at))
    marking = Marking(plan.tlp, tuple(plan.controls), tuple(plan.rel_to))
    found += below_sources(rests_on(record.pk for record in records), marking, viewer)
    if found:
        raise ValidationError(list(dict.fromkeys(found)))


def _naming_refusals(records: list[Record], withheld: list[frozenset[str]], *, at: datetime) -> list[str]:
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


def _lock(ids: list[int]) -> list[int]:
    """Lock the records, and with them what is derived from them, all in one order; return what is derived."""
    derived = sorted(derived_from(ids))
    with engine():
        lock_records([*ids, *derived])
    return derived


def _follow(derived: list[int], at: datetime) -> None:
    """Decide anew what is derived from a record that was marked anew: it is as strict as its sources."""
    if not derived:
        return
    changes = regrant(derived, at=at)
    queue_alerts(AlertKind.NEW, changes.granted, at=at)
    queue_alerts(AlertKind.AMENDED, changes.changed, at=at)


def _mark(record: Record, plan: Plan, *, viewer: Viewer, at: datetime) -> bool:
    """Mark it as the plan says, and say whether that changed anything."""
    wanted = {"tlp": plan.tlp, "controls": list(plan.controls), "rel_to": list(plan.rel_to)}
    if record.recalled_at:
        Record.objects.filter(pk=record.pk).update(recalled_at=None)
        record.refresh_from_db()
    was = _remark(record, wanted, reason=plan.marking_reason)
    if was is not None:
        _marked(record, was, plan.marking_reason, viewer=viewer, at=at)
    return was is not None


def _remark(record: Record, wanted: dict[str, Any], *, reason: str) -> Marking | None:
    """Write a marking on the record and its faces; return what it was, None where nothing changes.

    Lower than what others were given it needs a reason: ValidationError.
    """
    old = marking_of(record)
    new = Marking(wanted["tlp"], tuple(wanted["controls"]), tuple(wanted["rel_to"]))
    if (old.tlp, old.controls, old.rel_to) == (new.tlp, new.controls, new.rel_to):
        return None
    lower = loosenings(old, new)
    if lower and not reason.strip() and Release.objects.filter(record_id=record.pk).exists():
        raise ValidationError(
            _("Say why it is marked lower than what others were given (%(what)s).")
            % {"what": "; ".join(lower)}
        )
    Record.objects.filter(pk=record.pk).update(**wanted)
    record.refresh_from_db()
    remark_faces(record)
    return old


def _marked(
    record: Record, was: Marking, reason: str, *, viewer: Viewer, at: datetime, **audiences: Any
) -> None:
    write_trail(
        "record.mark",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=marking_of(record).banner[:100],
        reason=reason.strip(),
        marking_before=was.banner,
        **audiences,
    )


def _embargo(record: Record, until: datetime | None, *, viewer: Viewer, at: datetime) -> None:
    """Set or lift the embargo. Releases that stand begin again when it ends."""
    Record.objects.filter(pk=record.pk).update(embargo_until=until)
    record.refresh_from_db()
    live = Release.objects.filter(record_id=record.pk, ended_at=None, starts_at__lte=at)
    live.update(applied_at=None if until else at)
    write_trail(
        "record.embargo",
        viewer=viewer,
        at=at,
        object_type=record.kind,
        object_id=record.ref,
        version=record.latest,
        marking=record.tlp,
        until=until.isoformat() if until else "",
    )


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


def _embargoed(record: Record, at: datetime) -> bool:
    return record.embargo_until is not None and record.embargo_until > at


@dataclass(frozen=True)
class Audience:
    """Who holds a record, as its agency's auditor may read it: codes, and communities whose members are not listed."""

    codes: list[str]
    unlisted: tuple[str, ...]


def _audiences(ids: list[int], viewer: Viewer) -> dict[int, Audience]:
    """Record -> who holds a grant on it, for the trail of the viewer's agency, which owns the records."""
    with engine():
        pairs = list(
            Grant.objects.filter(content_object_id__in=ids, emergency=None).values_list(
                "content_object_id", "group_id"
            )
        )
    found: dict[int, set[int]] = defaultdict(set)
    for record, agency in pairs:
        found[record].add(agency)
    live = Release.objects.filter(record_id__in=ids, ended_at=None)
    communities = live.exclude(community=None).values_list("community_id", flat=True).distinct()
    listed = not hidden_rosters(communities, viewer)
    releases: dict[int, list[Release]] = defaultdict(list)
    for row in () if listed else live:
        releases[row.record_id].append(row)
    codes = dict(Agency.objects.values_list("pk", "code"))
    audiences = {}
    for record, agencies in found.items():
        named, unlisted = (None, ()) if listed else nameable(releases[record], viewer)
        told = agencies if named is None else agencies & (named | {viewer.agency_id})
        audiences[record] = Audience(sorted(codes[pk] for pk in told), unlisted)
    return audiences


def _had(audience: Audience | None) -> dict[str, Any]:
    return _on_trail(audience, "before", "members_before")


def _has(audience: Audience | None) -> dict[str, Any]:
    return _on_trail(audience, "after", "members_since")


def _on_trail(audience: Audience | None, codes: str, members: str) -> dict[str, Any]:
    if audience is None:
        return {codes: []}
    unlisted = {members: ", ".join(audience.unlisted)} if audience.unlisted else {}
    return {codes: audience.codes, **unlisted}
