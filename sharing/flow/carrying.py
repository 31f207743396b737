"""An amendment: who is given the newest version, and who is told that theirs was corrected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.database.context import lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import Changes, holders_behind, regrant
from sharing.audiences.rosters import hidden_rosters
from sharing.deliveries.actions import queue_alerts, queue_notice
from sharing.deliveries.models import AlertKind
from sharing.flow.audience import audiences_of, had, has
from sharing.flow.releasing import naming_refusals_of
from sharing.releases.models import Release
from sharing.releases.querysets import was_recalled
from sharing.releases.rewording import other_words, reword


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
    if found := naming_refusals_of([record], withheld, at=at):
        raise ValidationError(found)
    before = audiences_of([record.pk], viewer)
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
        **had(before.get(record.pk)),
        **has(audiences_of([record.pk], viewer).get(record.pk)),
        **other_words(rows),
    )
    return changes


def tell_corrected(record: Record, releases: Iterable[int], *, viewer: Viewer, at: datetime) -> int:
    """Tell those whom the named live releases leave with an older version that it was corrected; return how many.

    They are told the reference, the version they have and whom to ask, nothing of the newer one. Once for each version.
    Raises ValidationError where nobody is left to tell; of a community whose members are its lead's to know there may
    always be somebody.
    """
    lock_records([record.pk])
    record.refresh_from_db()
    chosen = Release.objects.filter(
        record_id=record.pk, ended_at=None, pk__in=list(releases), version__lt=record.latest
    ).filter(told_version__lt=record.latest)
    told = holders_behind(record, chosen.values_list("pk", flat=True))
    hidden = hidden_rosters(chosen.values_list("community_id", flat=True), viewer)
    if not told and not hidden:
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
