"""CAP 1.2 (OASIS): one record as an alert, and the list of a feed's alerts as Atom.

Receivers of CAP poll an Atom feed whose entries lead to one alert each, as IPAWS and MeteoAlarm have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from lxml import etree

from sharing.disclosures.disclosure import Disclosure, Withheld
from sharing.disclosures.facts import facts_of
from sharing.disclosures.presenting import line_of
from sharing.disclosures.wording import kind_in_words, marking_in_words, where_of
from sharing.feeds import atom
from sharing.feeds.elements import child, document
from sharing.feeds.querysets import Said
from sharing.feeds.rules import (
    addressed,
    cap_time,
    categories_of,
    certainty_of,
    scope_of,
    severity_of,
    urgency_of,
)
from sharing.subscriptions.models import Subscription

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
TYPE = "application/cap+xml; charset=utf-8"
LANGUAGE = "en"


def alert(feed: Subscription, said: Said) -> bytes:
    """The message as it stands: Alert, Update, or Cancel of what is withdrawn."""
    return document(_alert(feed.agency.code, said))


def shape_of(feed: Subscription, shown: Disclosure) -> str:
    """All that an alert of the record says, whatever message says it."""
    said = Said(shown.uid, shown.path, UUID(int=0), shown.issued_at, (), shown)
    return etree.tostring(_alert(feed.agency.code, said), encoding="unicode")


def index(feed: Subscription, said: Sequence[Said], *, address: str) -> bytes:
    """The list: an entry for the newest message of each record, with its alert's address."""
    root = atom.begun(feed, said, address=address)
    for each in said:
        entry = child(root, "entry")
        child(entry, "id", atom.urn(each.message))
        kind = type_of(each)
        title = f"{each.shown.marking.banner} {kind}: {each.shown.title}" if each.shown else _("Withdrawn")
        child(entry, "title", title)
        child(entry, "updated", atom.instant(each.changed_at))
        href = f"{settings.SITE_URL}/feeds/{feed.uid}/cap/{each.message}.xml"
        child(entry, "link", rel="alternate", type=TYPE.partition(";")[0], href=href)
        child(entry, "category", term=kind)
    return document(root)


def type_of(said: Said) -> str:
    if said.shown is None:
        return "Cancel"
    return "Update" if said.before else "Alert"


def sender() -> str:
    return f"hub@{urlsplit(settings.SITE_URL).hostname}"


def _alert(receiver: str, said: Said) -> etree._Element:
    """The order of elements is the schema's."""
    shown = said.shown
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    child(root, "identifier", str(said.message))
    child(root, "sender", sender())
    child(root, "sent", cap_time(said.changed_at))
    child(root, "status", "Actual")
    child(root, "msgType", type_of(said))
    if shown:
        child(root, "source", f"{shown.owner.code}, {shown.owner.name}")
    scope = scope_of(shown.marking) if shown else "Private"
    child(root, "scope", scope)
    if shown:
        child(root, "restriction", _restriction(shown))
    if scope == "Private":
        child(root, "addresses", addressed([receiver]))
    if shown:
        child(root, "code", shown.marking.tlp)
    else:
        child(root, "note", _("Withdrawn. Delete what you kept of it; its page in the hub says more."))
    if said.before:
        child(root, "references", " ".join(_reference(*each) for each in said.before))
    if shown:
        _info(root, shown)
    return root


def _reference(message: UUID, at: datetime) -> str:
    return f"{sender()},{message},{cap_time(at)}"


def _restriction(shown: Disclosure) -> str:
    """The marking in words, and what the agreements that it crossed under bind the receiver to."""
    said = [shown.marking.banner, *marking_in_words(shown.marking)]
    for terms in shown.terms:
        said += [part for part in (terms.caveat, terms.permitted_use) if part]
    return " ".join(dict.fromkeys(said))


def _info(root: etree._Element, shown: Disclosure) -> None:
    core = shown.core
    urgency = core.get("urgency", "")
    info = child(root, "info")
    child(info, "language", LANGUAGE)
    for category in categories_of(hazard=shown.hazard):
        child(info, "category", category)
    child(info, "event", _("Hazard to officers") if shown.hazard else kind_in_words(shown.kind))
    child(info, "urgency", urgency_of(shown.kind, urgency, hazard=shown.hazard))
    child(info, "severity", severity_of(urgency, hazard=shown.hazard))
    child(info, "certainty", certainty_of(shown.kind, shown.marking.credibility))
    child(info, "effective", cap_time(shown.issued_at))
    ends = [until for terms in shown.terms if (until := terms.keep_until(shown.visible_since))]
    if ends:
        child(info, "expires", cap_time(min(ends)))
    child(info, "senderName", shown.owner.name)
    child(info, "headline", f"{shown.marking.banner} {shown.title}")
    child(info, "description", "\n\n".join(_description(shown)))
    if core.get("safety_note"):
        child(info, "instruction", core["safety_note"])
    child(info, "web", settings.SITE_URL + shown.path)
    contact = ", ".join(part for part in (shown.owner.email, shown.owner.phone) if part)
    if contact:
        child(info, "contact", contact)
    for name, value in _parameters(shown):
        found = child(info, "parameter")
        child(found, "valueName", name)
        child(found, "value", value)
    _resources(info, shown)
    _area(info, shown)


def _description(shown: Disclosure) -> Iterator[str]:
    """The marking first, then what it says."""
    yield shown.marking.banner
    if shown.core.get("tear_line"):
        yield shown.core["tear_line"]
    if line := line_of(shown):
        yield ", ".join(line)
    if narrative := shown.facts.get("detail", {}).get("narrative"):
        yield narrative


def _parameters(shown: Disclosure) -> Iterator[tuple[str, str]]:
    """What the facts table of its page says; withheld groups by name, by whom and under what."""
    yield _("Reference"), shown.ref
    yield _("Version"), str(shown.version)
    held = {each.group: each for each in shown.withheld}
    for fact in facts_of(shown, held):
        if value := fact.value or fact.href:
            yield fact.label, value
    for each in shown.withheld:
        yield _("Withheld"), _withheld(each)


def _withheld(each: Withheld) -> str:
    words: dict[str, Any] = {"what": each.label, "by": each.by, "under": each.under}
    if each.under:
        return _("%(what)s, by %(by)s under %(under)s") % words
    return _("%(what)s, by %(by)s") % words


def _resources(info: etree._Element, shown: Disclosure) -> None:
    """Photographs by address, never inline: whoever fetches one is asked again what they may see."""
    for row in shown.photographs:
        found = child(info, "resource")
        child(found, "resourceDesc", row.get("caption") or _("Photograph"))
        child(found, "mimeType", "image/jpeg")
        child(found, "uri", f"{settings.SITE_URL}{shown.path}photographs/{row['uid']}/")


def _area(info: etree._Element, shown: Disclosure) -> None:
    """Where it was, as far as it is shown; a point as a circle without radius."""
    place = shown.facts.get("place", {})
    where = where_of(shown)
    point = place.get("latitude") and place.get("longitude")
    if not (where or point):
        return
    found = child(info, "area")
    child(found, "areaDesc", where or _("Not named"))
    if point:
        child(found, "circle", f"{place['latitude']},{place['longitude']} 0")
