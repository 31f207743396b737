"""Bulletins and seizure reports as JSON: what is disclosed to the caller, and their own working copies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError as Refusal
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.models import Bulletin, Found, SeizureReport
from bulletins.publishing.actions import Entry, post, take_up
from bulletins.publishing.actions import save as save_entry
from bulletins.publishing.api import (
    BODIES,
    BulletinBody,
    SeizureBody,
    WorkingCopyShape,
    working_copy_shape,
    working_copy_shapes,
    write_body,
)
from bulletins.publishing.photographs.actions import add_photograph, remove_photograph
from bulletins.publishing.photographs.refusals import Refused
from bulletins.publishing.querysets import drafts, working_copies
from bulletins.publishing.rules import may_draft
from bulletins.records.models import Kind
from hub.rest.filters import Filters, within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from hub.trail.actions import record as write_trail
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.answers import (
    BulletinFilters,
    CopyFilters,
    PhotographBody,
    PublishBody,
    RecordFilters,
    absent,
    carried,
    either,
    shapes,
)
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.fields import Fields
from sharing.disclosures.reading import note_opening
from sharing.disclosures.rules import Channel

MODELS: dict[str, Any] = {"bulletin": Bulletin, "seizure": SeizureReport}


class RecordList(HubView):
    """One kind of record: those disclosed to the caller, newest first, and new ones."""

    kind: ClassVar[str]

    def read(self, request: Request) -> Response:
        if self.query.get("state"):
            return self._drafts(request)
        names = ("method", "drug", "mode", "month", "region", "country", "port", "owner", "tlp", "urgency")
        narrow = {name: self.query[name] for name in names if name in self.query}
        words = self.query.get("q", "")
        # With words by date of issue, over the view made for search; without, as they came in.
        rows = Found.objects.visible_to(self.viewer) if words else Received.objects.visible_to(self.viewer)
        rows = carried(rows.filter(kind=self.kind).matching(words).narrowed(narrow))
        if "hazard" in self.query:
            rows = rows.filter(hazard=self.query["hazard"])
        rows = within(rows, "visible_since", self.query)
        by = ("issued_at" if words else "visible_since", "record_id")
        falling = self.query.get("order", "-").startswith("-")
        found = page(rows, by=by, request=request, query=self.query, falling=falling)
        shown, part = disclosed(self, [row["record_id"] for row in found.rows])
        if words or narrow or "hazard" in self.query:
            said = {name: str(value) for name, value in narrow.items()} | {"kind": self.kind}
            write_trail(
                "search.run",
                viewer=self.viewer,
                at=timezone.now(),
                rows=len(shown),
                words=words,
                filters=said,
            )
        return found.response(map(part, shapes(self.viewer, shown)))

    def write(self, request: Request) -> Response:
        self.require(may_draft(self.viewer), f"{self.kind}.draft", kind=self.kind)
        body = BODIES[self.kind](data=request.data)
        body.is_valid(raise_exception=True)
        record = MODELS[self.kind](kind=self.kind)
        save(self, record, dict(body.validated_data))
        return copy_answer(self, record, status.HTTP_201_CREATED)

    def _drafts(self, request: Request) -> Response:
        rows = carried(drafts(MODELS[self.kind], self.viewer))
        found = page(rows.order_by(), by=("edited_at", "id"), request=request, query=self.query)
        copies = whole(rows).in_bulk([row["id"] for row in found.rows])
        return found.response(working_copy_shapes([copies[row["id"]] for row in found.rows], self.viewer))


class RecordView(HubView):
    """Below one record. `found` is the id of what is disclosed to the caller, `record` their working copy."""

    kind: ClassVar[str]
    filters: type[Filters] = CopyFilters
    writes: ClassVar[frozenset[str]] = frozenset({"PATCH"})
    tagged = True
    matched = True
    found: list[int]
    record: Any

    def find(self, request: Request, **kwargs: Any) -> None:
        uid = kwargs["uid"]
        if request.method in self.writes or request.query_params.get("state") == "draft":
            self.record = carried(working_copies(MODELS[self.kind], self.viewer)).filter(uid=uid).first()
            if self.record is None:
                raise Http404
            return
        rows = carried(Received.objects.visible_to(self.viewer).filter(kind=self.kind, uid=uid))
        self.found = list(rows.values_list("record_id", flat=True))
        if not self.found:
            raise absent(self.viewer, uid, self.kind)


class RecordDetail(RecordView):
    def read(self, request: Request) -> Response:
        if self.query.get("state"):
            return Response(working_copy_shape(self.record, self.viewer))
        shown, part = disclosed(self, self.found)
        if not shown:
            raise Http404
        note_opening(self.viewer, shown[0], at=timezone.now())
        return Response(part(shapes(self.viewer, shown)[0]))

    def change(self, request: Request) -> Response:
        allow_writing(self)
        body = BODIES[self.kind](data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        save(self, self.record, dict(body.validated_data))
        return copy_answer(self, self.record)


class Publish(RecordView):
    """Freezing the working copy as the next version."""

    filters = Filters
    writes = frozenset({"POST"})

    def write(self, request: Request) -> Response:
        allow_writing(self)
        body = PublishBody(data=request.data)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        publish(self, self.record, body.validated_data.get("note", ""), at, name="note")
        return copy_answer(self, self.record, status.HTTP_201_CREATED)


class Photographs(RecordView):
    """Photographs of a bulletin's working copy. Published ones are fetched from the `url` in its facts."""

    kind = Kind.BULLETIN.value
    filters = Filters
    writes = frozenset({"POST", "DELETE"})
    parser_classes = [MultiPartParser]

    @says(
        "bulletins_photographs_create",
        WorkingCopyShape,
        status=201,
        body={"multipart/form-data": PhotographBody},
        errors=(403, 404, 413),
    )
    def post(self, request: Request, uid: UUID) -> Response:
        """Add a photograph to the working copy."""
        allow_writing(self)
        body = PhotographBody(data=request.data)
        body.is_valid(raise_exception=True)
        given, at = body.validated_data, timezone.now()
        caption, group = given.get("caption", ""), given["group"]
        try:
            taken = add_photograph(
                self.record, given["photograph"], viewer=self.viewer, at=at, caption=caption
            )
        except Refused as reason:
            raise Refusal({"photograph": [str(reason)]}) from None
        if group != taken.group:
            save_entry(self.record, Entry(captions={taken.uid: (caption, group)}), viewer=self.viewer, at=at)
        return copy_answer(self, self.record, status.HTTP_201_CREATED)


