"""Bulletins and seizure reports as JSON: what is disclosed to the caller, and their agency's working copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ValidationError as Refusal
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.markings.models import TLP, Control
from bulletins.models import Bulletin, Found, SeizureReport
from bulletins.publishing.actions import post, take_up
from bulletins.publishing.api import (
    BODIES,
    BulletinBody,
    SeizureBody,
    Text,
    WorkingCopyShape,
    working_copy_shape,
    write_body,
)
from bulletins.publishing.models import Urgency
from bulletins.publishing.querysets import drafts, working_copies
from bulletins.publishing.rules import may_draft
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.terms import terms
from hub.rest.filters import Filters, PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.models import Received, Withdrawal, WithdrawalKind
from sharing.disclosures.actions import disclose
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel
from sharing.disclosures.shapes import instant, shape

Q = TypeVar("Q", bound=QuerySet[Any])
MODELS: dict[str, Any] = {"bulletin": Bulletin, "seizure": SeizureReport}


def carried(rows: Q) -> Q:
    """Of rows that bear a marking, those that REST carries: `carries` as a query. A test holds them equal."""
    return rows.exclude(tlp=TLP.RED).exclude(controls__contains=[Control.DISPLAY_ONLY])


class Gone(exceptions.APIException):
    """The tombstone of a record, for those it was taken back from."""

    status_code = status.HTTP_410_GONE
    default_code = "gone"

    def __init__(self, row: Withdrawal) -> None:
        recalled = row.kind == WithdrawalKind.RECALLED
        self.default_detail = _("Recalled") if recalled else _("No longer shared")
        super().__init__(
            _("%(agency)s has recalled it: do not use what you have of it.") % {"agency": row.owner.code}
            if recalled
            else _("%(agency)s no longer shares it with your agency.") % {"agency": row.owner.code}
        )
        at = instant(row.at)
        self.facts = {
            "uid": str(row.uid),
            "ref": row.ref,
            "owner": row.owner.code,
            "ended_at": at,
            "recalled_at": at if recalled else None,
            "reason": row.reason,
        }


class RecordFilters(PagedFilters):
    q = serializers.CharField(
        required=False, max_length=200, help_text=gettext_lazy('words, "phrases", or, -not')
    )
    method = serializers.CharField(
        required=False, max_length=40, help_text=gettext_lazy("a method and all below it")
    )
    drug = serializers.CharField(required=False, max_length=40)
    mode = serializers.CharField(required=False, max_length=40)
    month = serializers.RegexField(r"^\d{4}(-\d{2})?$", required=False, help_text="2025-03")
    region = serializers.ChoiceField(choices=Region.choices, required=False)
    country = serializers.CharField(required=False, max_length=2)
    port = serializers.CharField(required=False, max_length=10)
    owner = serializers.CharField(required=False, max_length=20, help_text=gettext_lazy("an agency's code"))
    tlp = serializers.ChoiceField(choices=TLP.choices, required=False)
    hazard = serializers.BooleanField(required=False)
    state = serializers.ChoiceField(
        choices=["draft"],
        required=False,
        help_text=gettext_lazy("your agency's working copies with words not yet published; goes alone"),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "state" in given and set(given) - {"state", "cursor", "limit"}:
            raise serializers.ValidationError({"state": [_("Ask for drafts without other filters.")]})
        return given


class BulletinFilters(RecordFilters):
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)


class CopyFilters(Filters):
    state = serializers.ChoiceField(
        choices=["draft"], required=False, help_text=gettext_lazy("your agency's working copy")
    )


class PublishBody(serializers.Serializer[Any]):
    note = Text(300, help_text=gettext_lazy("what this version changes"))


class PartyShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class MarkingShape(serializers.Serializer[Any]):
    tlp = serializers.ChoiceField(choices=TLP.choices)
    caveats = serializers.CharField(help_text=gettext_lazy("shown beside the TLP label"))
    controls = serializers.ListField(child=serializers.CharField())
    rel_to = serializers.ListField(child=serializers.CharField())
    cui_categories = serializers.ListField(child=serializers.CharField())
    reliability = serializers.CharField()
    credibility = serializers.CharField()


class WithheldShape(serializers.Serializer[Any]):
    group = serializers.CharField()
    label = serializers.CharField()
    by = serializers.CharField()
    under = serializers.CharField(help_text=gettext_lazy("the agreement that withholds it, or empty"))


class RecordShape(serializers.Serializer[Any]):
    """A record as it is disclosed to you: `facts` by field group, without those named in `withheld`."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    url = serializers.URLField(help_text=gettext_lazy("its page for people"))
    owner = PartyShape()
    originator = serializers.CharField()
    marking = MarkingShape()
    issued_at = serializers.DateTimeField()
    visible_since = serializers.DateTimeField()
    agreement = serializers.CharField()
    facts = serializers.DictField(child=serializers.DictField())
    withheld = WithheldShape(many=True)
    labels = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    seizures = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        help_text=gettext_lazy("bulletins: the seizure reports it rests on that you may see"),
    )


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
        by = ("issued_at" if words else "visible_since", "record_id")
        found = page(rows, by=by, request=request, query=self.query)
        shown = disclose(self.viewer, [row["record_id"] for row in found.rows], Channel.REST)
        return found.response(self.shapes(shown))

    def write(self, request: Request) -> Response:
        self.require(may_draft(self.viewer), f"{self.kind}.draft", kind=self.kind)
        body = BODIES[self.kind](data=request.data)
        body.is_valid(raise_exception=True)
        record = MODELS[self.kind](kind=self.kind)
        answer = save(self, record, dict(body.validated_data))
        place = request.build_absolute_uri(f"{request.path}{record.uid}/?state=draft")
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Location": place})

    def _drafts(self, request: Request) -> Response:
        rows = carried(drafts(MODELS[self.kind], self.viewer))
        found = page(rows.order_by(), by=("edited_at", "id"), request=request, query=self.query)
        copies = whole(rows).in_bulk([row["id"] for row in found.rows])
        return found.response(working_copy_shape(copies[row["id"]]) for row in found.rows)

    def shapes(self, shown: Sequence[Disclosure]) -> list[dict[str, Any]]:
        return shapes(self, shown)


