"""Communities as JSON: one's own, their members where they may be seen, and joining, confirming and leaving."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from hub.rest.filters import PagedFilters
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from sharing.audiences.membership import Extent, history
from sharing.communities.models import Community, Joining
from sharing.communities.querysets import led_by, members_of, open_joinings, own_membership
from sharing.communities.rules import JoiningState, joining_state, may_invite, may_join, may_lead, may_leave
from sharing.flow.admitting import confirm, leave
from sharing.flow.joining import accept, ask, decline, invite, withdraw
from sharing.rest.community_shapes import (
    COLUMNS,
    CommunityFilters,
    CommunityShape,
    ConfirmBody,
    InviteBody,
    JoinBody,
    JoiningShape,
    MemberShape,
    community_shape,
    instant,
    joining_shape,
    shape_of,
)


class CommunityList(HubView):
    filters = CommunityFilters

    @says("communities_list", paged(CommunityShape(many=True), "Community"), filters=CommunityFilters)
    def get(self, request: Request) -> Response:
        """The communities your agency is in or leads, by code."""
        rows = Community.objects.filter(**({"kind": self.query["kind"]} if "kind" in self.query else {}))
        found = page(rows, *COLUMNS, by=("code",), request=request, query=self.query, falling=False)
        return found.response(community_shape(row, self.viewer.agency_id) for row in found.rows)


class OneCommunity(HubView):
    """Of one's own. Any other, and none at all, is the same 404."""

    row: Community

    def find(self, request: Request, **kwargs: Any) -> None:
        row = Community.objects.select_related("lead").filter(code=kwargs["code"]).first()
        if row is None:
            raise Http404
        self.row = row


class CommunityDetail(OneCommunity):
    tagged = True

    @says("communities_retrieve", CommunityShape, errors=(404,))
    def get(self, request: Request, code: str) -> Response:
        """One community."""
        return Response(shape_of(self.row, self.viewer.agency_id))


class CommunityMembers(OneCommunity):
    filters = PagedFilters

    @says(
        "communities_members",
        paged(MemberShape(many=True), "Member"),
        filters=PagedFilters,
        errors=(403, 404),
    )
    def get(self, request: Request, code: str) -> Response:
        """Who is in it, where its members are listed; otherwise for its lead alone."""
        listed = self.row.roster_visible or self.viewer.agency_id in (None, self.row.lead_id)
        why = _("Its members are not listed: its lead alone sees them.")
        self.require(listed, "community.roster", kind="community", ref=self.row.code, why=why)
        found = page(
            members_of(self.row),
            "agency__code",
            "agency__name",
            "joined_at",
            by=("agency__code",),
            request=request,
            query=self.query,
            falling=False,
        )
        return found.response(
            {"agency": row["agency__code"], "name": row["agency__name"], "since": instant(row["joined_at"])}
            for row in found.rows
        )


