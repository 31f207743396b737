"""What each channel may carry of a record with a given marking, one table; and who reads the ledger of it."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum, StrEnum

from bulletins.markings.models import TLP, Control
from bulletins.markings.rules import Marking
from bulletins.vocabulary.lists import FieldGroup
from hub.accounts.viewer import Viewer
from hub.agencies.models import Role


class Channel(StrEnum):
    PAGE = "page"
    REST = "rest"
    WEBHOOK = "webhook"
    TAXII = "taxii"
    CAP = "cap"
    EXPORT = "export"
    PDF = "pdf"
    ATOM = "atom"
    MAIL = "mail"


class Carries(IntEnum):
    """From nothing to all. WAITING: that something waits. MARKING: also the marking, hazard or not, and a link."""

    NOTHING = 0
    WAITING = 1
    MARKING = 2
    TITLE = 3
    TEAR_LINE = 4
    ALL = 5


MACHINE = frozenset({Channel.REST, Channel.WEBHOOK, Channel.TAXII, Channel.CAP, Channel.EXPORT, Channel.PDF})


def carries(marking: Marking, channel: Channel, *, own_endpoint: bool = True) -> Carries:
    """How much of a record so marked may leave by the channel.

    `own_endpoint` is whether the far end belongs to the recipient agency itself: AMBER+STRICT goes nowhere else.
    """
    tlp = TLP(marking.tlp)
    display_only = Control.DISPLAY_ONLY in marking.controls
    if channel == Channel.PAGE:
        return Carries.ALL
    if channel in MACHINE:
        if tlp == TLP.RED or display_only or (tlp == TLP.STRICT and not own_endpoint):
            return Carries.NOTHING
        return Carries.ALL
    if channel == Channel.ATOM:
        return Carries.NOTHING if display_only or tlp.rank >= TLP.STRICT.rank else Carries.TITLE
    # Mail crosses servers nobody here controls.
    if display_only or tlp.rank >= TLP.STRICT.rank:
        return Carries.WAITING
    return Carries.TEAR_LINE if tlp.rank <= TLP.GREEN.rank else Carries.MARKING


def may_read_ledger(viewer: Viewer) -> bool:
    """Auditors, releasers, liaisons and admins, of their own agency's part. Nobody above agencies: it names records."""
    return viewer.agency_id is not None and viewer.can(Role.AUDITOR, Role.RELEASER, Role.LIAISON, Role.ADMIN)


def is_closely_held(marking: Marking, groups: Collection[str]) -> bool:
    """Whether each opening of it goes on the trail (standards 5, "read of restricted item").

    That is what goes no further than one agency or its named people, what may not be taken away, and what is shown
    with identifiers, to which 28 CFR 23 applies.
    """
    return (
        TLP(marking.tlp).rank >= TLP.STRICT.rank
        or Control.DISPLAY_ONLY in marking.controls
        or FieldGroup.IDENTIFIERS in groups
    )
