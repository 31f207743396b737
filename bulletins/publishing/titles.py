"""A title for a record that has none yet: what, and where it was hidden."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from bulletins.vocabulary.terms import terms
from hub.pages.drawings import label

# Codes whose names are things that something can be in; the others stand after a colon.
_THINGS = ("VEH-BODY", "VEH-INT", "VEH-MECH", "VEH-WHEEL", "TRK", "LOAD", "GOOD", "CONT-REEF", "RAILC", "BAG")


def suggested_title(drugs: Sequence[str], methods: Sequence[str]) -> str:
    """From codes of drugs and of methods: `Methamphetamine in doors, tailgate and 4 more places`."""
    known = terms().drugs
    names = [known[code].label_now() for code in dict.fromkeys(drugs) if code in known]
    what = _listed(names, _("%(things)s and more")) if names else ""
    if not methods:
        return what
    places = [label(code) for code in methods]
    # Places named so that they need no "in" of their own: "In luggage" becomes "luggage" behind one.
    joined = all(code.startswith(_THINGS) and not code.endswith("-UNSP") for code in methods)
    where = _listed([place.lower() for place in places], _("%(things)s and %(more)d more places"))
    if not what:
        return places[0] if len(places) == 1 else where[:1].upper() + where[1:]
    return (_("%(what)s in %(where)s") if joined else "%(what)s: %(where)s") % {"what": what, "where": where}


def _listed(names: list[str], longer: str) -> str:
    """Two names in full; of more, the first two and that there are more."""
    if len(names) <= 2:
        return f" {_('and')} ".join(names)
    if len(names) == 3:
        return _("%(first)s, %(second)s and %(third)s") % dict(
            zip(("first", "second", "third"), names, strict=True)
        )
    return longer % {"things": ", ".join(names[:2]), "more": len(names) - 2}