class PhotographDetail(RecordView):
    kind = Kind.BULLETIN.value
    filters = Filters
    writes = frozenset({"DELETE"})

    def find(self, request: Request, **kwargs: Any) -> None:
        """Of the working copy alone: a photograph that is shown has the address in its record's facts."""
        copies = carried(working_copies(Bulletin, self.viewer)).filter(uid=kwargs["uid"])
        self.record = copies.filter(photographs__uid=kwargs["photograph"]).first()
        if self.record is None:
            raise Http404

    @says("bulletins_photographs_destroy", None, status=204, errors=(403, 404))
    def delete(self, request: Request, uid: UUID, photograph: UUID) -> Response:
        """Take a photograph out of the working copy. Published versions keep theirs."""
        allow_writing(self)
        if not remove_photograph(self.record, photograph, viewer=self.viewer, at=timezone.now()):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def disclosed(view: HubView, ids: list[int]) -> tuple[list[Disclosure], Callable[[Any], Any]]:
    """What is disclosed of the records, and what takes the parts that were asked for from the JSON of each."""
    fields: Fields | None = view.query.get("fields")
    if fields is None:
        return disclose(view.viewer, ids, Channel.REST), lambda shape: shape
    return disclose(view.viewer, ids, Channel.REST, groups=fields.read_of), fields.of


def allow_writing(view: Any) -> None:
    view.require(may_draft(view.viewer), f"{view.kind}.edit", kind=view.kind, ref=view.record.ref)
    # Locked: of two who write at once the second writes onto what the first left.
    view.record = take_up(MODELS[view.kind], view.record.ref, viewer=view.viewer)
    view.precondition(lambda: copy_shape(view, view.record.pk))


def copy_shape(view: Any, pk: int) -> dict[str, Any]:
    """The working copy, with all that hangs on it, read anew."""
    return working_copy_shape(whole(MODELS[view.kind].objects.all()).get(pk=pk), view.viewer)


