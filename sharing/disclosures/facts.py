"""The facts table of a record: what is known, in words, and what is held back where it would stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulletins.retention.models import Sensitivity
from bulletins.vocabulary.lists import FieldGroup, IdentifierKind, LabState, Qualifier, SubstanceForm
from bulletins.vocabulary.terms import terms
from hub.pages.amounts import amount
from sharing.disclosures.disclosure import Disclosure, Withheld
from sharing.disclosures.wording import country_in_words, day, when_of, where_of, word


@dataclass(frozen=True)
class Fact:
    """A line of the facts table: words, or a link, and where something is held back who did so."""

    label: str
    value: str = ""
    href: str = ""
    link: str = ""
    withheld: Withheld | None = None


def facts_of(shown: Disclosure, held: Mapping[str, Withheld]) -> list[Fact]:
    """The table: what is known in the order people ask, and what is held back where it would stand."""
    core, detail = shown.core, shown.facts.get("detail", {})
    place, technique = shown.facts.get("place", {}), shown.facts.get("technique", {})
    rows = [
        Fact(_("In words"), detail.get("concealment", "")),
        Fact(_("Conveyance"), core.get("conveyance", "")),
        *_substances(core.get("substances", [])),
        Fact(_("Packages"), _count(core.get("packages"), core.get("packages_qualifier", ""))),
        Fact(_("Value"), _value(detail)),
        Fact(_("When and where"), _when_and_where(shown), withheld=held.get("place")),
        Fact(_("Route"), _route(core, place)),
        Fact(_("How it was found"), _found(technique), withheld=held.get("technique")),
        Fact(_("Identifiers"), _identifiers(shown), withheld=held.get("identifiers")),
        Fact(_("Case"), _case(shown.facts.get("case", {})), withheld=held.get("case")),
        Fact(_("Officer safety"), "" if shown.hazard else core.get("safety_note", "")),
        Fact(_("Found by"), _originator(shown)),
        *_from_hub(core.get("origin") or {}),
        Fact(_("Note on the data"), place.get("note", "")),
        _source(place.get("source_url", "")),
    ]
    return [row for row in rows if row.value or row.href or row.withheld]


def _substances(rows: list[dict[str, Any]]) -> list[Fact]:
    if len(rows) == 1:
        return [Fact(_("Drug"), _substance(rows[0])), Fact(_("Amount"), amount(rows[0]))]
    said = [": ".join(part for part in (_substance(row), amount(row)) if part) for row in rows]
    return [Fact(_("Drugs"), "\n".join(said))]


def _substance(row: Mapping[str, Any]) -> str:
    """`Methamphetamine, liquid, 82 % (presumptive test only)`."""
    form, lab = row.get("form", ""), row.get("lab_state", "")
    parts = [word(terms().drugs, row["drug"])]
    if form in SubstanceForm.values:
        parts.append(str(SubstanceForm(form).label).lower())
    if purity := row.get("purity_percent"):
        parts.append(_("%(purity)s %% pure") % {"purity": purity})
    said = ", ".join(parts)
    return f"{said} ({str(LabState(lab).label).lower()})" if lab in LabState.values else said


def _count(number: int | None, qualifier: str) -> str:
    if number is None:
        return ""
    return f"{Qualifier(qualifier).label} {number}" if qualifier in Qualifier.values else str(number)


def _value(detail: Mapping[str, Any]) -> str:
    if not detail.get("value_amount"):
        return ""
    said = f"{_money(detail['value_amount'])} {detail.get('value_currency', '')}".strip()
    qualifier = detail.get("value_qualifier", "")
    if qualifier in Qualifier.values:
        said = f"{Qualifier(qualifier).label} {said}"
    usd = detail.get("value_usd")
    return f"{said} ({_money(usd)} USD)" if usd and detail.get("value_currency") != "USD" else said


def _money(amount: str) -> str:
    return number_format(amount, use_l10n=True, force_grouping=True)


def _when_and_where(shown: Disclosure) -> str:
    place = shown.facts.get("place", {})
    clock = place.get("occurred_time", "")
    when = when_of(shown)
    parts = [f"{when}, {clock}" if when and clock else when, where_of(shown)]
    if place.get("reported_on"):
        parts.append(_("made public %(day)s") % {"day": day(place["reported_on"])})
    return ", ".join(part for part in parts if part)


def _route(core: Mapping[str, Any], place: Mapping[str, Any]) -> str:
    parts = []
    if origin := core.get("origin_country"):
        parts.append(_("from %(country)s") % {"country": country_in_words(origin)})
    if transit := core.get("transit_countries"):
        parts.append(
            _("through %(countries)s") % {"countries": ", ".join(country_in_words(code) for code in transit)}
        )
    if destination := place.get("destination"):
        parts.append(_("to %(place)s") % {"place": destination})
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def _found(technique: Mapping[str, Any]) -> str:
    codes = technique.get("detection", [])
    named = ", ".join(word(terms().detections, code) for code in codes)
    return "\n".join(part for part in (named, technique.get("technique", "")) if part)


def _identifiers(shown: Disclosure) -> str:
    lines = []
    for row in shown.facts.get("identifiers", {}).get("items", []):
        kind = row.get("kind", "")
        name = str(IdentifierKind(kind).label) if kind in IdentifierKind.values else kind
        note = row.get("note", "")
        lines.append(f"{name}: {row['value']}" + (f" ({note})" if note else ""))
    held = shown.facts.get("identifiers", {})
    if lines and held.get("sensitivity") in Sensitivity.values:
        lines.append(_("Held as: %(level)s") % {"level": Sensitivity(held["sensitivity"]).label})
    if lines and held.get("control_official"):
        lines.append(_("Control official: %(name)s") % {"name": held["control_official"]})
    return "\n".join(lines)


def _case(case: Mapping[str, Any]) -> str:
    lines = []
    for name, label in (
        ("case_number", _("Case")),
        ("own_reference", _("Own reference")),
        ("referred_to", _("Referred to")),
        ("investigators", _("Investigators")),
        ("prosecution", _("Prosecution")),
        ("lab_reference", _("Laboratory reference")),
    ):
        if value := case.get(name):
            lines.append(f"{label}: {value}")
    if people := case.get("people_count"):
        lines.append(ngettext("%(n)d person arrested", "%(n)d people arrested", people) % {"n": people})
    return "\n".join(lines)


def _originator(shown: Disclosure) -> str:
    """Who found it, where that is not the owner."""
    core = shown.core
    if core.get("originator_text"):
        return str(core["originator_text"])
    code = core.get("originator", "")
    return str(code) if code != shown.owner.code else ""


def _from_hub(origin: Mapping[str, Any]) -> list[Fact]:
    """What came from another hub: its name there, what was withheld on the way, and what binds who has it."""
    if not origin:
        return []
    came = _("%(hub)s: %(ref)s of %(owner)s") % {
        "hub": origin["name"],
        "ref": origin["ref"],
        "owner": origin["owner"],
    }
    through = [_("through %(hub)s") % {"hub": each["name"]} for each in origin.get("via", ())]
    return [
        Fact(_("From another hub"), ", ".join([came, *through])),
        Fact(_("Withheld there"), "\n".join(map(_withheld_there, origin.get("withheld", ())))),
        Fact(_("Terms there"), "\n".join(map(_terms_there, origin.get("terms", ())))),
        Fact(_("To be kept until"), day(origin["keep_until"][:10]) if origin.get("keep_until") else ""),
    ]


def _withheld_there(row: Mapping[str, Any]) -> str:
    """`Identifiers: withheld by CBP at Hub A, under CBP-CBSA-2024`."""
    group = row["group"]
    label = str(FieldGroup(group).label) if group in FieldGroup.values else group
    said = _("%(group)s: withheld by %(by)s at %(hub)s") % {"group": label, "by": row["by"], "hub": row["at"]}
    return said + (_(", under %(agreement)s") % {"agreement": row["under"]} if row.get("under") else "")


def _terms_there(row: Mapping[str, Any]) -> str:
    said = _("%(agreement)s, given by %(giver)s at %(hub)s") % {
        "agreement": row["agreement"],
        "giver": row["giver"],
        "hub": row["at"],
    }
    more = [row.get(name, "") for name in ("caveat", "permitted_use", "legal_basis")]
    return ". ".join([said, *(each for each in more if each)])


def _source(url: str) -> Fact:
    return Fact(_("Source"), href=url, link=urlsplit(url).hostname or url)
