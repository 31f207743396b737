"""Writing agreements and nothing else: drafts, acceptance, suspension. What follows is in `sharing/flow/agreeing.py`.

Each takes the row as its reader saw it (`revision`) and refuses when somebody has written meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hub.agencies.models import Agency
from sharing.agreements.models import Agreement, Direction
from sharing.agreements.rules import Scope, Standing, Terms, overlaps, terms_refusals

# After so many tries the two agencies' names are not what stands in the way.
MOST_CODES = 1_000


def terms_of(row: Agreement) -> Terms:
    """What the agreement says, as rules compare it."""
    return Terms(
        first=row.first_id,
        second=row.second_id,
        name=row.name,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        gives={each.giver_id: scope_of(each) for each in row.directions.all()},
        whole_governments=row.whole_governments,
    )


def scope_of(row: Direction) -> Scope:
    return Scope(
        kinds=frozenset(row.kinds),
        highest_tlp=row.highest_tlp,
        legal_basis=row.legal_basis,
        permitted_use=row.permitted_use,
        drug_classes=frozenset(row.drug_classes),
        withheld=frozenset(row.withheld),
        caveat=row.caveat,
        keep_days=row.keep_days,
    )


def claim(row: Agreement, *, revision: int) -> Agreement:
    """The row, locked until the transaction ends. Raises ValidationError when it is not as it was looked at.

    No key: a grant that is being written under it holds its key, and would wait for whoever waits for the grant.
    """
    fresh = Agreement.objects.select_for_update(of=("self",), no_key=True).told().get(pk=row.pk)
    if fresh.revision != revision:
        raise ValidationError(
            _("Somebody changed this agreement meanwhile. Nothing was done: look at it again, then decide."),
            code="stale",
        )
    return fresh


def check(terms: Terms, *, by: int, at: datetime, besides: Iterable[int | None] = ()) -> None:
    """Raise ValidationError by field unless the two may agree on this. `besides` are rows it does not compete with."""
    parties = Agency.objects.in_bulk([terms.first, terms.second])
    nations = (nation_of(parties[terms.first]), nation_of(parties[terms.second]))
    errors: dict[str, list[str]] = {}
    for field, said in terms_refusals(terms, by=by, nations=nations, at=at):
        errors.setdefault(field, []).append(said)
    if not errors and (found := overlaps(terms, _others(terms, at, besides))):
        errors["valid_from"] = found
    if errors:
        raise ValidationError({field: list(dict.fromkeys(each)) for field, each in errors.items()})


def enter(terms: Terms, *, by: int, at: datetime, replaces: Agreement | None = None) -> Agreement:
    """Write a draft. Its code is made of the parties' own: one that people chose would tell which are taken."""
    check(terms, by=by, at=at, besides=[replaces.pk if replaces else None])
    codes = dict(Agency.objects.filter(pk__in=[terms.first, terms.second]).values_list("pk", "code"))
    base = "-".join(sorted(codes.values()))
    for number in range(1, MOST_CODES):
        code = base if number == 1 else f"{base}-{number}"
        if Agreement.objects.filter(code=code).exists():
            continue
        try:
            with transaction.atomic():
                row = Agreement.objects.create(
                    code=code,
                    first_id=terms.first,
                    second_id=terms.second,
                    proposed_at=at,
                    proposed_by_id=by,
                    replaces=replaces,
                    **_columns(terms),
                )
        except IntegrityError:  # two other parties' codes make the same word, or somebody was faster
            continue
        _write_directions(row, terms)
        return row
    raise ValidationError(_("There are too many agreements between the two: decline what is not needed."))


def rewrite(row: Agreement, terms: Terms, *, by: int, at: datetime) -> None:
    """Write a draft anew; the row is claimed. The parties stay."""
    check(terms, by=by, at=at, besides=[row.pk, row.replaces_id])
    _update(row, **_columns(terms))
    row.directions.all().delete()
    _write_directions(row, terms)


