"""The briefing as PDF: from disclosures to plain words, and from these to paper in a process with limits."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from bulletins.markings.rules import Marking
from bulletins.vocabulary.terms import terms
from hub.agencies.models import Agency
from hub.pages.amounts import in_kilograms
from hub.pages.names import ZONES
from hub.pages.pictures import thumb_codes, thumbnail
from hub.pages.times import zone_name
from sharing.briefings.attendees import Attendees
from sharing.briefings.figures import Figure, by_drug, by_mode, total_kg
from sharing.briefings.models import Briefing
from sharing.briefings.packs import Pack
from sharing.briefings.statistics import SOURCE, Month, a_year_before
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.facts import facts_of
from sharing.disclosures.presenting import event_of
from sharing.disclosures.wording import marking_in_words, word

logger = logging.getLogger(__name__)

TYPESETTER = Path(__file__).with_name("typesetter.py")
PAPER = Path(__file__).with_name("briefing.typ")
CPU_S, WALL_S = 40, 45.0
_places = threading.BoundedSemaphore(2)
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}


class NotSet(RuntimeError):
    """The paper could not be set: it took too long, or the program that sets it failed."""


def paper_of(briefing: Briefing, pack: Pack, attendees: Attendees, *, at: datetime) -> bytes:
    """The PDF of a pack that is not empty. Raises NotSet."""
    return typeset(document(briefing, pack, attendees, at=at))


def typeset(data: dict[str, Any], template: Path = PAPER, pictures: Path | None = None) -> bytes:
    """`data` on the paper that `template` describes, with files of the folder `pictures`. Raises NotSet."""
    if not _places.acquire(timeout=WALL_S):
        raise NotSet("busy")
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                str(TYPESETTER),
                str(CPU_S),
                str(template),
                *([str(pictures)] if pictures else []),
            ],
            input=json.dumps(data).encode(),
            capture_output=True,
            timeout=WALL_S,
            env=_ENVIRONMENT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet("out of time") from error
    finally:
        _places.release()
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        # What it says may quote a record: only how it ended is logged.
        logger.error("the typesetter ended with %s", done.returncode)
        raise NotSet(f"ended with {done.returncode}")
    return done.stdout


def document(briefing: Briefing, pack: Pack, attendees: Attendees, *, at: datetime) -> dict[str, Any]:
    """All that stands on the paper, as JSON values: disclosed facts in words, nothing of what is left out."""
    marking = pack.marking or Marking()
    owner: Agency = briefing.owner
    month = date_format(briefing.month, "F Y")
    return {
        "language": (get_language() or "en").split("-")[0],
        "paper": "us-letter" if owner.country in ("US", "CA", "MX") else "a4",
        "document_title": f"{marking.tlp} {briefing.title}",
        "title": briefing.title,
        "month": month,
        "owner": {"code": owner.code, "name": owner.name},
        "marking": {**_marking(marking), "banner": marking.banner, "says": marking_in_words(marking)},
        "about": _about(briefing, owner, attendees, at),
        "notes": [
            _("It holds what every attendee was allowed to see when it was made. That may change."),
            _("The marking of each item stands beside it; that of the whole is the highest of them."),
        ],
        "foot": f"{owner.code} · {briefing.ref} · {month}",
        "said": numbers_in_words(pack),
        "drugs": [_figure(each) for each in by_drug(pack.seizures)],
        "modes": [_figure(each) for each in by_mode(pack.seizures)],
        "public": _public(a_year_before(briefing.month)) if owner.country == "US" else None,
        "bulletins": [_bulletin(each) for each in pack.bulletins],
        "seizures": [_report(each) for each in pack.seizures],
        "words": _words() | {"all_own": _("All of them are records of %(owner)s.") % {"owner": owner.code}},
    }


def numbers_in_words(pack: Pack) -> str:
    """`12 bulletins; 34 seizure reports, together 1,204.5 kg (2,655.5 lb).`"""
    bulletins, reports = len(pack.bulletins), len(pack.seizures)
    said = ngettext("%(n)d bulletin", "%(n)d bulletins", bulletins) % {"n": bulletins}
    said += "; " + ngettext("%(n)d seizure report", "%(n)d seizure reports", reports) % {"n": reports}
    kg = total_kg(pack.seizures)
    return said + (_(", together %(kg)s.") % {"kg": in_kilograms(kg)} if kg else ".")


def _about(briefing: Briefing, owner: Agency, attendees: Attendees, at: datetime) -> list[list[str]]:
    here = localtime(at)
    reach = ", ".join(part for part in (owner.desk_email, owner.desk_phone, owner.desk_hours) if part)
    rows = [
        [_("Prepared by"), f"{owner.code}, {owner.name}"],
        [_("Desk"), reach],
        [_("For"), "; ".join(f"{each.code}, {each.name}" for each in attendees.known_to_all)],
        [_("Reference"), briefing.ref],
        [_("As of"), f"{date_format(here, 'j M Y, H:i')} {zone_name(here)}"],
    ]
    return [row for row in rows if row[1]]


def _marking(marking: Marking) -> dict[str, str]:
    return {"tlp": str(marking.tlp), "caveats": marking.caveats}


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "label": figure.label,
        "events": figure.events,
        "kg": in_kilograms(figure.kg) if figure.kg else _("not weighed"),
    }


def _public(found: Month | None) -> dict[str, Any] | None:
    if found is None:
        return None
    year, month = found.month.split("-")
    named = date_format(datetime(int(year), int(month), 1), "F Y")
    return {
        "title": _("Beside it: CBP nationwide, %(month)s") % {"month": named},
        "rows": [[row.label, f"{row.events:,}", in_kilograms(row.kg)] for row in found.rows],
        "source": str(SOURCE),
    }


def _bulletin(shown: Disclosure) -> dict[str, Any]:
    core = shown.core
    methods = core.get("methods", [])
    return {
        "ref": shown.ref,
        "owner": shown.owner.code,
        "issued": date_format(localtime(shown.issued_at), "j M Y"),
        "marking": _marking(shown.marking),
        "title": shown.title,
        "hazard": core.get("safety_note", "") or _("See the bulletin.") if shown.hazard else "",
        "tear_line": core.get("tear_line", ""),
        "hidden": _hidden(methods),
        "drawing": _drawing(methods, core.get("mode", "")),
        "drawing_says": _("Drawing: %(methods)s") % {"methods": ", ".join(_hidden(methods))},
        "facts": _facts(shown),
    }


def _facts(shown: Disclosure) -> list[list[str]]:
    return [[fact.label, fact.value or fact.href] for fact in facts_of(shown, {})]


def _hidden(methods: Sequence[str]) -> list[str]:
    return [word(terms().methods, code) for code in methods]


def _drawing(methods: Sequence[str], mode: str) -> str | None:
    """The small drawing with the zones marked; none where no drawing knows the codes."""
    drawing, codes = thumb_codes([code for code in methods if code in ZONES], mode)
    return thumbnail(codes, drawing) if drawing else None


def _report(shown: Disclosure) -> dict[str, Any]:
    event = event_of(shown)
    return {
        "ref": shown.ref,
        "owner": shown.owner.code,
        "marking": _marking(shown.marking),
        "when": event.when,
        "where": event.where,
        "amount": event.amount,
        "hidden": _hidden(event.codes),
        "mode": word(terms().modes, event.transport) if event.transport else "",
    }


def _words() -> dict[str, str]:
    return {
        "page": _("Page {n} of {m}"),
        "numbers": _("In numbers"),
        "by_drug": _("Seizure reports by drug"),
        "by_mode": _("Seizure reports by mode"),
        "drug": _("Drug"),
        "mode": _("Mode"),
        "share": _("Share"),
        "reports": _("Reports"),
        "events": _("Seizures"),
        "weight": _("Weight"),
        "counting": _(
            "A report of two drugs counts under both. Weights are as reported; pills and liquids have none."
        ),
        "no_reports": _("No seizure reports."),
        "bulletins": _("Bulletins"),
        "seizures": _("Seizure reports"),
        "hazard": _("Hazard"),
        "hidden": _("Where hidden"),
        "when": _("When"),
        "where": _("Where"),
        "what": _("Drugs and amounts"),
        "record": _("Record"),
        "stand_in": _(
            "Letters that the paper's fonts do not have are shown as □; the hub's pages show them."
        ),
    }
