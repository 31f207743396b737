"""The ledger as a file: CSV, JSON or PDF, with the labels and reasons that 28 CFR 23.20 (e) and (g) ask for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking, highest
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from hub.pages.cells import guarded
from hub.pages.times import zone_name
from sharing.briefings.pdf import typeset
from sharing.ledger.lines import LedgerLine, UnlistedLine
from sharing.ledger.looking import Look, look
from sharing.ledger.querysets import Asked
from sharing.ledger.rules import MOST_LINES, MOST_ON_PAPER, Side

PAPER = Path(__file__).with_name("ledger.typ")
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
COLUMNS = (
    "at", "record", "kind", "version", "withheld", "receiving_agency", "receiving_agency_name", "person", "channel",
    "need_to_know", "right_to_know", "basis", "agreement", "sensitivity_level", "confidence_level",
    "submitting_agency", "control_official",
)  # fmt: skip


def exported(
    viewer: Viewer, side: Side, asked: Asked, form: str, *, owner: Agency, at: datetime
) -> tuple[bytes, int]:
    """The file and how many lines it holds. Raises ValidationError when it would be too long, and pdf.NotSet.

    It names records by reference and labels, and holds nothing of their content: so it is made of every marking,
    and is marked with the highest of what it names.
    """
    most = MOST_ON_PAPER if form == "pdf" else MOST_LINES
    found = look(viewer, side, asked, at=at, size=most)
    if found.after:
        raise ValidationError(
            _("That is more than %(most)s lines. Choose fewer days, or one record.") % {"most": f"{most:,}"}
        )
    if form == "pdf":
        content = typeset(document(found, side, asked, owner=owner, at=at), PAPER)
    elif form == "json":
        content = as_json(found, side, asked, owner=owner, at=at)
    else:
        content = as_csv(found)
    return content, len(found.lines) + len(found.unlisted)


def rows_of(found: Look) -> list[dict[str, Any]]:
    """Lines as columns; communities whose members are not listed last, as one row a release."""
    return [_row(line) for line in found.lines] + [_unlisted_row(line) for line in found.unlisted]


def as_csv(found: Look) -> bytes:
    """UTF-8 with a mark, as spreadsheets want it; nothing in it is a formula."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for row in rows_of(found):
        table.writerow([guarded(str(row[name])) for name in COLUMNS])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_json(found: Look, side: Side, asked: Asked, *, owner: Agency, at: datetime) -> bytes:
    marking = marking_of_lines([*found.lines, *found.unlisted])
    told = {
        "agency": owner.code,
        "side": side.value,
        "made_at": at.astimezone(UTC).isoformat(),
        "marking": marking.banner if marking else "",
        "from": asked.since.isoformat() if asked.since else None,
        "to": asked.until.isoformat() if asked.until else None,
        "record": asked.ref or None,
        "lines": rows_of(found),
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode()


def document(found: Look, side: Side, asked: Asked, *, owner: Agency, at: datetime) -> dict[str, Any]:
    """All that stands on the paper, as JSON values."""
    marking = marking_of_lines([*found.lines, *found.unlisted]) or Marking()
    here = localtime(at)
    made = f"{date_format(here, 'j M Y, H:i')} {zone_name(here)}"
    if side == Side.GIVEN:
        title = _("Who was given records of %(agency)s") % {"agency": owner.code}
    else:
        title = _("What %(agency)s was given") % {"agency": owner.code}
    lines = len(found.lines)
    return {
        "language": (get_language() or "en").split("-")[0],
        "paper": "us-letter" if owner.country in ("US", "CA", "MX") else "a4",
        "document_title": f"{marking.tlp} {title}",
        "owner": owner.name,
        "marking": {"tlp": str(marking.tlp), "caveats": marking.caveats, "banner": marking.banner},
        "title": title,
        "about": [row for row in _about(asked, made) if row[1]],
        "said": ngettext("%(n)s line", "%(n)s lines", lines) % {"n": f"{lines:,}"},
        "foot": f"{owner.code} · {made}",
        "given": side == Side.GIVEN,
        "lines": [_on_paper(line) for line in found.lines],
        "unlisted": [_unlisted_on_paper(line) for line in found.unlisted],
        "words": _words(),
    }


def marking_of_lines(lines: Sequence[LedgerLine | UnlistedLine]) -> Marking | None:
    """The highest of what the lines name."""
    return highest(line.marking for line in lines if line.marking)


def _row(line: LedgerLine) -> dict[str, Any]:
    return {
        "at": line.at.astimezone(UTC).isoformat(timespec="seconds"),
        "record": line.ref,
        "kind": line.kind,
        "version": line.version,
        "withheld": " ".join(line.withheld),
        "receiving_agency": line.agency,
        "receiving_agency_name": line.agency_name,
        "person": line.person,
        "channel": line.channel,
        "need_to_know": line.need_to_know,
        "right_to_know": line.right_to_know,
        "basis": line.basis,
        "agreement": line.agreement,
        "sensitivity_level": line.sensitivity,
        "confidence_level": line.confidence,
        "submitting_agency": line.submitted_by,
        "control_official": line.official,
    }


def _unlisted_row(line: UnlistedLine) -> dict[str, Any]:
    return dict.fromkeys(COLUMNS, "") | {
        "at": line.at.astimezone(UTC).isoformat(timespec="seconds"),
        "record": line.ref,
        "kind": line.kind,
        "version": line.version,
        "receiving_agency_name": _("%(community)s (members not listed)") % {"community": line.community},
        "need_to_know": line.need_to_know,
        "right_to_know": line.right_to_know,
        "basis": _("Release"),
        "sensitivity_level": line.marking.banner,
        "control_official": line.official,
    }


def _about(asked: Asked, made: str) -> list[list[str]]:
    return [
        [_("Record"), asked.ref],
        [_("Agency"), asked.agency],
        [_("From"), date_format(asked.since, "j M Y") if asked.since else ""],
        [_("To"), date_format(asked.until, "j M Y") if asked.until else ""],
        [_("As of"), made],
    ]


def _on_paper(line: LedgerLine) -> dict[str, Any]:
    here = localtime(line.at)
    why = [line.need_to_know, line.right_to_know]
    return {
        "when": date_format(here, "j M Y, H:i"),
        "record": line.ref,
        "version": str(line.version),
        "withheld": line.withheld_words,
        "to": line.agency,
        "person": line.person,
        "by": line.submitted_by,
        "how": line.channel_words,
        "basis": ", ".join(part for part in (line.basis, line.agreement) if part),
        "why": "; ".join(part for part in why if part),
        "tlp": str(line.marking.tlp) if line.marking else "",
        "caveats": line.marking.caveats if line.marking else "",
        "confidence": line.confidence,
        "official": line.official,
    }


def _unlisted_on_paper(line: UnlistedLine) -> dict[str, Any]:
    return {
        "when": date_format(localtime(line.at), "j M Y, H:i"),
        "record": line.ref,
        "version": str(line.version),
        "to": line.community,
        "why": "; ".join(part for part in (line.need_to_know, line.right_to_know) if part),
        "official": line.official,
    }


def _words() -> dict[str, str]:
    return {
        "page": _("Page {n} of {m}"),
        "when": _("When"),
        "record": _("Record"),
        "to": _("To"),
        "from": _("From"),
        "how": _("How"),
        "why": _("Basis, need and right to know"),
        "labels": _("Labels"),
        "version": _("version"),
        "withheld": _("without"),
        "nothing": _("Nothing was given in that time."),
        "unlisted": _("Communities whose members are not listed"),
        "unlisted_says": _(
            "Released to them; their members are told to their lead alone, and not counted here."
        ),
        "official": _("Control official"),
        "note": _("Records are named by reference alone. Marked with the highest marking of what is named."),
        "stand_in": _(
            "Letters that the paper's fonts do not have are shown as □; the hub's pages show them."
        ),
    }
