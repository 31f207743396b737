"""Releasing several of one's own records at once: choose, pick, look at one preview, release all or none."""

from __future__ import annotations

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
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bulletins.faces.querysets import FoundQuerySet
from bulletins.markings.models import TLP
from bulletins.markings.rules import highest, marking_of
from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from bulletins.records.models import Kind
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from sharing.audiences.bulk import MOST_RECORDS, BulkPreview, own_plan, preview_all
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.filters import NotUnderstood
from sharing.disclosures.paging import count_of, page_of, said
from sharing.disclosures.presenting import line_of, thumb_of
from sharing.disclosures.rules import Channel
from sharing.flow import hold, release_each
from sharing.pages.access import with_nobody
from sharing.pages.releasing import picker
from sharing.releases.forms import BulkForm
from sharing.releases.targets import targets_for

SECTION = {Kind.BULLETIN: "bulletins", Kind.SEIZURE: "seizures"}


@dataclass(frozen=True)
class Line:
    """A record that can be chosen."""

    ref: str
    href: str
    title: str
    line: tuple[str, ...]
    photo: str
    codes: tuple[str, ...]
    transport: str
    tlp: str
    chosen: bool

    @property
    def red(self) -> bool:
        return self.tlp == TLP.RED


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_release(request: HttpRequest, kind: str) -> HttpResponse:
    """Several published records of one kind, to the same agencies and communities, under one preview."""
    viewer = _releaser(request, kind)
    targets, now = targets_for(viewer), timezone.now()
    sent = request.method == "POST" and request.POST.get("do") == "release"
    form = BulkForm(request.POST if request.method == "POST" else _start(), targets=targets)
    form.is_valid()
    if sent:
        # What is looked at now is what is then written, whoever else releases at this moment.
        hold(_found(form, kind, viewer))
    records = _chosen(form, kind, viewer)
    foreseen = _foreseen(form, records, viewer, now)
    if sent and _released(form, records, foreseen, viewer, now):
        messages.success(request, _done(kind, foreseen))  # type: ignore[arg-type]
        return HttpResponseRedirect(f"/{SECTION[Kind(kind)]}/")
    everything = request.GET.get("which") == "all"
    try:
        lines = _lines(form, kind, viewer, everything=everything, after=request.GET.get("after", ""))
    except NotUnderstood as error:
        context = _head(kind) | {"unread": str(error)}
        return render(request, "sharing/bulk_release.html", context, status=400)
    context = {
        **_head(kind),
        **_shared(form, kind, foreseen),
        **lines,
        "page_marking": highest([*lines["marks"], *(marking_of(record) for record in records)]),
        **picker(form, targets),
        "refused": sent,
        "most": MOST_RECORDS,
    }
    return render(request, "sharing/bulk_release.html", context, status=400 if sent else 200)


@login_required
@never_cache
@require_POST
def bulk_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """The live table alone, for what the form holds at the moment."""
    viewer = _releaser(request, kind)
    form = BulkForm(request.POST, targets=targets_for(viewer))
    form.is_valid()
    foreseen = _foreseen(form, _chosen(form, kind, viewer), viewer, timezone.now())
    return render(request, "sharing/bulk_preview.html", _shared(form, kind, foreseen))


def _releaser(request: HttpRequest, kind: str) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    if may_release(viewer):
        return viewer
    reason = _("Only an agency's releaser may do this.")
    raise denied("record.release", viewer, reason, kind=kind)


def _start() -> dict[str, Any]:
    return {"right_to_know": _("Enforcement of drug laws in the recipient's own jurisdiction")}


def _own(kind: str, viewer: Viewer) -> FoundQuerySet:
    return Received.objects.visible_to(viewer).filter(owner_id=viewer.agency_id, kind=kind)


def _found(form: BulkForm, kind: str, viewer: Viewer) -> list[Record]:
    rows = working_copies(Record, viewer).filter(kind=kind, ref__in=form.refs()[:MOST_RECORDS], latest__gt=0)
    found = {record.ref: record for record in rows.select_related("owner")}
    return [found[ref] for ref in form.refs() if ref in found]


