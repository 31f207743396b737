"""What may be asked, and what of a record an originator that decides may be told. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bulletins.markings.models import TLP
from bulletins.vocabulary.lists import WITHHOLDABLE, FieldGroup
from bulletins.vocabulary.terms import terms
from sharing.releases.grounds import Decision, Facts, Party, Reach, Subject, Treaty
from sharing.releases.rules import decide

LONGEST = 300
LONGEST_REASON = 500
EVERY_GROUP = frozenset(group.value for group in WITHHOLDABLE)


@dataclass(frozen=True)
class Terms:
    """On what terms it is granted: without these groups, until that instant. Every group: the tear line alone."""

    withheld: frozenset[str] = frozenset()
    until: datetime | None = None


def ask_refusals(
    *, asker: int, owner: int, owner_code: str, recipient: Party | None, code: str, tlp: str
) -> list[str]:
    """Why this cannot be asked at all, from what the asker knows; empty when it can."""
    if tlp == TLP.RED:
        return [
            _("TLP:RED is for the people named: it is not shared on by request. Speak with the owner's desk.")
        ]
    if recipient is None or not recipient.active:
        return [_("There is no agency %(code)s, or it takes no part at present.") % {"code": code or "-"}]
    if recipient.id == asker:
        return [_("Your own agency has it already: name the agency that should have it too.")]
    if recipient.id == owner:
        return [_("%(code)s owns it: name another agency.") % {"code": owner_code}]
    return []


def word_refusals(need_to_know: str, right_to_know: str) -> dict[str, list[str]]:
    """By field, what is missing in the reasons."""
    found = {}
    for name, text, missing in (
        ("need_to_know", need_to_know, _("Say why they need to know.")),
        ("right_to_know", right_to_know, _("Say what gives them the right to know.")),
    ):
        if not text.strip():
            found[name] = [missing]
        elif len(text) > LONGEST:
            found[name] = [_("Say it in %(n)d characters at most.") % {"n": LONGEST}]
    return found


def term_refusals(given: Terms, at: datetime) -> dict[str, list[str]]:
    """By field, why it cannot be granted on these terms."""
    found = {}
    if given.withheld - EVERY_GROUP:
        found["withheld"] = [
            _("Only these can be withheld: %(groups)s.") % {"groups": ", ".join(sorted(EVERY_GROUP))}
        ]
    if given.until is not None and given.until <= at:
        found["until"] = [_("The end must lie ahead.")]
    return found


def asked_of(subject: Subject, recipient: Party) -> list[int]:
    """Those with a seat that the record rests on, other than its owner and the recipient: each has to consent."""
    parties = (subject.owner.id, recipient.id)
    return [each.id for each in subject.origins() if each is not None and each.id not in parties]


def foreseen_by_originator(
    origin: Party,
    recipient: Party,
    treaties: Iterable[Treaty],
    given: Terms,
    *,
    kind: str,
    now: datetime,
    shown: Mapping[str, Any] | None = None,
) -> Decision:
    """What would go by the originator's own word: its consent on these terms, and its own agreements.

    Decided over what the originator itself may know: the kind, and of a record it holds (`shown`: tlp, controls,
    rel_to, drugs, groups) what it is shown. It stands as the owner here, so that what the owner's agreements and other
    originators say is not in it.
    """
    known = dict(shown or {})
    subject = Subject(
        id=0,
        kind=kind,
        owner=origin,
        originator=origin,
        version=1,
        tlp=known.get("tlp", TLP.CLEAR),
        controls=frozenset(known.get("controls", ())),
        rel_to=frozenset(known.get("rel_to", ())),
        drug_classes=frozenset(_class(code) for code in known.get("drugs", ())),
        has_identifiers=FieldGroup.IDENTIFIERS in known.get("groups", ()),
        certified=True,
    )
    reach = Reach(id=-1, version=1, agency=recipient.id, withheld=given.withheld, ends_at=given.until)
    return decide(subject, recipient, Facts(releases=(reach,), treaties=tuple(treaties)), now)


def _class(code: str) -> str:
    known = terms().drugs
    return str(known[code].drug_class) if code in known else ""