class CommunityInvite(OneCommunity):
    @says("communities_invite", JoiningShape, status=201, body=InviteBody, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Invite an agency to a community your agency leads."""
        allowed = may_invite(self.viewer, self.row.lead_id)
        self.require(allowed, "community.invite", kind="community", ref=self.row.code)
        body = InviteBody(data=request.data)
        body.is_valid(raise_exception=True)
        at = timezone.now()
        joining = invite(self.row, body.validated_data["agency"], viewer=self.viewer, at=at)
        fresh = Joining.objects.select_related("agency").get(pk=joining.pk)
        place = reverse("api-joining", args=[joining.uid])
        return self.answer(joining_shape(fresh, lead=True, at=at), place, status.HTTP_201_CREATED)


class CommunityLeave(OneCommunity):
    @says("communities_leave", None, status=204, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Take your agency out: what came to it only through this community goes at once."""
        if own_membership(self.row, self.viewer) is None:
            raise Http404
        self.require(may_leave(self.viewer), "community.leave", kind="community", ref=self.row.code)
        leave(self.row, viewer=self.viewer, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class CommunityJoin(HubView):
    @says("communities_join", JoiningShape, status=202, body=JoinBody, errors=(403, 404))
    def post(self, request: Request) -> Response:
        """Ask to be taken in. A code that is none is answered as one that is."""
        self.require(may_join(self.viewer), "community.ask")
        body = JoinBody(data=request.data)
        body.is_valid(raise_exception=True)
        given, at = body.validated_data, timezone.now()
        if ("code" in given) == ("joining" in given):
            raise serializers.ValidationError({"code": [_("Give either a code or an invitation.")]})
        values = {"with_history": given["with_history"], "reason": given["reason"]}
        if "code" in given:
            row = ask(given["code"], viewer=self.viewer, at=at, **values)
        else:
            row = get_object_or_404(open_joinings(at), uid=given["joining"], agency_id=self.viewer.agency_id)
            accept(row, viewer=self.viewer, at=at, **values)
        fresh = Joining.objects.select_related("agency").get(pk=row.pk)
        place = reverse("api-joining", args=[row.uid])
        return self.answer(joining_shape(fresh, lead=False, at=at), place, status.HTTP_202_ACCEPTED)


class JoiningList(HubView):
    filters = PagedFilters

    @says("joinings_list", paged(JoiningShape(many=True), "Joining"), filters=PagedFilters)
    def get(self, request: Request) -> Response:
        """Where your agency is invited or asks, and who is invited or asks to join what it leads; oldest first."""
        at = timezone.now()
        rows = open_joinings(at) if self.viewer.agency_id else open_joinings(at).none()
        found = page(rows, "pk", by=("id",), request=request, query=self.query, falling=False)
        by_pk = {row.pk: row for row in open_joinings(at).filter(pk__in=[row["pk"] for row in found.rows])}
        return found.response(
            joining_shape(row, lead=row.agency_id != self.viewer.agency_id, at=at)
            for each in found.rows
            if (row := by_pk.get(each["pk"]))
        )


class OneJoining(HubView):
    """From the agency's side or the lead's. Any other, and none at all, is the same 404."""

    row: Joining
    community: Community | None

    def find(self, request: Request, **kwargs: Any) -> None:
        row = Joining.objects.select_related("agency").filter(uid=kwargs["uid"]).first()
        self.community = None
        if row is not None and self.viewer.agency_id is not None and row.agency_id != self.viewer.agency_id:
            self.community = led_by(self.viewer).filter(code=row.code).first()
        if row is None or (row.agency_id != self.viewer.agency_id and self.community is None):
            raise Http404
        self.row = row


class JoiningDetail(OneJoining):
    @says("joinings_retrieve", JoiningShape, errors=(404,))
    def get(self, request: Request, uid: str) -> Response:
        """One way into a community; for its lead with what history would give."""
        at, gives = timezone.now(), None
        lead = self.community is not None
        waits = joining_state(self.row, at, lead=lead) == JoiningState.WAITING
        if self.community is not None and waits and self.row.with_history:
            gives = vars(history(self.community.pk, self.row.agency_id, viewer=self.viewer, at=at))
        return Response(joining_shape(self.row, lead=lead, at=at, gives=gives))


class JoiningConfirm(OneJoining):
    @says("joinings_confirm", None, status=204, body=ConfirmBody, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Take the agency in, as the community's lead."""
        community = self.community
        if community is None:
            raise Http404
        self.require(
            may_lead(self.viewer, community.lead_id),
            "community.confirm",
            kind="community",
            ref=community.code,
        )
        body = ConfirmBody(data=request.data)
        body.is_valid(raise_exception=True)
        seen = Extent(**body.validated_data["gives"]) if "gives" in body.validated_data else None
        confirm(self.row, community, seen=seen, viewer=self.viewer, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class JoiningDecline(OneJoining):
    @says("joinings_decline", None, status=204, errors=(403, 404))
    def post(self, request: Request, uid: str) -> Response:
        """Decline: an invitation or one's own request as the agency, a request or one's own invitation as the lead."""
        community, at = self.community, timezone.now()
        if community is None:
            self.require(may_join(self.viewer), "community.withdraw", kind="community", ref=self.row.code)
            withdraw(self.row, viewer=self.viewer, at=at)
        else:
            self.require(
                may_lead(self.viewer, community.lead_id),
                "community.decline",
                kind="community",
                ref=community.code,
            )
            decline(self.row, community, viewer=self.viewer, at=at)
        return Response(status=status.HTTP_204_NO_CONTENT)