def _chosen(form: BulkForm, kind: str, viewer: Viewer) -> list[Record]:
    """The records chosen, in the order of the form. What is not there and what is not theirs is said alike."""
    refs, found = form.refs(), _found(form, kind, viewer)
    if len(refs) > MOST_RECORDS:
        form.add_error(None, _("Choose %(n)d records at most.") % {"n": MOST_RECORDS})
    elif len(found) < len(refs):
        form.add_error(None, _("Not everything you chose is there, posted and your agency's. Choose again."))
    return found


def _foreseen(form: BulkForm, records: list[Record], viewer: Viewer, at: datetime) -> BulkPreview | None:
    if not records or not form.chosen():
        return None
    plan = form.plan()
    return preview_all([(record, own_plan(record, plan)) for record in records], viewer=viewer, at=at)


def _lines(form: BulkForm, kind: str, viewer: Viewer, *, everything: bool, after: str) -> dict[str, Any]:
    """What can be chosen: the chosen first, then one page of the others. At TLP:RED, those shown to the reader."""
    own = _own(kind, viewer)
    rows = own if everything else with_nobody(own)
    keys = page_of(rows, by="visible_since", after=after, size=MOST_RECORDS)
    refs = form.refs()[:MOST_RECORDS]
    also = list(own.filter(ref__in=refs).exclude(record_id__in=keys.ids).values_list("record_id", flat=True))
    shown = disclose(viewer, [*also, *keys.ids], Channel.PAGE)
    return {
        "lines": [_line(each, chosen=each.ref in refs) for each in shown],
        "segments": [
            {"label": _("With nobody yet"), "href": "?", "current": not everything},
            {"label": _("All"), "href": "?which=all", "current": everything},
        ],
        "total": said(count_of(rows)),
        "everything": everything,
        "next": _next(keys.after, everything=everything),
        "marks": [each.marking for each in shown],
    }


def _next(after: str, *, everything: bool) -> str:
    return f"?{'which=all&' if everything else ''}after={after}" if after else ""


def _line(shown: Disclosure, *, chosen: bool) -> Line:
    return Line(
        ref=shown.ref,
        href=shown.path,
        title=shown.title,
        line=line_of(shown),
        photo=thumb_of(shown),
        codes=tuple(shown.core.get("methods", [])),
        transport=shown.core.get("mode", ""),
        tlp=shown.marking.tlp,
        chosen=chosen,
    )


def _head(kind: str) -> dict[str, Any]:
    bulletin = kind == Kind.BULLETIN
    return {
        "list_path": f"/{SECTION[Kind(kind)]}/",
        "crumbs": [(_("Bulletins"), "/bulletins/") if bulletin else (_("Seizures"), "/seizures/")],
    }


def _shared(form: BulkForm, kind: str, foreseen: BulkPreview | None) -> dict[str, Any]:
    number = len(foreseen.each) if foreseen else 0
    return {
        "form": form,
        "foreseen": foreseen,
        "number": number,
        "what": _what(kind, number),
        "ready": foreseen is not None and foreseen.possible and not form.errors,
        "chosen_refs": form.refs(),
    }


def _what(kind: str, number: int) -> str:
    if kind == Kind.BULLETIN:
        return ngettext("%(n)d bulletin", "%(n)d bulletins", number) % {"n": number}
    return ngettext("%(n)d seizure report", "%(n)d seizure reports", number) % {"n": number}


def _released(
    form: BulkForm, records: list[Record], foreseen: BulkPreview | None, viewer: Viewer, at: datetime
) -> bool:
    """Carry it out for all, or say in the form why for none."""
    if not form.refs():
        form.add_error(None, _("Choose at least one record."))
    if not form.chosen():
        form.add_error(None, _("Pick at least one agency or community."))
    if not form.need_given():
        form.add_error("need_to_know", _("Say why they need to know."))
    if form.errors or foreseen is None:
        return False
    if not foreseen.possible:
        for refusal in foreseen.refusals:
            form.add_error(
                None, f"{', '.join(refusal.refs)}: {refusal.text}" if refusal.refs else refusal.text
            )
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
    plan = form.plan()
    try:
        with transaction.atomic():
            release_each([(record, own_plan(record, plan)) for record in records], viewer=viewer, at=at)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _done(kind: str, foreseen: BulkPreview) -> str:
    facts = {"what": _what(kind, len(foreseen.each)), "targets": foreseen.whole.target_words()}
    if any(found.begins for found in foreseen.each):
        return _("%(what)s: to %(targets)s at the time you set.") % facts
    return _("Released %(what)s to %(targets)s.") % facts