class RecordView(HubView):
    """Below one record. `found` is the id of what is disclosed to the caller, `record` their working copy."""

    kind: ClassVar[str]
    filters = CopyFilters
    writes: ClassVar[frozenset[str]] = frozenset({"PATCH"})
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
            raise absent(self, uid)


class RecordDetail(RecordView):
    def read(self, request: Request) -> Response:
        if self.query.get("state"):
            return Response(working_copy_shape(self.record))
        shown = disclose(self.viewer, self.found, Channel.REST)
        if not shown:
            raise Http404
        return Response(shapes(self, shown)[0])

    def change(self, request: Request) -> Response:
        allow_writing(self)
        body = BODIES[self.kind](data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        return Response(save(self, self.record, dict(body.validated_data)))


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
        return Response(working_copy_shape(again(self.kind, self.record.pk)), status=status.HTTP_201_CREATED)


def allow_writing(view: Any) -> None:
    view.require(may_draft(view.viewer), f"{view.kind}.edit", kind=view.kind, ref=view.record.ref)
    # Locked: of two who write at once the second writes onto what the first left.
    view.record = take_up(MODELS[view.kind], view.record.ref, viewer=view.viewer)


def save(view: Any, record: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Write the body down and publish if asked; return the working copy as JSON."""
    at = timezone.now()
    write_body(record, body, viewer=view.viewer, at=at)
    if body.get("publish"):
        publish(view, record, body.get("publish_note", ""), at, name="publish_note")
    return working_copy_shape(again(view.kind, record.pk))


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


def again(kind: str, pk: int) -> Any:
    """The working copy with all that hangs on it, read anew."""
    return whole(MODELS[kind].objects.all()).get(pk=pk)


def whole(copies: QuerySet[Any]) -> QuerySet[Any]:
    related = ["substances", "identifiers", "photographs"]
    if copies.model is Bulletin:
        related.append("seizures")
    return copies.select_related("originator").prefetch_related(*related)


def shapes(view: Any, shown: Sequence[Disclosure]) -> list[dict[str, Any]]:
    """The JSON of disclosures; of the seizure reports a bulletin rests on, those the caller may see too."""
    linked = {key for each in shown for key in each.linked}
    seen: dict[int, str] = {}
    if linked:
        rows = carried(Received.objects.visible_to(view.viewer).filter(record_id__in=linked))
        seen = {key: str(uid) for key, uid in rows.values_list("record_id", "uid")}
    known = terms()
    found = []
    for each in shown:
        facts = shape(each, labels=known)
        if each.kind == Kind.BULLETIN:
            facts["seizures"] = [seen[key] for key in each.linked if key in seen]
        found.append(facts)
    return found


def absent(view: Any, uid: Any) -> Exception:
    """A tombstone for those who had it; for all others the answer that a ghost gives."""
    row = (
        Withdrawal.objects.visible_to(view.viewer)
        .filter(uid=uid, record_kind=view.kind)
        .exclude(tlp=TLP.RED)
        .select_related("owner")
        .order_by("-at", "-id")
        .first()
    )
    return Gone(row) if row is not None else Http404()


class BulletinList(RecordList):
    kind = Kind.BULLETIN.value
    filters = BulletinFilters

    @says(paged(RecordShape), filters=BulletinFilters)
    def get(self, request: Request) -> Response:
        """Bulletins disclosed to you, newest first; with `state=draft` your agency's working copies."""
        return self.read(request)

    @says(WorkingCopyShape, status=201, body=BulletinBody, errors=(403, 413))
    def post(self, request: Request) -> Response:
        """Write a bulletin: a draft, or published in your own agency with `publish`."""
        return self.write(request)


class BulletinDetail(RecordDetail):
    kind = Kind.BULLETIN.value

    @says(RecordShape, filters=CopyFilters, errors=(404, 410))
    def get(self, request: Request, uid: str) -> Response:
        """A bulletin as disclosed to you. With `state=draft` your agency's working copy instead."""
        return self.read(request)

    @says(WorkingCopyShape, body=BulletinBody, errors=(403, 404, 413))
    def patch(self, request: Request, uid: str) -> Response:
        """Edit your agency's working copy. What is published stays as it is until you publish again."""
        return self.change(request)


class BulletinPublish(Publish):
    kind = Kind.BULLETIN.value

    @says(WorkingCopyShape, status=201, body=PublishBody, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Publish the working copy as the next version, in your own agency; sharing it is a release."""
        return self.write(request)


class SeizureList(RecordList):
    kind = Kind.SEIZURE.value
    filters = RecordFilters

    @says(paged(RecordShape), filters=RecordFilters)
    def get(self, request: Request) -> Response:
        """Seizure reports disclosed to you, newest first; with `state=draft` your agency's working copies."""
        return self.read(request)

    @says(WorkingCopyShape, status=201, body=SeizureBody, errors=(403, 413))
    def post(self, request: Request) -> Response:
        """Write a seizure report: a draft, or published in your own agency with `publish`."""
        return self.write(request)


class SeizureDetail(RecordDetail):
    kind = Kind.SEIZURE.value

    @says(RecordShape, filters=CopyFilters, errors=(404, 410))
    def get(self, request: Request, uid: str) -> Response:
        """A seizure report as disclosed to you. With `state=draft` your agency's working copy instead."""
        return self.read(request)

    @says(WorkingCopyShape, body=SeizureBody, errors=(403, 404, 413))
    def patch(self, request: Request, uid: str) -> Response:
        """Edit your agency's working copy. What is published stays as it is until you publish again."""
        return self.change(request)


class SeizurePublish(Publish):
    kind = Kind.SEIZURE.value

    @says(WorkingCopyShape, status=201, body=PublishBody, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Publish the working copy as the next version, in your own agency; sharing it is a release."""
        return self.write(request)
