"""Propose, take up, take, answer: what becomes of a correction. Each side is told in notices what the other did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from hub.accounts.viewer import Viewer
from hub.database.context import engine, lock_records
from hub.trail.actions import record as write_trail
from sharing.audiences.actions import basis_of
from sharing.audiences.models import Received
from sharing.corrections.models import Correction, CorrectionState
from sharing.corrections.rules import answer_refusals, proposal_refusals, settling_refusal
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.disclosures.disclosure import Disclosure


def propose(shown: Disclosure, *, part: str, says: str, why: str, viewer: Viewer, at: datetime) -> Correction:
    """Say what is wrong in a record of another agency's, as the viewer is shown it. Raises ValidationError by field.

    The owner's desk is told that something was proposed, not what nor by whom: its people read that on its page.
    """
    says, why = says.strip(), why.strip()
    refusals = proposal_refusals(
        part=part, says=says, why=why, withheld={each.group for each in shown.withheld}
    )
    if refusals:
        raise ValidationError(refusals)
    # What it says is about the record: it waits for a purge or a recall, and is not written after it.
    with engine():
        lock_records([shown.key])
    if not Received.objects.visible_to(viewer).filter(record_id=shown.key, version=shown.version).exists():
        raise ValidationError(_("It has changed or was taken back meanwhile: open it again."))
    red = shown.marking.tlp == TLP.RED
    made = Correction(
        record_id=shown.key,
        kind=shown.kind,
        ref=shown.ref,
        owner_id=shown.owner.id,
        agency_id=viewer.agency_id,
        person_id=viewer.person_id if red else None,
        version=shown.version,
        part=part,
        says=says,
        why=why,
        proposed_at=at,
        basis=basis_of(shown.key, viewer),
    )
    made.save(force_insert=True)
    # Inside the owner's agency too, TLP:RED is not everybody's: not even that there is such a record.
    facts: dict[str, str | int] = {"what": "correction.proposed_red"}
    if not red:
        facts = {"what": "correction.proposed", "ref": shown.ref}
    queue_notice(
        AlertKind.CORRECTION,
        [shown.owner.id],
        at=at,
        path=path_of(made),
        ref="" if red else shown.ref,
        facts=facts,
    )
    _tell("correction.propose", made, viewer, at, marking=str(shown.marking.tlp))
    return made


def take_up(correction: Correction, *, viewer: Viewer, at: datetime) -> None:
    """Begin to correct: the next version that is published will have taken it."""
    _settle(correction, CorrectionState.TAKEN_UP, at=at)
    _tell("correction.take_up", correction, viewer, at)


def answer(correction: Correction, *, words: str, viewer: Viewer, at: datetime) -> None:
    """Settle it in words, which the proposer's agency is shown. Raises ValidationError."""
    words = words.strip()
    refusals = answer_refusals(words)
    if refusals:
        raise ValidationError(refusals)
    _settle(correction, CorrectionState.ANSWERED, at=at, answer=words)
    _notify(correction, "correction.answered", viewer, at)
    _tell("correction.answer", correction, viewer, at, reason=words)


def take(records: Iterable[int], *, viewer: Viewer, at: datetime) -> None:
    """Mark what was taken up as taken into the newest versions of the viewer's own `records`."""
    rows = Correction.objects.filter(record_id__in=list(records), state=CorrectionState.TAKEN_UP)
    for correction in rows.filter(owner_id=viewer.agency_id).select_related("record").order_by("id"):
        version = correction.record.latest
        if version <= correction.version:
            continue
        _settle(correction, CorrectionState.TAKEN, at=at, in_version=version)
        _notify(correction, "correction.taken", viewer, at)
        _tell("correction.take", correction, viewer, at, version=version)


def path_of(correction: Correction) -> str:
    return f"/corrections/{correction.uid}/"


def _settle(
    correction: Correction,
    state: CorrectionState,
    *,
    at: datetime,
    answer: str = "",
    in_version: int | None = None,
) -> None:
    """Change it unless somebody settled it meanwhile."""
    done = Correction.objects.filter(
        pk=correction.pk, state__in=[CorrectionState.OPEN, CorrectionState.TAKEN_UP]
    ).update(state=state, settled_at=at, answer=answer, in_version=in_version)
    correction.refresh_from_db()
    if not done:
        raise ValidationError(settling_refusal(correction.state))


def _notify(correction: Correction, what: str, viewer: Viewer, at: datetime) -> None:
    """Tell the proposer's agency, or at TLP:RED the person, that there is an answer."""
    queue_notice(
        AlertKind.CORRECTION,
        [correction.agency_id],
        at=at,
        path=path_of(correction),
        ref=correction.ref,
        facts={"what": what, "ref": correction.ref, "owner": viewer.agency_code},
        person=correction.person_id,
    )


def _tell(
    event: str,
    correction: Correction,
    viewer: Viewer,
    at: datetime,
    *,
    marking: str = "",
    reason: str = "",
    version: int | None = None,
) -> None:
    """On the viewer's own agency's trail; the words of the proposal stay in the correction."""
    write_trail(
        event,
        viewer=viewer,
        at=at,
        object_type=correction.kind,
        object_id=correction.ref,
        version=version or correction.version,
        marking=marking,
        reason=reason,
        correction=str(correction.uid),
        part=correction.part,
    )