def copy_answer(view: Any, record: Any, status: int = 200) -> Response:
    """The working copy as it is after a deed, and where it is read."""
    place = f"{reverse(f'api-{view.kind}', args=[record.uid])}?state=draft"
    answer: Response = view.answer(copy_shape(view, record.pk), place, status)
    return answer


def save(view: Any, record: Any, body: dict[str, Any]) -> None:
    """Write the body down and publish if asked."""
    at = timezone.now()
    write_body(record, body, viewer=view.viewer, at=at)
    if body.get("publish"):
        publish(view, record, body.get("publish_note", ""), at, name="publish_note")


def publish(view: Any, record: Any, note: str, at: datetime, *, name: str) -> None:
    try:
        post(record, viewer=view.viewer, at=at, change=note)
    except Refusal as error:
        if not hasattr(error, "error_dict"):
            raise
        # A field of the API's own name.
        raise Refusal(
            {name if key == "change" else key: said for key, said in error.message_dict.items()}
        ) from None


def whole(copies: QuerySet[Any]) -> QuerySet[Any]:
    related = ["substances", "identifiers", "photographs"]
    if copies.model is Bulletin:
        related.append("links")
    return copies.select_related("originator").prefetch_related(*related)


class BulletinList(RecordList):
    kind = Kind.BULLETIN.value
    filters = BulletinFilters

    @says("bulletins_list", paged(either(many=True), "Record"), filters=BulletinFilters)
    def get(self, request: Request) -> Response:
        """Bulletins disclosed to you, newest first; with `state=draft` your agency's working copies."""
        return self.read(request)

    @says("bulletins_create", WorkingCopyShape, status=201, body=BulletinBody, errors=(403, 413))
    def post(self, request: Request) -> Response:
        """Write a bulletin: a draft, or published in your own agency with `publish`."""
        return self.write(request)


class BulletinDetail(RecordDetail):
    kind = Kind.BULLETIN.value

    @says("bulletins_retrieve", either(), filters=CopyFilters, errors=(404, 410))
    def get(self, request: Request, uid: UUID) -> Response:
        """A bulletin as disclosed to you. With `state=draft` your agency's working copy instead."""
        return self.read(request)

    @says("bulletins_update", WorkingCopyShape, body=BulletinBody, errors=(403, 404, 413))
    def patch(self, request: Request, uid: UUID) -> Response:
        """Edit your agency's working copy. What is published stays as it is until you publish again."""
        return self.change(request)


class BulletinPublish(Publish):
    kind = Kind.BULLETIN.value

    @says("bulletins_publish", WorkingCopyShape, status=201, body=PublishBody, errors=(403, 404))
    def post(self, request: Request, uid: UUID) -> Response:
        """Publish the working copy as the next version, in your own agency; sharing it is a release."""
        return self.write(request)


class SeizureList(RecordList):
    kind = Kind.SEIZURE.value
    filters = RecordFilters

    @says("seizures_list", paged(either(many=True), "Record"), filters=RecordFilters)
    def get(self, request: Request) -> Response:
        """Seizure reports disclosed to you, newest first; with `state=draft` your agency's working copies."""
        return self.read(request)

    @says("seizures_create", WorkingCopyShape, status=201, body=SeizureBody, errors=(403, 413))
    def post(self, request: Request) -> Response:
        """Write a seizure report: a draft, or published in your own agency with `publish`."""
        return self.write(request)


class SeizureDetail(RecordDetail):
    kind = Kind.SEIZURE.value

    @says("seizures_retrieve", either(), filters=CopyFilters, errors=(404, 410))
    def get(self, request: Request, uid: UUID) -> Response:
        """A seizure report as disclosed to you. With `state=draft` your agency's working copy instead."""
        return self.read(request)

    @says("seizures_update", WorkingCopyShape, body=SeizureBody, errors=(403, 404, 413))
    def patch(self, request: Request, uid: UUID) -> Response:
        """Edit your agency's working copy. What is published stays as it is until you publish again."""
        return self.change(request)


class SeizurePublish(Publish):
    kind = Kind.SEIZURE.value

    @says("seizures_publish", WorkingCopyShape, status=201, body=PublishBody, errors=(403, 404))
    def post(self, request: Request, uid: UUID) -> Response:
        """Publish the working copy as the next version, in your own agency; sharing it is a release."""
        return self.write(request)
