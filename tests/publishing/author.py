"""Somebody at the form of a record, and a form filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.test import Client

from bulletins.models import Bulletin
from hub.database.context import viewing
from tests.cast import viewer

AUTOSAVE = {"HTTP_X_REQUESTED_WITH": "fetch"}


@dataclass
class Author:
    """Somebody at the form, as a browser sends it."""

    username: str
    client: Client

    def open_new(self, kind: str = "bulletins") -> str:
        """The address that the empty form is sent to."""
        page = self.client.get(f"/{kind}/new/")
        assert page.status_code == 200, page.status_code
        return re.search(r'id="draft" method="post" action="([^"]+)"', page.content.decode())[1]

    def autosave(self, address: str, **fields):
        return self.client.post(address, fields, **AUTOSAVE)

    def draft(self, **fields) -> str:
        """The reference of a draft made by a first save."""
        answer = self.autosave(self.open_new(), **fields)
        assert answer.status_code == 200, answer.content
        return answer.json()["draft"]

    def stored(self, ref: str, model=Bulletin):
        """The working copy as its releasers would find it."""
        who = viewer("cbp.releaser")
        with viewing(who):
            found = model.objects.filter(ref=ref).prefetch_related("substances", "identifiers", "photographs")
            return found.first()


WHOLE = {
    "methods": ["VEH-BODY-DOOR", "VEH-BODY-TAIL"],
    "substances-rows": "1",
    "substances-0-drug": "Methamphetamine",
    "substances-0-quantity": "235.37",
    "substances-0-unit": "lb",
    "substances-0-form": "crystal",
    "tear_line": "Methamphetamine packages in the doors and tailgate of a late-model pickup.",
    "hazard": "no",
    "tlp": "TLP:AMBER",
    "urgency": "routine",
}