def put_in_force(row: Agreement, *, at: datetime) -> None:
    """Accept a claimed draft; what it replaces ends when it begins."""
    check(terms_of(row), by=row.proposed_by_id or row.first_id, at=at, besides=[row.pk, row.replaces_id])
    _update(row, accepted_at=at)
    if row.replaces_id:
        old = Agreement.objects.select_for_update(of=("self",), no_key=True).get(pk=row.replaces_id)
        if old.replaced_at is not None or old.suspended_at is not None:
            raise ValidationError(
                _("%(code)s was replaced or suspended meanwhile: propose the change anew.")
                % {"code": old.code},
                code="stale",
            )
        _update(old, replaced_at=max(at, row.valid_from))


def close_draft(row: Agreement, *, by: int, reason: str, at: datetime) -> None:
    _update(row, declined_at=at, declined_by_id=by, decline_reason=reason)


def hold(row: Agreement, *, by: int, reason: str, at: datetime) -> None:
    """Suspend a claimed agreement on behalf of `by`; what the other side has done stays."""
    _update(
        row,
        suspended_at=row.suspended_at or at,
        suspended_by=[*row.suspended_by, by],
        suspend_reason=reason,
    )


def let_go(row: Agreement, *, by: int) -> None:
    """Take back the suspension of `by`; in force again once the other side's is gone too."""
    left = [side for side in row.suspended_by if side != by]
    _update(
        row,
        suspended_by=left,
        suspended_at=row.suspended_at if left else None,
        suspend_reason=row.suspend_reason if left else "",
    )


def _others(terms: Terms, at: datetime, besides: Iterable[int | None]) -> list[Standing]:
    """The agreements of the same two that stand or are proposed."""
    both = [terms.first, terms.second]
    rows = Agreement.objects.filter(Q(first_id__in=both), Q(second_id__in=both))
    known = [pk for pk in besides if pk]
    found = {row.pk: row for row in rows.standing(at).exclude(pk__in=known).prefetch_related("directions")}
    drafts = rows.open_drafts().exclude(pk__in=known).exclude(replaces_id__in=known)
    found |= {row.pk: row for row in drafts.filter(valid_to__gt=at).prefetch_related("directions")}
    return [
        Standing(
            code=row.code,
            givers=frozenset(each.giver_id for each in row.directions.all()),
            valid_from=row.valid_from,
            valid_to=min(row.valid_to, row.replaced_at) if row.replaced_at else row.valid_to,
            accepted=row.accepted_at is not None,
        )
        for row in found.values()
    ]


def nation_of(agency: Agency) -> str:
    """What 'of one country' compares: an international body is its own."""
    body = agency.kind == "international" or not agency.country
    return f"body:{agency.code}" if body else agency.country


def _columns(terms: Terms) -> dict[str, Any]:
    return {
        "name": " ".join(terms.name.split()),
        "whole_governments": terms.whole_governments,
        "valid_from": terms.valid_from,
        "valid_to": terms.valid_to,
    }


def _write_directions(row: Agreement, terms: Terms) -> None:
    Direction.objects.bulk_create(
        Direction(
            agreement=row,
            giver_id=giver,
            kinds=sorted(scope.kinds),
            drug_classes=sorted(scope.drug_classes),
            highest_tlp=scope.highest_tlp,
            withheld=sorted(scope.withheld),
            caveat=scope.caveat.strip(),
            legal_basis=scope.legal_basis.strip(),
            permitted_use=scope.permitted_use.strip(),
            keep_days=scope.keep_days,
        )
        for giver, scope in terms.gives.items()
    )


def _update(row: Agreement, **values: Any) -> None:
    """Write columns and count the write. Both are on the row afterwards."""
    for name, value in {**values, "revision": row.revision + 1}.items():
        setattr(row, name, value)
    row.save(update_fields=[*(name.removesuffix("_id") for name in values), "revision"])
