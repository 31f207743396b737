"""The proof of a recall, as page and as paper, for the owner's releasers and auditors."""

from __future__ import annotations

from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from hub.accounts.viewer import Viewer
from hub.trail.actions import denied
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Received
from sharing.briefings.pdf import NotSet, typeset
from sharing.pages.access import outline
from sharing.pages.proof_paper import document
from sharing.recalls.proof import Proof, may_prove, proofs_of

PAPER = Path(__file__).parents[1] / "recalls" / "proof.typ"


@login_required
@never_cache
@require_safe
def proof_page(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """One recall of the record, the newest unless the address names another; below, the others."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = proved_record(request, kind, ref)
    proofs = proofs_of(record, viewer)
    head = outline(record)
    context = {
        "head": head,
        "page_marking": head.marking,
        "proofs": proofs,
        "proof": _asked(request, proofs),
        "now": timezone.now(),
    }
    return render(request, "sharing/recall_proof.html", context)


@login_required
@never_cache
@require_safe
def proof_paper(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The same as PDF, for the file. Each download stands on the trail."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    record = proved_record(request, kind, ref)
    proof, head, now = _asked(request, proofs_of(record, viewer)), outline(record), timezone.now()
    if proof is None:
        raise Http404
    try:
        content = typeset(document(record, head, proof, viewer=viewer, at=now), PAPER)
    except NotSet:
        messages.error(request, _("The paper could not be made. Try again in a minute."))
        return HttpResponseRedirect(f"{head.path}recall/proof/")
    write_trail(
        "recall.proof",
        viewer=viewer,
        at=now,
        object_type=record.kind,
        object_id=record.ref,
        version=proof.version,
        marking=record.tlp,
    )
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="recall-{record.ref}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def proved_record(request: HttpRequest, kind: str, ref: str) -> Record:
    """A record of the viewer's agency, for its releasers and auditors. Others who may see it are refused; to all
    others it does not exist."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = (
        working_copies(Record, viewer, purged=True).filter(ref=ref, kind=kind).select_related("owner").first()
    )
    if found is not None and may_prove(viewer):
        return found
    if found is None and not Received.objects.visible_to(viewer).filter(ref=ref, kind=kind).exists():
        raise Http404
    reason = _("Only releasers and auditors of the agency that owns it read the proof.")
    raise denied("recall.proof", viewer, reason, kind=kind, ref=ref)


def _asked(request: HttpRequest, proofs: list[Proof]) -> Proof | None:
    asked = request.GET.get("recall", "")
    if not asked:
        return proofs[0] if proofs else None
    found = next((each for each in proofs if str(each.uid) == asked), None)
    if found is None:
        raise Http404
    return found
