"""Releases as JSON: what one's agency released to whom, a preview, a release, a recall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError as Refusal
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from bulletins.models import Record
from bulletins.publishing.querysets import working_copies
from bulletins.publishing.rules import may_release
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState, Person
from hub.rest.filters import within
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.bulk import MOST_RECORDS, preview_all
from sharing.audiences.holders import holders_of
from sharing.audiences.preview import preview
from sharing.communities.models import Community
from sharing.disclosures.answers import carried
from sharing.flow import hold, recall, release, release_each
from sharing.recalls.proof import recalls_made
from sharing.releases.models import Release
from sharing.releases.plan import Pick, Plan
from sharing.rest.release_shapes import (
    COLUMNS,
    PREVIEWED,
    RecallBody,
    RecallShape,
    ReleaseBody,
    ReleaseFilters,
    ReleaseShape,
    preview_shape,
    release_shape,
)


class OwnRecord(HubView):
    """A body that names a record of one's own. Any other record, and none at all, is the same 404.

    What no program may carry is not asked of here either, but it can always be taken back (`told_of` is false).
    """

    record: Any = None
    told_of = True

    def find(self, request: Request, **kwargs: Any) -> None:
        if request.method == "POST":
            self.record = own_record(self.viewer, request.data, told_of=self.told_of)

    def allow(self, event: str) -> None:
        self.require(may_release(self.viewer), event, kind=self.record.kind, ref=self.record.ref)


class OwnRecords(OwnRecord):
    """The same for a body that may name several: all of them one's own, or a 404 that names none."""

    records: tuple[Record, ...] = ()

    def find(self, request: Request, **kwargs: Any) -> None:
        body: Any = request.data if request.method == "POST" else None
        if isinstance(body, dict) and "records" in body and "record" not in body:
            self.records = own_records(self.viewer, body["records"])
            self.record = self.records[0]
        else:
            super().find(request, **kwargs)

    def plans(self, request: Request) -> list[tuple[Record, Plan]]:
        given = understood(request.data)
        if self.records:
            return [(record, planned(record, given)) for record in self.records]
        return [(self.record, planned(self.record, given))]

    def foreseen(self, plans: list[tuple[Record, Plan]], at: datetime) -> Any:
        if not self.records:
            ((record, plan),) = plans
            return preview_shape(record, preview(record, plan, viewer=self.viewer, at=at))
        found = preview_all(plans, viewer=self.viewer, at=at).each
        return {
            "records": [preview_shape(record, each) for record, each in zip(self.records, found, strict=True)]
        }


