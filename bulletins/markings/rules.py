"""What a marking says in words, and which of several is the highest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pycountry

from bulletins.markings.models import TLP, TLP_MEANS, Control, Marked

RANK = {tlp.value: tlp.rank for tlp in TLP}


@dataclass(frozen=True)
class Marking:
    """A marking as data: what pages, mails, PDFs and payloads show before the content."""

    tlp: str = TLP.CLEAR.value
    controls: tuple[str, ...] = ()
    rel_to: tuple[str, ...] = ()
    cui_categories: tuple[str, ...] = ()
    caveat: str = ""
    reliability: str = ""
    credibility: str = ""

    @property
    def caveats(self) -> str:
        """The CUI banner and the caveat text, e.g. `CUI//LEI//REL TO USA, CAN`; empty when there is none."""
        parts = []
        if self.cui_categories or self.controls:
            parts.append("CUI")
        if self.cui_categories:
            parts.append("/".join(self.cui_categories))
        if self.controls:
            parts.append("/".join(self._control(control) for control in self.controls))
        banner = "//".join(parts)
        return "; ".join(part for part in (banner, self.caveat) if part)

    @property
    def banner(self) -> str:
        """One line: TLP first, then the caveats."""
        return " ".join(part for part in (self.tlp, self.caveats) if part)

    @property
    def means(self) -> str:
        return str(TLP_MEANS[TLP(self.tlp)])

    @property
    def rank(self) -> int:
        return RANK[self.tlp]

    def _control(self, control: str) -> str:
        if control == Control.REL_TO:
            return "REL TO " + ", ".join(trigraph(country) for country in self.rel_to)
        return control


def trigraph(country: str) -> str:
    """`CA` as `CAN`: banners name countries by three letters."""
    found = pycountry.countries.get(alpha_2=country)
    return found.alpha_3 if found else country


def marking_of(row: Marked) -> Marking:
    return Marking(
        tlp=row.tlp,
        controls=tuple(row.controls),
        rel_to=tuple(row.rel_to),
        cui_categories=tuple(row.cui_categories),
        caveat=row.caveat,
        reliability=row.reliability,
        credibility=row.credibility,
    )


def highest(markings: Iterable[Marking]) -> Marking | None:
    """What a page of several records is marked with: the strictest TLP, and every caveat and control on it.

    Releasable countries are those common to all that name any.
    """
    found = list(markings)
    if not found:
        return None
    named = [set(marking.rel_to) for marking in found if marking.rel_to]
    return Marking(
        tlp=max(found, key=lambda marking: marking.rank).tlp,
        controls=tuple(sorted({control for marking in found for control in marking.controls})),
        rel_to=tuple(sorted(set.intersection(*named))) if named else (),
        cui_categories=tuple(sorted({category for marking in found for category in marking.cui_categories})),
        caveat="; ".join(sorted({marking.caveat for marking in found if marking.caveat})),
    )


def loosenings(old: Marking, new: Marking) -> list[str]:
    """What `new` lets through that `old` did not, in words; empty where it only narrows. Caveats decide nothing."""
    from django.utils.translation import gettext as _

    found = []
    if RANK[new.tlp] < RANK[old.tlp]:
        found.append(_("%(old)s becomes %(new)s") % {"old": old.tlp, "new": new.tlp})
    if gone := sorted(set(old.controls) - set(new.controls)):
        found.append(_("%(controls)s is taken off") % {"controls": ", ".join(gone)})
    both = Control.REL_TO in old.controls and Control.REL_TO in new.controls
    if both and (added := sorted(set(new.rel_to) - set(old.rel_to))):
        found.append(_("REL TO gains %(countries)s") % {"countries": ", ".join(map(trigraph, added))})
    return found


def marking_refusals(
    *, tlp: str, controls: Iterable[str], rel_to: Iterable[str], owner_country: str
) -> list[str]:
    """Why a marking cannot stand; empty when it can. NOFORN and FED ONLY are for U.S. agencies to apply (CUI)."""
    from django.utils.translation import gettext as _

    chosen, named = set(controls), list(rel_to)
    found = []
    if chosen & {Control.NOFORN, Control.FED_ONLY} and owner_country != "US":
        found.append(_("NOFORN and FED ONLY are applied by U.S. agencies only."))
    if Control.REL_TO in chosen and not named:
        found.append(_("REL TO needs the countries it is releasable to."))
    if Control.REL_TO in chosen and Control.NOFORN in chosen:
        found.append(_("REL TO and NOFORN exclude each other."))
    for country in named:
        if not pycountry.countries.get(alpha_2=country):
            found.append(_("%(code)s is not a country code (ISO 3166-1, two letters).") % {"code": country})
    if tlp not in RANK:
        found.append(_("%(tlp)s is not a TLP 2.0 label.") % {"tlp": tlp})
    return found
