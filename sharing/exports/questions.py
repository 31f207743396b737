"""Which records a file is asked to hold: a list with its own filters, the inbox, or some that were chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from bulletins.faces.querysets import FoundQuerySet
from bulletins.models import Found
from bulletins.records.models import Kind
from bulletins.records.refs import PATTERN
from hub.accounts.viewer import Viewer
from sharing.audiences.models import Received
from sharing.deliveries.models import AlertKind
from sharing.deliveries.querysets import inbox_items
from sharing.disclosures.carrying import carried_by
from sharing.disclosures.filters import OF_LISTS, OF_SEARCH, Filters, NotUnderstood, read
from sharing.disclosures.rules import Channel

LISTS = {"bulletins": Kind.BULLETIN, "seizures": Kind.SEIZURE}
SEARCH, INBOX = "search", "inbox"
MOST_CHOSEN = 1_000


@dataclass(frozen=True)
class Question:
    """`list` is bulletins, seizures, search or inbox; `refs` narrow it to those chosen."""

    list: str
    filters: Filters = field(default_factory=Filters)
    refs: tuple[str, ...] = ()

    def rows(self, viewer: Viewer) -> Any:
        """What the viewer is shown of it, in the list's own order."""
        rows: FoundQuerySet
        if self.list == SEARCH:
            rows = self.filters.narrow(Found.objects.visible_to(viewer).matching(self.filters.words))
            order = "-issued_at"
        else:
            rows, order = Received.objects.visible_to(viewer), "-visible_since"
            if self.list == INBOX:
                standing = inbox_items(viewer).order_by().exclude(alert=AlertKind.RECALLED)
                rows = rows.filter(record_id__in=standing.values("record_id"))
            else:
                rows = self.filters.narrow(rows.filter(kind=LISTS[self.list]))
        if self.refs:
            rows = rows.filter(ref__in=self.refs)
        return rows.order_by(order, "-record_id")

    def exported(self, viewer: Viewer) -> Any:
        """Of those, what a file carries: neither TLP:RED nor what is for display only."""
        return carried_by(self.rows(viewer), Channel.EXPORT)

    def kept(self) -> dict[str, Any]:
        """As JSON, to be asked again by a worker."""
        values = dict(self.filters.values or {})
        return {"list": self.list, "words": self.filters.words, "values": values, "refs": list(self.refs)}

    @property
    def query(self) -> str:
        return self.filters.query(**{"from": self.list})


def asked(given: QueryDict) -> Question:
    """The question that an address holds: `from`, and that list's filters. Raises NotUnderstood."""
    given = given.copy()
    name = given.pop("from", [""])[-1]
    given.pop("after", None)
    if name == SEARCH:
        return Question(SEARCH, read(given, OF_SEARCH, words=True))
    if name == INBOX:
        return Question(INBOX, read(given, ()))
    if name in LISTS:
        return Question(name, read(given, OF_LISTS))
    raise NotUnderstood(_("Say which list: bulletins, seizures, search or inbox."))


def chosen(question: Question, refs: list[str]) -> Question:
    """The same question of some records alone. What is no reference chooses nothing."""
    named = tuple(dict.fromkeys(ref for ref in refs if PATTERN.fullmatch(ref)))
    if len(named) > MOST_CHOSEN:
        raise NotUnderstood(_("Choose %(n)s at most.") % {"n": f"{MOST_CHOSEN:,}"})
    return Question(question.list, question.filters, named)


def question_of(kept: dict[str, Any]) -> Question:
    return Question(kept["list"], Filters(kept["words"], kept["values"]), tuple(kept["refs"]))
