"""One record as PDF: what its reader is shown by that channel, marked on every page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bulletins.publishing.photographs.storage import stored_name
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.pages.names import ZONES
from hub.pages.pictures import thumb_codes, thumbnail
from hub.pages.times import zone_name
from hub.trail.actions import denied
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Received
from sharing.briefings.pdf import NotSet, typeset
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.facts import facts_of
from sharing.disclosures.presenting import present
from sharing.disclosures.reading import shown_to
from sharing.disclosures.rules import Channel
from sharing.disclosures.wording import kind_in_words, word

PAPER = Path(__file__).with_name("record.typ")
MOST_PHOTOGRAPHS = 12


@login_required
@never_cache
@require_safe
def pdf(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """The record on paper. What may be read here and not taken away is refused to who may read it."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    shown = shown_to(viewer, kind, ref, Channel.PDF)
    if shown is None:
        if not Received.objects.visible_to(viewer).filter(ref=ref, kind=kind).look("record_id", most=1):
            raise Http404
        why = _("What is marked TLP:RED or DISPLAY ONLY is read here, and not taken away.")
        raise denied("record.paper", viewer, why, kind=kind, ref=ref)
    now = timezone.now()
    try:
        with tempfile.TemporaryDirectory() as folder:
            files = list(_pictures(shown, Path(folder)))
            content = typeset(document(shown, files, viewer, at=now), PAPER, Path(folder))
    except NotSet:
        messages.error(request, _("The PDF could not be made just now. Try again in a minute."))
        return HttpResponseRedirect(shown.path)
    write_trail(
        "record.paper",
        viewer=viewer,
        at=now,
        object_type=kind,
        object_id=ref,
        version=shown.version,
        marking=shown.marking.banner[:100],
        bytes_out=len(content),
    )
    answer = HttpResponse(content, content_type="application/pdf")
    tlp = shown.marking.tlp.replace(":", "-").replace("+", "-")
    answer["Content-Disposition"] = f'attachment; filename="{tlp}_{shown.ref}_v{shown.version}.pdf"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def document(
    shown: Disclosure, photographs: list[dict[str, Any]], viewer: Viewer, *, at: datetime
) -> dict[str, Any]:
    """All that stands on the paper, as JSON values: disclosed facts in words."""
    page, marking = present(shown), shown.marking
    reader = Agency.objects.get(pk=viewer.agency_id)
    codes, mode = shown.core.get("methods", []), shown.core.get("mode", "")
    hidden = [word(terms().methods, code) for code in codes]
    more = len(shown.photographs) - len(photographs)
    return {
        "language": (get_language() or "en").split("-")[0],
        "paper": "us-letter" if reader.country in ("US", "CA", "MX") else "a4",
        "document_title": f"{marking.tlp} {shown.title}",
        "kind": kind_in_words(shown.kind),
        "ref": shown.ref,
        "title": shown.title,
        "owner": {"code": shown.owner.code, "name": shown.owner.name},
        "marking": {"tlp": str(marking.tlp), "caveats": marking.caveats, "banner": marking.banner},
        "says": [*page.marking_words, *page.grading],
        "hazard": (page.hazard_text or _("See below.")) if shown.hazard else "",
        "tear_line": page.tear_line,
        "hidden": hidden,
        "drawing": _drawing(codes, mode),
        "drawing_says": _("Drawing: %(methods)s") % {"methods": ", ".join(hidden)},
        # What is withheld is named below, once.
        "facts": [[fact.label, fact.value or fact.href] for fact in facts_of(shown, {})],
        "narrative": [part for part in page.narrative.splitlines() if part.strip()],
        "photographs": photographs,
        "more_photographs": ngettext(
            "%(n)d more photograph is on its page.", "%(n)d more photographs are on its page.", more
        )
        % {"n": more}
        if more > 0
        else "",
        "withheld": [_withheld(each) for each in shown.withheld],
        "terms": list(_terms(page)),
        "about": _about(shown, viewer, at),
        "notes": [
            _(
                "It holds what its reader was shown when it was made. That may change or be recalled: its page tells."
            )
        ],
        "foot": f"{shown.owner.code} · {shown.ref} · {viewer.agency_code}, {viewer.username} · {_moment(at)}",
        "words": _words(shown),
    }


def _pictures(shown: Disclosure, folder: Path) -> Iterator[dict[str, Any]]:
    """The photographs that are shown, as files in the folder; `ratio` of width to height."""
    for number, row in enumerate(shown.photographs[:MOST_PHOTOGRAPHS]):
        try:
            with default_storage.open(stored_name(row["uid"], "full")) as file:
                (folder / f"{number}.jpg").write_bytes(file.read())
        except FileNotFoundError:
            continue
        words = [row.get("caption", ""), _("how it was found") if row["group"] == "technique" else ""]
        caption = ", ".join(filter(None, words))
        ratio = (row.get("width") or 4) / (row.get("height") or 3)
        yield {
            "file": f"/{number}.jpg",
            "caption": caption,
            "says": caption or _("Photograph"),
            "ratio": ratio,
        }


def _drawing(codes: list[str], mode: str) -> str | None:
    drawing, found = thumb_codes([code for code in codes if code in ZONES], mode)
    return thumbnail(found, drawing) if drawing else None


def _withheld(each: Any) -> str:
    words = {"what": each.label, "by": each.by, "under": each.under}
    if each.under:
        return _("%(what)s: withheld by %(by)s, under the %(under)s agreement.") % words
    return _("%(what)s: withheld by %(by)s.") % words


def _terms(page: Any) -> Iterator[str]:
    for each in page.terms:
        said = "".join(f" {part.rstrip('.')}." for part in (each.caveat, each.permitted_use) if part)
        yield f"{each.agreement}:{said or ' –'}"
        if each.legal_basis:
            yield _("Legal basis: %(basis)s") % {"basis": each.legal_basis}
        if each.keep_until:
            day = date_format(localtime(each.keep_until), "j M Y")
            yield _("To be kept for %(keep)s at most: destroyed by %(day)s.") % {
                "keep": each.keep,
                "day": day,
            }


def _about(shown: Disclosure, viewer: Viewer, at: datetime) -> list[list[str]]:
    reach = ", ".join(part for part in (shown.owner.email, shown.owner.phone, shown.owner.hours) if part)
    issued = date_format(localtime(shown.issued_at), "j M Y")
    rows = [
        [_("Version"), _("%(n)d, issued %(day)s") % {"n": shown.version, "day": issued}],
        [_("Owner's desk"), reach],
        [_("Shown to"), f"{viewer.agency_name}, {viewer.username}"],
        [_("As of"), _moment(at)],
    ]
    return [row for row in rows if row[1]]


def _moment(at: datetime) -> str:
    here = localtime(at)
    return f"{date_format(here, 'j M Y, H:i')} {zone_name(here)}"


def _words(shown: Disclosure) -> dict[str, str]:
    tear_line = (
        _("Tear line: the text above may be read aloud to every agency it is released to")
        if shown.own
        else _("Tear line: the text above may be read aloud to your agency and its clients")
    )
    return {
        "page": _("Page {n} of {m}"),
        "hazard": _("Hazard"),
        "tear_line": tear_line,
        "hidden": _("Where it was hidden"),
        "narrative": _("What happened"),
        "photographs": _("Photographs"),
        "withheld": _("Not in this copy"),
        "terms": _("Terms"),
        "marking": _("Marking"),
        "stand_in": _(
            "Letters that the paper's fonts do not have are shown as □; the hub's pages show them."
        ),
    }
