"""The proof of a recall in plain words, for the typesetter. It tells who had what and when, no word of the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from bulletins.models import Record
from hub.accounts.viewer import Viewer
from hub.pages.times import zone_name
from sharing.pages.access import Head
from sharing.recalls.proof import Had, Line, Proof
from sharing.recalls.querysets import Said


def document(record: Record, head: Head, proof: Proof, *, viewer: Viewer, at: datetime) -> dict[str, Any]:
    """All that stands on the paper, as JSON values."""
    title = _("Proof of recall %(ref)s") % {"ref": record.ref}
    return {
        "language": (get_language() or "en").split("-")[0],
        "paper": "us-letter" if record.owner.country in ("US", "CA", "MX") else "a4",
        "document_title": f"{head.marking.tlp} {title}",
        "title": title,
        "owner": {"code": record.owner.code, "name": record.owner.name},
        "marking": {
            "tlp": str(head.marking.tlp),
            "caveats": head.marking.caveats,
            "banner": head.marking.banner,
        },
        "about": _about(record, proof, viewer, at),
        "reason": proof.reason,
        "numbers": numbers_in_words(proof),
        "silent": _("Not answered: %(codes)s.") % {"codes": ", ".join(proof.silent)} if proof.silent else "",
        "lines": [_line(line) for line in proof.lines],
        "communities": [
            _("Members of %(name)s, who are not listed: those who had it were told and asked to answer.")
            % {"name": name}
            for name in proof.communities
        ],
        "notes": [
            _("Who was given what is from the ledger: a row for each answer that gave somebody something."),
            _("Members of communities that are not listed are neither named nor counted."),
            _("A copy that left the hub can be asked for, not taken."),
        ],
        "foot": f"{record.owner.code} · {record.ref} · {_moment(at)}",
        "words": _words(),
    }


def numbers_in_words(proof: Proof) -> str:
    """`3 agencies were told, 2 have answered.`"""
    told = ngettext("%(n)d agency was told", "%(n)d agencies were told", proof.told) % {"n": proof.told}
    answered = ngettext("%(n)d has answered", "%(n)d have answered", proof.answered) % {"n": proof.answered}
    return f"{told}, {answered}."


def _about(record: Record, proof: Proof, viewer: Viewer, at: datetime) -> list[list[str]]:
    kind = _("Bulletin") if record.kind == "bulletin" else _("Seizure report")
    what = _("version %(n)d alone") % {"n": proof.version} if proof.version else _("every version")
    rows = [
        [_("Record"), f"{kind} {record.ref}"],
        [_("Taken back"), what],
        [_("Recalled"), _moment(proof.at)],
        [_("By"), proof.by],
        [_("As of"), _moment(at)],
        [_("Made by"), f"{viewer.username}, {viewer.agency_code}"],
    ]
    return [row for row in rows if row[1]]


def _line(line: Line) -> dict[str, Any]:
    answers = [_said(said) for said in line.said]
    if line.told_at and not line.answered:
        answers.append(_("has not answered") if not line.said else _("not all have answered"))
    return {
        "code": line.code,
        "name": line.name,
        "had": [_had(had) for had in line.had] or [_("It could read it; nothing shows that it did.")],
        "told": _told(line),
        "answers": answers,
    }


def _had(had: Had) -> str:
    return _("Version %(n)d: first %(first)s, last %(last)s, by %(ways)s") % {
        "n": had.version,
        "first": _moment(had.first_at),
        "last": _moment(had.last_at),
        "ways": ", ".join(had.channels),
    }


def _told(line: Line) -> list[str]:
    if line.told_at is None:
        earlier = line.told_before
        return [_("of an earlier recall, %(at)s") % {"at": _moment(earlier)}] if earlier else []
    arrived = (
        _("arrived %(at)s") % {"at": _moment(line.sent_at)} if line.sent_at else _("notice not yet arrived")
    )
    return [_moment(line.told_at), arrived]


def _said(said: Said) -> str:
    words = f": {said.words}" if said.words else ""
    named = f" ({', '.join(said.passed_to)})" if said.passed_to else ""
    return f"{said.label.capitalize()}{words}{named}, {_moment(said.at)}"


def _moment(at: datetime) -> str:
    here = localtime(at)
    return f"{date_format(here, 'j M Y, H:i')} {zone_name(here)}"


def _words() -> dict[str, str]:
    return {
        "page": _("Page {n} of {m}"),
        "told_what": _("What they were told"),
        "by_agency": _("Agency by agency"),
        "agency": _("Agency"),
        "given": _("Was given"),
        "told": _("Told"),
        "answered": _("Answered"),
        "nobody": _("No agency that may be named here had it."),
        "stand_in": _(
            "Letters that the paper's fonts do not have are shown as □; the hub's pages show them."
        ),
    }
