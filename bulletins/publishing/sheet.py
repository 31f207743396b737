"""The form of a record with its rows and photographs, as stored or as sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from bulletins.flow import sources_for
from bulletins.markings.rules import marking_of
from bulletins.publishing.actions import Entry, Errors
from bulletins.publishing.fields import Vocabulary
from bulletins.publishing.forms import PhotographForm, RecordForm, initial_of
from bulletins.publishing.models import Bulletin, PhotographGroup, SourceLink
from bulletins.publishing.rows import (
    IdentifierRow,
    Rows,
    SubstanceRow,
    stored_identifiers,
    stored_substances,
    usual_unit,
)
from bulletins.publishing.sections import EVENT, sections
from bulletins.publishing.telltales import Telltale, said_of, telltales
from bulletins.publishing.titles import suggested_title
from bulletins.seizures.models import SeizureReport
from hub.accounts.viewer import Viewer


@dataclass(frozen=True)
class Picture:
    """A photograph of a draft, as its author sees it."""

    uid: UUID
    url: str
    thumb: str
    caption: str
    form: PhotographForm


@dataclass(frozen=True)
class Fold:
    """A section with its fields. It starts open where something needs correcting."""

    key: str
    title: str
    fields: list[BoundField]
    open: bool
    filled: bool


@dataclass(frozen=True)
class Pointed:
    """Words of one field that lead to somebody; a press moves them to the identifiers."""

    field: str
    telltale: Telltale

    @property
    def action(self) -> str:
        return f"move:{self.field}:{self.telltale.words}"


@dataclass(frozen=True)
class Problem:
    label: str
    anchor: str
    message: str


class Sheet:
    """Nothing of it is a row of the database, so that a template may have it."""

    def __init__(
        self,
        record: Bulletin | SeizureReport,
        *,
        country: str,
        data: QueryDict | None = None,
        part: bool = False,
        more: str = "",
        viewer: Viewer | None = None,
    ) -> None:
        self.viewer, self.country = viewer, country
        data = _plain_lines(data) if data is not None else None
        self.kind = record.kind
        self.vocabulary = Vocabulary()
        self.substances = Rows(
            "substances",
            partial(SubstanceRow, vocabulary=self.vocabulary, unit=usual_unit(country)),
            data=data,
            stored=stored_substances(record),
            more=more == "substances",
        )
        self.identifiers = Rows(
            "identifiers",
            IdentifierRow,
            data=data,
            stored=stored_identifiers(record),
            more=more == "identifiers",
        )
        self.form = RecordForm(
            data,
            kind=record.kind,
            initial=initial_of(record, linked=_linked(record, viewer)),
            vocabulary=self.vocabulary,
            settled=record.latest > 0,
            entered=record.entered_on is not None,
            partial=part,
        )
        self.pictures = pictures_of(record, data=data, part=part)
        self.marking = marking_of(record)
        self.refused: Errors = {}
        self.suggested = ""
        self.warned: list[str] = []
        self.telltales: list[Pointed] = []
        self.said = self.conclude(record)
        self.title = self.form.initial.get("title") or self.suggested

    def entry(self) -> Entry:
        """What was sent and could be read."""
        self.form.is_valid()
        read = self.form.cleaned_data
        return Entry(
            values=self.form.values(),
            substances=self.substances.values(),
            identifiers=self.identifiers.values(),
            certify=read.get("certify"),
            seizures=read.get("seizures"),
            captions={
                picture.uid: (picture.form.cleaned_data.get("caption", picture.caption), picture.form.group)
                for picture in self.pictures
                if picture.form.is_bound and picture.form.is_valid()
            },
        )

    def errors(self) -> Errors:
        """Why what was sent cannot be read, by the name of the control."""
        found = self.form.messages() | self.substances.errors() | self.identifiers.errors()
        for picture in self.pictures:
            if picture.form.is_bound:
                for name, messages in picture.form.errors.items():
                    found[picture.form.add_prefix(name)] = [str(message) for message in messages]
        return found

    def show(self, errors: Errors) -> None:
        """Mark what was refused after the form was read."""
        for name, messages in errors.items():
            if name not in self.form.errors and name in self.form.fields:
                self.form.add_error(name, messages)
        self.refused = errors

    @property
    def problems(self) -> list[Problem]:
        """All that is to be corrected, for the summary above the form."""
        labels = {
            "substances": _("What and how much"),
            "identifiers": _("Identifiers"),
            "photographs": _("Photographs"),
            "photograph": _("Photographs"),
            "change": _("What changed"),
        }
        found = []
        for name, messages in self.refused.items():
            label = labels.get(name.partition("-")[0], "")
            if name in self.form.fields:
                label = str(self.form[name].label)
            found += [Problem(label, f"id_{name}", message) for message in messages]
        return found

    @property
    def event(self) -> list[BoundField]:
        """When and where: what a seizure report asks first."""
        return [self.form[name] for name in EVENT if name in self.form.fields]

    @property
    def folds(self) -> list[Fold]:
        found = []
        for section in sections(self.kind):
            fields = [self.form[name] for name in section.names if name in self.form.fields]
            rows = self.identifiers if section.key == "identifiers" else None
            wrong = any(field.errors for field in fields) or (rows is not None and bool(rows.errors()))
            filled = any(_told(field) for field in fields) or (rows is not None and bool(rows.forms))
            found.append(Fold(section.key, section.title, fields, wrong, filled))
        return found

    def conclude(self, record: Bulletin | SeizureReport) -> dict[str, str]:
        """What follows from the record as it now stands, by the place where it is said."""
        stored = stored_substances(record)
        said = {}
        if self.substances.posted:
            for row, facts in zip(self.substances.forms, stored, strict=False):
                row.said = said[str(row.prefix)] = str(facts["said"])
        if isinstance(record, Bulletin):
            self.suggested = suggested_title([row["drug"] for row in stored], record.methods)
            said["title"] = without_title(self.suggested)
            self.telltales = self._pointed_out(record)
            said["tear_line"] = said_of(record.tear_line, [each.telltale for each in self.telltales])
            self.warned = ["tear_line"] if self.telltales else []
        return said

    def _pointed_out(self, record: Bulletin) -> list[Pointed]:
        """What leads to somebody in the texts that everybody it is released to reads."""
        identifiers = _values(record)
        return [
            Pointed(name, each)
            for name in ("tear_line", "title", "safety_note")
            for each in telltales(
                getattr(record, name),
                identifiers=identifiers,
                viewer=self.viewer,
                country=self.country or "US",
            )
        ]


def pictures_of(
    record: Bulletin | SeizureReport,
    *,
    data: QueryDict | None = None,
    part: bool = False,
    only: UUID | None = None,
) -> list[Picture]:
    """The photographs of the working copy; their words come from `data` where it has them."""
    if record.pk is None:
        return []
    rows = record.photographs.all() if only is None else record.photographs.filter(uid=only)
    found = []
    for row in rows:
        prefix = f"photograph-{row.uid}-"
        sent = data if data is not None and any(key.startswith(prefix) for key in data) else None
        words = {"caption": row.caption, "shows_how": row.group == PhotographGroup.TECHNIQUE}
        if sent is not None and part:
            # Half of a photograph's words may have been sent: the rest stands as it is stored.
            sent = sent.copy()
            for name, value in words.items():
                if prefix + name not in sent and value:
                    sent[prefix + name] = "on" if value is True else str(value)
        urls = [reverse("draft_photograph", args=[record.ref, row.uid, size]) for size in ("full", "thumb")]
        form = PhotographForm(sent, uid=str(row.uid), initial=words)
        found.append(Picture(row.uid, urls[0], urls[1], row.caption, form))
    return found


def _linked(record: Bulletin | SeizureReport, viewer: Viewer | None) -> list[str]:
    """References of what it rests on, as far as the viewer may see it."""
    if viewer is None or record.pk is None or not isinstance(record, Bulletin):
        return []
    links = SourceLink.objects.filter(bulletin_id=record.pk).order_by("id")
    ids = list(links.values_list("source_id", flat=True))
    refs = {each.id: each.ref for each in sources_for(viewer, ids=ids)}
    return [refs[pk] for pk in ids if pk in refs]


def _told(field: BoundField) -> bool:
    """Whether the field says more than it does by itself."""
    usual = {"tlp": "TLP:AMBER", "urgency": "routine", "sensitivity": "confidential"}
    value = field.value()
    if field.name == "originator":
        return bool(value) and value != field.field.prepare_value(field.initial)
    return value not in (None, "", [], False) and value != usual.get(field.name)


def _plain_lines(data: QueryDict) -> QueryDict:
    """Lines end as they were typed: browsers send two characters for each, and lengths count one."""
    found = data.copy()
    for name in found:
        found.setlist(name, [str(value).replace("\r\n", "\n") for value in found.getlist(name)])
    return found


def _values(record: Bulletin | SeizureReport) -> list[str]:
    return [] if record.pk is None else [row.value for row in record.identifiers.all()]


def without_title(suggestion: str) -> str:
    """What is said below an empty title."""
    return _("Without one: “%(title)s”") % {"title": suggestion} if suggestion else ""