class ReleaseList(OwnRecords):
    filters = ReleaseFilters
    # Sent again, it is answered by the same look ahead, and released once.
    repeats = True

    @says("releases_list", paged(ReleaseShape(many=True), "Release"), filters=ReleaseFilters)
    def get(self, request: Request) -> Response:
        """What your agency released, newest first."""
        rows = _visible(self.viewer)
        if "record" in self.query:
            rows = rows.filter(record__uid=self.query["record"])
        if "live" in self.query:
            live = Q(ended_at=None) & (Q(ends_at=None) | Q(ends_at__gt=timezone.now()))
            rows = rows.filter(live if self.query["live"] else ~live)
        found = page(
            within(rows, "released_at", self.query),
            *COLUMNS,
            by=("released_at", "id"),
            request=request,
            query=self.query,
        )
        return found.response(map(release_shape, found.rows))

    @says("releases_create", PREVIEWED, status=201, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Release published records of your agency's, one or several; the answer says what each agency got."""
        self.allow("record.release")
        plans, at = self.plans(request), timezone.now()
        hold(record for record, plan in plans)
        foreseen = self.foreseen(plans, at)
        if self.done is not None:
            pass
        elif self.records:
            release_each(plans, viewer=self.viewer, at=at)
        else:
            release([self.record], plans[0][1], viewer=self.viewer, at=at)
        return Response(foreseen, status=status.HTTP_201_CREATED)


class ReleasePreview(OwnRecords):
    repeats = True

    @says("releases_preview", PREVIEWED, body=ReleaseBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """What each agency would get, and why. Nothing is written."""
        self.allow("record.preview")
        return Response(self.foreseen(self.plans(request), timezone.now()))


class Recall(OwnRecord):
    told_of = False
    keeps_answer = True

    @says("releases_recall", RecallShape, body=RecallBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Take a record, or one version of it, back at once. All who ever had it are told."""
        self.allow("record.recall")
        body = RecallBody(data=request.data)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        given = body.validated_data
        version = given.get("version")
        had = [
            row for row in holders_of(self.record.pk, self.viewer).agencies if version in (None, row.version)
        ]
        recall(
            self.record,
            reason=given["reason"],
            viewer=self.viewer,
            at=at,
            version=version,
            fall_back=given["fall_back"],
        )
        return Response(
            {
                "uid": str(recalls_made(self.record.pk)[0].uid),
                "record": str(self.record.uid),
                "version": version,
                "recalled_at": at.isoformat(),
                "agencies": len(had),
            }
        )


def own_record(viewer: Viewer, body: Any, *, told_of: bool) -> Record:
    """The record of the viewer's agency that a body names; the rest of the body is not looked at yet.

    With `told_of` the answer will tell of the record, so its marking must let programs have it.
    """
    uid = body.get("record") if isinstance(body, dict) else None
    asked = serializers.UUIDField().run_validation(uid) if isinstance(uid, str) else None
    if asked is None:
        raise serializers.ValidationError({"record": [_("Give the uid of a record.")]})
    copies = working_copies(Record, viewer)
    found = (carried(copies) if told_of else copies).filter(uid=asked).first()
    if found is None:
        raise Http404
    return found


def own_records(viewer: Viewer, named: Any) -> tuple[Record, ...]:
    """The records of the viewer's agency that a body names, in its order; 404 where one of them is not there."""
    names = named if isinstance(named, list) and all(isinstance(uid, str) for uid in named) else []
    if not 0 < len(names) <= MOST_RECORDS:
        said = _("Give the uids of 1 to %(n)d records.") % {"n": MOST_RECORDS}
        raise serializers.ValidationError({"records": [said]})
    asked = list(dict.fromkeys(serializers.UUIDField().run_validation(uid) for uid in names))
    copies = carried(working_copies(Record, viewer)).filter(uid__in=asked).select_related("owner")
    found = {record.uid: record for record in copies}
    if len(found) < len(asked):
        raise Http404
    return tuple(found[uid] for uid in asked)


def understood(data: Any) -> dict[str, Any]:
    """What a body says. Raises ValidationError by field."""
    body = ReleaseBody(data=data)
    body.is_valid(raise_exception=True)
    targets = Names.of(body.validated_data["to"]).picks(body.validated_data["to"])
    return {**body.validated_data, "to": tuple(targets)}


def planned(record: Record, given: dict[str, Any]) -> Plan:
    """The plan that a body describes, for one of its records."""
    return Plan(
        picks=given["to"],
        tlp=given.get("tlp", record.tlp),
        controls=tuple(given.get("controls", record.controls)),
        rel_to=tuple(given.get("rel_to", record.rel_to)),
        withheld=frozenset(given.get("withheld", ())),
        need_to_know=given["need_to_know"],
        right_to_know=given["right_to_know"],
        starts_at=given.get("starts_at"),
        ends_at=given.get("ends_at"),
        marking_reason=given.get("marking_reason", ""),
        acknowledge_by=given.get("acknowledge_by"),
        acknowledge_within=timedelta(hours=given.get("acknowledge_within_h") or 0) or None,
    )


@dataclass(frozen=True)
class Names:
    """What a body's codes and usernames mean. Communities are those the viewer sees, agencies those at work."""

    agencies: dict[str, int]
    communities: dict[str, int]
    people: dict[tuple[str, str], int]

    @classmethod
    def of(cls, targets: list[dict[str, Any]]) -> Names:
        def named(key: str) -> set[str]:
            return {each[key] for each in targets if each.get(key)}

        agencies = Agency.objects.filter(code__in=named("agency"), state=AgencyState.ACTIVE)
        people = Person.objects.filter(
            username__in={name for each in targets for name in each.get("persons", ())}, is_active=True
        )
        return cls(
            dict(agencies.values_list("code", "pk")),
            dict(Community.objects.filter(code__in=named("community")).values_list("code", "pk")),
            {
                (code or "", name): pk
                for pk, name, code in people.values_list("pk", "username", "agency__code")
            },
        )

    def wrong(self, target: dict[str, Any]) -> str:
        """Why a target means nobody, or nothing. Hidden and missing are one refusal."""
        agency, community = target.get("agency", ""), target.get("community", "")
        if (agency and agency not in self.agencies) or (community and community not in self.communities):
            return _("there is no %(code)s, or not for your agency.") % {"code": agency or community}
        unknown = [name for name in target.get("persons", ()) if (agency, name) not in self.people]
        if unknown:
            return _("%(agency)s has nobody named %(names)s.") % {
                "agency": agency,
                "names": ", ".join(unknown),
            }
        return ""

    def pick(self, target: dict[str, Any]) -> Pick:
        agency = target.get("agency", "")
        return Pick(
            agency=self.agencies.get(agency),
            community=self.communities.get(target.get("community", "")),
            withheld=frozenset(target.get("withheld", ())),
            persons=frozenset(self.people[agency, name] for name in target.get("persons", ())),
            wording=tuple(sorted(target["wording"].items())) if "wording" in target else None,
        )

    def picks(self, targets: list[dict[str, Any]]) -> list[Pick]:
        wrong = [(number, said) for number, each in enumerate(targets, start=1) if (said := self.wrong(each))]
        if wrong:
            raise Refusal({"to": [f"{number}: {said}" for number, said in wrong]})
        return [self.pick(each) for each in targets]


def _visible(viewer: Viewer) -> QuerySet[Release]:
    """Releases of records whose working copies the viewer may open, where programs may have them."""
    return Release.objects.filter(
        owner_id=viewer.agency_id, record__in=carried(working_copies(Record, viewer)).values("pk")
    )
