"""Agreements in words: what crosses in each direction, without what, until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from bulletins.records.models import Kind
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.bands import country_name
from hub.agencies.models import Agency
from sharing.agreements.models import Agreement, Direction

SOON_DAYS = 60
KINDS = {Kind.BULLETIN: gettext_lazy("bulletins"), Kind.SEIZURE: gettext_lazy("seizure reports")}


@dataclass(frozen=True)
class State:
    """How an agreement stands: `good` ones let something cross today."""

    label: str
    good: bool
    note: str = ""


@dataclass(frozen=True)
class DirectionInWords:
    giver: str
    taker: str
    what: str
    without: str
    caveat: str
    legal_basis: str
    permitted_use: str
    keep: str


@dataclass(frozen=True)
class AgreementInWords:
    code: str
    name: str
    parties: tuple[str, str]
    names: tuple[str, str]
    scope: str
    state: State
    valid_from: datetime
    valid_to: datetime
    directions: tuple[DirectionInWords, ...]

    @property
    def href(self) -> str:
        return f"/agreements/{self.code}/"

    @property
    def silent(self) -> list[tuple[str, str]]:
        """Directions in which nothing crosses."""
        given = {direction.giver for direction in self.directions}
        first, second = self.parties
        return [pair for pair in ((first, second), (second, first)) if pair[0] not in given]


@login_required
@require_safe
def agreements(request: HttpRequest) -> HttpResponse:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows = Agreement.objects.select_related("first", "second").prefetch_related("directions")
    found = [in_words(row, timezone.now()) for row in rows.order_by("code")]
    context = {"agreements": found, "all_of_them": viewer.agency_id is None}
    return render(request, "sharing/agreements.html", context)


@login_required
@require_safe
def agreement(request: HttpRequest, code: str) -> HttpResponse:
    """One agreement. Those of others do not exist here."""
    rows = Agreement.objects.select_related("first", "second").prefetch_related("directions")
    found = in_words(get_object_or_404(rows, code=code), timezone.now())
    crumbs = [(_("Agreements"), "/agreements/")]
    return render(request, "sharing/agreement.html", {"agreement": found, "crumbs": crumbs})


def in_words(row: Agreement, now: datetime) -> AgreementInWords:
    parties = {row.first_id: row.first, row.second_id: row.second}
    directions = sorted(row.directions.all(), key=lambda each: each.giver_id != row.first_id)
    return AgreementInWords(
        code=row.code,
        name=row.name,
        parties=(row.first.code, row.second.code),
        names=(row.first.name, row.second.name),
        scope=_scope(row),
        state=state_of(row, now),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        directions=tuple(_direction(each, parties) for each in directions),
    )


def state_of(row: Agreement, now: datetime) -> State:
    if row.suspended_at:
        return State(_("Suspended"), False, _("Nothing crosses until it is taken up again."))
    if row.valid_to <= now:
        return State(_("Lapsed"), False, _("Nothing crosses any more."))
    if row.accepted_at is None:
        return State(_("Not accepted yet"), False, _("Nothing crosses until both sides have accepted."))
    if row.valid_from > now:
        return State(_("Not begun"), False, _("Nothing crosses before it begins."))
    left = (row.valid_to - now).days
    if left > SOON_DAYS:
        return State(_("In force"), True)
    note = ngettext("It lapses in %(n)d day.", "It lapses in %(n)d days.", left) % {"n": left}
    return State(_("In force"), True, note)


def _scope(row: Agreement) -> str:
    if not row.whole_governments:
        return _("Between the two agencies and their own bodies")
    return _("Between the governments: every agency of %(first)s and of %(second)s") % {
        "first": country_name(row.first.country) or row.first.code,
        "second": country_name(row.second.country) or row.second.code,
    }


def _direction(row: Direction, parties: dict[int, Agency]) -> DirectionInWords:
    (taker,) = [agency for pk, agency in parties.items() if pk != row.giver_id]
    kinds = [str(KINDS[Kind(kind)]) for kind in row.kinds]
    substances = _listed(row.drug_classes) if row.drug_classes else _("any substance")
    what = _("%(kinds)s of %(substances)s, up to %(tlp)s") % {
        "kinds": _listed(kinds),
        "substances": substances,
        "tlp": row.highest_tlp,
    }
    without = [str(group.label).lower() for group in FieldGroup if group in row.withheld]
    return DirectionInWords(
        giver=parties[row.giver_id].code,
        taker=taker.code,
        what=what[:1].upper() + what[1:],
        without=_listed(without),
        caveat=row.caveat,
        legal_basis=row.legal_basis,
        permitted_use=row.permitted_use,
        keep=_keep(row.keep_days),
    )


def _keep(days: int | None) -> str:
    if days is None:
        return _("No limit is set")
    if days % 365 == 0:
        years = days // 365
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def _listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
