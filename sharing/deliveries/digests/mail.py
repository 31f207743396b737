"""A digest as a mail: each line says what a mail of that record could say, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hub.pages.times import zone_name
from sharing.deliveries.digests.reading import Digest, Line
from sharing.disclosures.rules import Carries, Channel, carries
from sharing.disclosures.wording import kind_in_words


def digest_in_mail(found: Digest) -> tuple[str, str, dict[str, Any]]:
    """Subject, template and context. Where nothing may be said of any: that something waits, as in other mails."""
    url = settings.SITE_URL + found.path
    if not found.lines:
        return _("Something waits for you in the hub"), "waiting", {"url": url}
    hazard = [_("HAZARD")] if found.hazards else []
    context = {
        "tlp": found.tlp,
        "title": found.title,
        "since": _when(found.period.since, found.zone),
        "until": _when(found.period.until, found.zone),
        "sections": [section for section in _sections(found) if section["lines"]],
        "waiting": found.waiting,
        "more": found.more,
        "url": url,
    }
    said = [_("Digest"), *([found.title] if found.title else [])]
    return " ".join([found.tlp, *hazard, f"{': '.join(said)}: {_counted(found)}"]), "digest", context


def _when(at: datetime, zone: str) -> str:
    """In the recipient's zone, which is named."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{date_format(there, 'j M Y, H:i')} {zone_name(there)}"


def _counted(found: Digest) -> str:
    """`1 hazard, 4 new, 2 amended, 3 waiting`, as far as there are any; `and more` where not all are listed."""
    counts = [
        (len(found.hazards), ngettext("%(n)s hazard", "%(n)s hazards", len(found.hazards))),
        (len(found.new), _("%(n)s new")),
        (len(found.amended), _("%(n)s amended")),
        (found.waiting, _("%(n)s waiting")),
    ]
    said = ", ".join(words % {"n": n} for n, words in counts if n)
    return _("%(said)s and more") % {"said": said} if found.more else said


def _sections(found: Digest) -> list[dict[str, Any]]:
    return [
        {"title": _("Hazards"), "lines": _said(found.hazards)},
        {"title": _("New"), "lines": _said(found.new)},
        {"title": _("Amended"), "lines": _said(found.amended)},
    ]


def _said(lines: Sequence[Line]) -> list[dict[str, str]]:
    said = []
    for line in lines:
        whole = carries(line.shown.marking, Channel.MAIL) >= Carries.TEAR_LINE
        said.append(
            {
                "marking": line.shown.marking.banner,
                "title": line.shown.title if whole else kind_in_words(line.shown.kind),
                "tear_line": line.shown.core.get("tear_line", "") if whole else "",
                "safety_note": line.shown.core.get("safety_note", "") if whole else "",
                "url": settings.SITE_URL + line.shown.path,
            }
        )
    return said
