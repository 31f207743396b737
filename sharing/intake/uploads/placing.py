"""Whose an uploaded row becomes: the uploader's agency's, whatever it says; whose finding it is, it may say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bulletins.publishing.querysets import working_copies
from bulletins.seizures.cells import Problem
from bulletins.seizures.importing import codes_of, seatless_bodies
from bulletins.seizures.models import SeizureReport
from bulletins.seizures.rows import Codes, SeizureRow
from bulletins.seizures.storing import Judge, Place
from bulletins.vocabulary.models import Port
from bulletins.vocabulary.places import PortBook
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency
from sharing.intake.participation import originators_for


@dataclass(frozen=True)
class Desk:
    """What a file of one person's is checked against and placed by."""

    viewer: Viewer
    agency: Agency
    tlp: str
    codes: Codes
    ports: PortBook
    originators: dict[str, Agency]
    seatless: dict[str, str]

    def place(self, row: SeizureRow) -> Place | Problem:
        if row.agency in self.seatless:
            return Place(self.agency, self.viewer, self.tlp, originator_text=self.seatless[row.agency])
        originator = self.originators.get(row.agency)
        if originator is None:
            text = _("your agency does not speak for %(code)s: leave it empty, or have %(code)s confirm it")
            return Problem("agency", text % {"code": row.agency}, row.agency)
        return Place(self.agency, self.viewer, self.tlp, originator=originator)

    def guard(self, reports: Sequence[SeizureReport]) -> Judge:
        """A report that the uploader may not open is refused whatever the row says: an answer would tell of it."""
        copies = working_copies(SeizureReport, self.viewer).filter(pk__in=[each.pk for each in reports])
        open_ones = set(copies.values_list("pk", flat=True))

        def judge(report: SeizureReport, same: bool) -> str:
            if report.pk not in open_ones:
                return _("another record of your agency has this reference")
            return "" if same else self._refusal(report)

        return judge

    def _refusal(self, report: SeizureReport) -> str:
        """Why another row is not written over it; empty where it is."""
        if report.recalled_at:
            return _("%(ref)s has this reference and was recalled") % {"ref": report.ref}
        if report.latest and report.latest_at and report.edited_at > report.latest_at:
            return _("%(ref)s has changes that are not posted: post or undo them first") % {"ref": report.ref}
        if not report.latest and report.poster_id != self.viewer.person_id:
            return _("%(ref)s is a colleague's draft") % {"ref": report.ref}
        return ""


def desk_for(viewer: Viewer, tlp: str) -> Desk:
    """Asked in the viewer's own context."""
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    seatless = seatless_bodies(agencies)
    own = agencies[viewer.agency_code]
    return Desk(
        viewer=viewer,
        agency=own,
        tlp=tlp,
        codes=codes_of({*agencies, *seatless}, own=own.code),
        ports=PortBook(Port.objects.all()),
        originators=originators_for(own),
        seatless=seatless,
    )
