"""Release, on one screen: pick on the left, what each agency would see on the right, then the button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bulletins.faces.wording import label_of
from bulletins.markings.models import TLP
from bulletins.models import Record
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from sharing.audiences.holders import holders_of
from sharing.audiences.naming import Offer
from sharing.audiences.preview import Preview, preview
from sharing.flow import release
from sharing.pages.access import Head, head_of, outline, own_record
from sharing.releases.forms import GROUPS, ReleaseForm, tlp_meaning
from sharing.releases.models import Release
from sharing.releases.querysets import live_releases
from sharing.releases.targets import Target, Targets, targets_for


@dataclass(frozen=True)
class Choice:
    """A line of the picker, with what was chosen for it."""

    target: Target
    picked: bool
    groups: tuple[tuple[str, str, bool], ...]
    people: str


@dataclass(frozen=True)
class Standing:
    """A live release in a list: to whom, since when, without what."""

    key: str
    to: str
    version: int
    withheld: str
    reworded: str
    need_to_know: str
    since: datetime
    starts_at: datetime | None
    until: datetime | None
    acknowledge_by: datetime | None
    by: str

    @property
    def asks_anew(self) -> bool:
        """Whether a version carried over by it is to be acknowledged again."""
        return self.acknowledge_by is not None and self.acknowledge_by > timezone.now()


@dataclass(frozen=True)
class OtherWords:
    """A text that one target may read in other words; `anew`: its author has rewritten it since."""

    offer: Offer
    key: str
    slug: str
    to: str
    anew: bool = False


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def release_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The release of one's own record: look, then release exactly what was looked at."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.release")
    head = head_of(record, viewer)
    if not record.latest:
        return render(request, "sharing/release.html", {"head": head, "page_marking": head.marking})
    targets, now = targets_for(viewer), timezone.now()
    form = ReleaseForm(request.POST if request.method == "POST" else _start(record), targets=targets)
    sent = request.method == "POST" and request.POST.get("do") == "release"
    form.is_valid()
    if sent and form.cleaned_data.get("tlp") == TLP.RED:
        form.look_up_people()
    foreseen = preview(record, form.plan(), viewer=viewer, at=now) if form.chosen() else None
    if sent and _released(form, foreseen, record, viewer, now):
        messages.success(request, _said(foreseen))  # type: ignore[arg-type]
        return HttpResponseRedirect(head.path)
    context = {
        **_shared(form, head, foreseen),
        **picker(form, targets),
        "was_given": Release.objects.filter(record_id=record.pk).exists(),
        "holders": holders_of(record.pk, viewer),
        "standing": standing(live_releases(record.pk, at=now)),
        "refused": sent,
    }
    return render(request, "sharing/release.html", context, status=400 if sent else 200)


@login_required
@never_cache
@require_POST
def release_preview(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The live table alone, for what the form holds at the moment."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = own_record(request, kind, ref, "record.preview")
    form = ReleaseForm(request.POST, targets=targets_for(viewer))
    form.is_valid()
    foreseen = (
        preview(record, form.plan(), viewer=viewer, at=timezone.now())
        if form.chosen() and record.latest
        else None
    )
    return render(request, "sharing/release_preview.html", _shared(form, outline(record), foreseen))


def standing(releases: Iterable[Release]) -> list[Standing]:
    return [
        Standing(
            key=target_key(row),
            to=_to(row),
            version=row.version,
            withheld=", ".join(str(FieldGroup(group).label) for group in FieldGroup if group in row.withheld),
            reworded=", ".join(dict.fromkeys(label_of(field) for field in sorted(row.wording))),
            need_to_know=row.need_to_know,
            since=row.released_at,
            starts_at=row.starts_at if row.applied_at is None else None,
            until=row.ends_at,
            acknowledge_by=row.acknowledge_by,
            by=row.released_by.username if row.released_by else "",
        )
        for row in releases
    ]


def target_key(row: Release) -> str:
    """What names a release's target in forms: an agency's code, a community's, or everybody."""
    if row.agency:
        return row.agency.code
    return f"community:{row.community.code}" if row.community else "everybody"


def _to(row: Release) -> str:
    if row.agency:
        return row.agency.label
    return _("%(name)s (all members)") % {"name": row.community.name} if row.community else _("Every agency")


def _start(record: Record) -> dict[str, Any]:
    """What the form holds before anything is chosen."""
    return {
        "tlp": record.tlp,
        "controls": record.controls,
        "rel_to": ", ".join(record.rel_to),
        "right_to_know": _("Enforcement of drug laws in the recipient's own jurisdiction"),
    }


def _shared(form: ReleaseForm, head: Head, foreseen: Preview | None) -> dict[str, Any]:
    tlp = form.cleaned_data.get("tlp", "")
    return {
        "head": head,
        "page_marking": head.marking,
        "form": form,
        "foreseen": foreseen,
        "other_words": _other_words(form, foreseen),
        "tlp": tlp,
        "meaning": tlp_meaning(tlp),
        "ready": foreseen is not None and foreseen.possible and not form.errors,
    }


def _other_words(form: ReleaseForm, foreseen: Preview | None) -> list[OtherWords]:
    targets = {(target.agency, target.community): target for target in form.targets.values()}
    return [
        OtherWords(
            offer=offer,
            key=target.key,
            slug=slugify(f"{target.key}-{offer.field}"),
            to=target.code or target.label,
        )
        for offer in (foreseen.offers if foreseen else ())
        if (target := targets.get((offer.agency, offer.community)))
    ]


def picker(form: ReleaseForm, targets: Targets) -> dict[str, Any]:
    """The left side: every target as a line, in its group."""
    picked = set(form.chosen())
    groups = [(value, str(label)) for value, label in GROUPS]

    def line(target: Target) -> Choice:
        held = form.held_back(target.key)
        return Choice(
            target=target,
            picked=target.key in picked,
            groups=tuple((value, label, value in held) for value, label in groups),
            people=form.names(target.key),
        )

    bands = [(band.label, [line(target) for target in members]) for band, members in targets.bands]
    return {
        "communities": [line(target) for target in targets.communities],
        "bands": [(label, lines, any(each.picked for each in lines)) for label, lines in bands],
        "everybody": [line(targets.everybody)],
    }


def _released(
    form: ReleaseForm, foreseen: Preview | None, record: Record, viewer: Viewer, at: datetime
) -> bool:
    """Carry it out, or say in the form why not."""
    if foreseen is None:
        form.add_error(None, _("Pick at least one agency or community."))
        return False
    if not form.need_given():
        form.add_error("need_to_know", _("Say why they need to know."))
    if form.errors:
        return False
    if not foreseen.possible:
        for refusal in foreseen.refusals or (_("Nobody you picked would get it."),):
            form.add_error(None, refusal)
        return False
    if form.data.get("seal") != foreseen.seal:
        form.add_error(
            None,
            _(
                "What they would see has changed since you looked, or you have not looked yet. "
                "Look, then release."
            ),
        )
        return False
    try:
        with transaction.atomic():
            release([record], form.plan(), viewer=viewer, at=at)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _said(foreseen: Preview) -> str:
    if foreseen.begins:
        return _("It goes to %(targets)s at the time you set.") % {"targets": foreseen.target_words()}
    return _("Released to %(targets)s.") % {"targets": foreseen.target_words()}
