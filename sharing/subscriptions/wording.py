"""A subscription in words: what it asks for, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from bulletins.publishing.models import Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.terms import terms
from sharing.disclosures.wording import country_in_words, region_in_words, word
from sharing.subscriptions.models import Channel, Frequency
from sharing.subscriptions.wishes import Wish

SHOWN = 4


def asked_in_words(wish: Wish) -> list[str]:
    """`Where hidden: Fuel tank, Battery`, a line each filter; one line where it asks for all."""
    known = terms()
    kinds = {Kind.BULLETIN.value: _("Bulletins"), Kind.SEIZURE.value: _("Seizure reports")}
    ports = _several([word(known.ports, code) for code in wish.ports])
    if ports and wish.near_km:
        ports = _("within %(km)s km of %(ports)s") % {"km": wish.near_km, "ports": ports}
    said = [
        (_("Words"), wish.words),
        (_("Kind"), _several([kinds.get(code, code) for code in wish.kinds])),
        (_("Where hidden"), _several([word(known.methods, code) for code in wish.methods])),
        (_("Drug"), _several([*(word(known.drugs, code) for code in wish.drugs), *wish.classes])),
        (_("Mode"), _several([word(known.modes, code) for code in wish.modes])),
        (_("Region"), _several([region_in_words(code) for code in wish.regions])),
        (_("Port"), ports),
        (_("Where seized"), _several([country_in_words(code) for code in wish.countries])),
        (_("Came from"), _several([country_in_words(code) for code in wish.origins])),
        (_("On its way to"), _several([country_in_words(code) for code in wish.destinations])),
        (_("Posted by"), _several(list(wish.owners))),
        (_("Urgency"), _several([str(dict(Urgency.choices).get(code, code)) for code in wish.urgencies])),
        (_("Marking"), _several(list(wish.tlps))),
    ]
    found = [f"{label}: {text}" for label, text in said if text]
    if wish.hazard:
        found.append(_("Hazards only"))
    return found or [_("Everything")]


def told_in_words(wish: Wish) -> str:
    """`Every day at 06:00, by e-mail`."""
    often = str(Frequency(wish.frequency).label)
    times = " ".join([_("at"), _several([at.strftime("%H:%M") for at in wish.times])]) if wish.times else ""
    names = [str(label) for value, label in Channel.choices if value in wish.channels]
    ways = [name if name.split()[0].isupper() else name.lower() for name in names]
    by = _("by %(ways)s") % {"ways": _several(ways)}
    return ", ".join([" ".join(part for part in (often, times) if part), by])


def _several(names: Sequence[str]) -> str:
    if len(names) > SHOWN + 1:
        return _("%(names)s and %(n)s more") % {"names": ", ".join(names[:SHOWN]), "n": len(names) - SHOWN}
    return ", ".join(names)
