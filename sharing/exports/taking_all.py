"""All that an agency owns, in one ZIP of open formats: nothing but its own, as far as its administrator may open it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, TypeAlias

import orjson
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from bulletins.faces.content import content_of
from bulletins.markings.rules import Marking, highest, marking_of
from bulletins.models import Bulletin, Record, SeizureReport, Version
from bulletins.publishing.photographs.storage import stored_name
from bulletins.publishing.querysets import working_copies
from hub.accounts.viewer import Viewer
from sharing.disclosures.shapes import instant, marking_shape
from sharing.exports.gathering import Shown, gathered
from sharing.exports.making import Made, Making, Stopped, parts_of
from sharing.exports.models import Form
from sharing.exports.rules import BATCH, may_take_all
from sharing.exports.writing import Pile, aside, write
from sharing.ledger.exporting import rows_of
from sharing.ledger.looking import look
from sharing.ledger.querysets import Asked
from sharing.ledger.rules import Side
from sharing.releases.models import Recall, Release

CHUNK = 2**20
# So many pictures go in between two signs of life.
TICK = 20
Line: TypeAlias = dict[str, Any]


def all_of(making: Making) -> Made:
    """Raises Stopped where its person is not of the agency any more, or no administrator of it."""
    at, out = timezone.now(), aside()
    with making.eyes() as viewer:
        if not may_take_all(viewer):
            raise Stopped
        ids = list(working_copies(Record, viewer).order_by("id").values_list("id", flat=True))
        making.say(total=len(ids), done=0)
    whole = _Whole(making, viewer.agency_code, ids)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        whole.into(archive, at)
    out.seek(0)
    banner = whole.marking.banner
    name = (
        f"{whole.marking.tlp.replace(':', '-').replace('+', '-')}_{viewer.agency_code}_{at:%Y%m%d-%H%M}.zip"
    )
    return Made(out, name, banner, ids, "")


class _Whole:
    """The archive while it is being filled, some records at a time."""

    def __init__(self, making: Making, agency: str, ids: list[int]) -> None:
        self.making, self.agency, self.ids = making, agency, ids
        self.marking = Marking()
        self.photographs: set[str] = set()

    def into(self, archive: zipfile.ZipFile, at: datetime) -> None:
        self.lines(archive, "records.jsonl", self.records, counts=True)
        self.lines(archive, "versions.jsonl", self.versions)
        self.lines(archive, "releases.jsonl", self.releases)
        self.lines(archive, "recalls.jsonl", self.recalls)
        self.table(archive, Form.CSV, at)
        self.table(archive, Form.STIX, at)
        for side in (Side.GIVEN, Side.RECEIVED):
            self.ledger(archive, side, at)
        for number, uid in enumerate(sorted(self.photographs)):
            self.picture(archive, uid)
            if number % TICK == TICK - 1:
                self.making.tick()
        archive.writestr("README.txt", self.readme(at))

    def lines(
        self,
        archive: zipfile.ZipFile,
        name: str,
        of: Callable[[Viewer, Sequence[int]], Iterable[Line]],
        *,
        counts: bool = False,
    ) -> None:
        """One line of JSON each, a batch of records in a transaction of its own."""
        with archive.open(name, "w", force_zip64=True) as file:
            done = 0
            for part in parts_of(self.ids):
                with self.making.eyes() as viewer:
                    for line in of(viewer, part):
                        file.write(orjson.dumps(line) + b"\n")
                    done += len(part)
                    self.making.say(**({"done": done} if counts else {}))

    def records(self, viewer: Viewer, ids: Sequence[int]) -> Iterator[Line]:
        """The working copies as they stand, drafts among them."""
        models: tuple[Any, ...] = (Bulletin, SeizureReport)
        for model in models:
            rows = working_copies(model, viewer).filter(pk__in=ids).order_by("id")
            for row in rows.select_related("owner", "originator", "poster").prefetch_related(
                "photographs", "identifiers", "substances"
            ):
                marking = marking_of(row)
                self.marking = highest([self.marking, marking]) or marking
                content = content_of(row)
                self.note_pictures(content)
                yield {
                    "uid": str(row.uid),
                    "reference": row.ref,
                    "kind": row.kind,
                    "marking": {"banner": marking.banner, **marking_shape(marking)},
                    "originator": row.originator.code if row.originator else row.owner.code,
                    "poster": row.poster.username if row.poster else "",
                    "version": row.latest,
                    "created_at": instant(row.created_at),
                    "edited_at": instant(row.edited_at),
                    "recalled_at": instant(row.recalled_at) if row.recalled_at else None,
                    "facts": content,
                }

    def versions(self, viewer: Viewer, ids: Sequence[int]) -> Iterator[Line]:
        """What was published, each version as it was."""
        names = {row.pk: row for row in working_copies(Record, viewer).filter(pk__in=ids)}
        for row in Version.objects.filter(record_id__in=names).order_by("record_id", "number").iterator():
            self.note_pictures(row.content)
            yield {
                "uid": str(names[row.record_id].uid),
                "reference": names[row.record_id].ref,
                "version": row.number,
                "note": row.note,
                "published_at": instant(row.published_at),
                "facts": row.content,
            }

    def releases(self, viewer: Viewer, ids: Sequence[int]) -> Iterator[Line]:
        """Who was to have what. Members of a community are its lead's to name, and not here."""
        names = {row.pk: row.ref for row in working_copies(Record, viewer).filter(pk__in=ids)}
        rows = Release.objects.filter(record_id__in=names).order_by("record_id", "id")
        for row in rows.select_related("agency", "community", "released_by"):
            yield {
                "reference": names[row.record_id],
                "version": row.version,
                "agency": row.agency.code if row.agency else None,
                "community": row.community.code if row.community else None,
                "withheld": list(row.withheld),
                "other_words": row.wording,
                "need_to_know": row.need_to_know,
                "right_to_know": row.right_to_know,
                "released_at": instant(row.released_at),
                "released_by": row.released_by.username if row.released_by else "",
                "starts_at": instant(row.starts_at),
                "ends_at": instant(row.ends_at) if row.ends_at else None,
                "ended_at": instant(row.ended_at) if row.ended_at else None,
            }

    def recalls(self, viewer: Viewer, ids: Sequence[int]) -> Iterator[Line]:
        names = {row.pk: row.ref for row in working_copies(Record, viewer).filter(pk__in=ids)}
        for row in Recall.objects.filter(record_id__in=names, owner_id=viewer.agency_id).order_by("id"):
            yield {
                "reference": names[row.record_id],
                "version": row.version,
                "reason": row.reason,
                "at": instant(row.at),
            }

    def table(self, archive: zipfile.ZipFile, form: Form, at: datetime) -> None:
        """The newest versions as any list is taken out: without what is for reading here alone."""
        pile = Pile(form, tick=self.making.tick)
        pile.fill(self.gathered(form))
        content = write(pile, about={"agency": self.agency, "list": "all"}, at=at)
        _copy(archive, name_in(form), content)

    def gathered(self, form: Form) -> Iterator[Sequence[Shown]]:
        for part in parts_of(self.ids):
            with self.making.eyes() as viewer:
                shown = gathered(viewer, part, form, at=timezone.now())
                self.making.say()
            yield shown

    def ledger(self, archive: zipfile.ZipFile, side: Side, at: datetime) -> None:
        """Who was given what, or what the agency was given; by reference, without content."""
        after, more = "", True
        with archive.open(f"ledger-{side.value}.jsonl", "w", force_zip64=True) as file:
            while more:
                with self.making.eyes() as viewer:
                    found = look(viewer, side, Asked(), at=at, size=BATCH, after=after)
                    for row in rows_of(found):
                        file.write(orjson.dumps(row) + b"\n")
                    self.making.say()
                after, more = found.after, bool(found.after)

    def note_pictures(self, content: dict[str, Any]) -> None:
        for group in ("detail", "technique"):
            self.photographs |= {row["uid"] for row in content.get(group, {}).get("photographs", [])}

    def picture(self, archive: zipfile.ZipFile, uid: str) -> None:
        try:
            file = default_storage.open(stored_name(uid, "full"))
        except FileNotFoundError:
            return
        with file:
            info = zipfile.ZipInfo(f"photographs/{uid}.jpg")
            _fill(archive, info, file)

    def readme(self, at: datetime) -> str:
        lines = [
            self.marking.banner,
            _("All that %(agency)s owns, %(at)s.") % {"agency": self.agency, "at": instant(at)},
            _("Made by %(person)s as its administrator.") % {"person": self.making.job.person.username},
            "",
            _("records.jsonl: the working copies, drafts among them, one a line"),
            _("versions.jsonl: what was published, each version"),
            _("records.csv, records.stix.json: the newest versions, without TLP:RED and DISPLAY ONLY"),
            _("releases.jsonl, recalls.jsonl, ledger-given.jsonl, ledger-received.jsonl"),
            _("photographs/: named in the facts by uid"),
            "",
            _(
                "Not in it: what is closed to who made it (others' drafts, others' at TLP:RED), and what was purged."
            ),
        ]
        return "\n".join(lines) + "\n"


def name_in(form: Form) -> str:
    return "records.stix.json" if form == Form.STIX else f"records.{form}"


def _copy(archive: zipfile.ZipFile, name: str, content: IO[bytes]) -> None:
    with content:
        _fill(archive, zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _fill(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: Any, kind: int = zipfile.ZIP_STORED
) -> None:
    info.compress_type = kind
    with archive.open(info, "w", force_zip64=True) as file:
        while part := content.read(CHUNK):
            file.write(part)
