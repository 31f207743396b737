"""Agreements as JSON: those of one's agency, and each decision on them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as Refusal
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from hub.agencies.models import Agency
from hub.rest.pages import page
from hub.rest.schema import paged, says
from hub.rest.views import HubView
from hub.trail.actions import refuse
from sharing.agreements.models import Agreement
from sharing.flow import agreeing
from sharing.rest.agreement_shapes import (
    AgreementBody,
    AgreementFilters,
    AgreementShape,
    ChangeBody,
    DecisionBody,
    ReasonBody,
    agreement_shape,
    terms_from,
)


class AgreementView(HubView):
    """What only an administrator of a party may do, and how it is answered."""

    def allow(self, event: str, code: str = "") -> None:
        why = _("Only an administrator of one of the two agencies decides on agreements.")
        self.require(agreeing.may_agree(self.viewer), event, kind="agreement", ref=code, why=why)

    def tried(self, event: str, code: str, act: Any) -> Agreement:
        """What the action gives; what it refuses is on the trail, too."""
        try:
            found: Agreement = act()
        except Refusal as error:
            said = " ".join(error.messages)
            refuse(
                event,
                viewer=self.viewer,
                at=timezone.now(),
                object_type="agreement",
                object_id=code,
                reason=said,
            )
            raise
        return found

    def told(self, code: str, status: int = 200) -> Response:
        row = Agreement.objects.visible_to(self.viewer).told().get(code=code)
        return self.answer(
            agreement_shape(row, timezone.now()), reverse("api-agreement", args=[code]), status
        )


class AgreementList(AgreementView):
    filters = AgreementFilters

    @says("agreements_list", paged(AgreementShape(many=True), "Agreement"), filters=AgreementFilters)
    def get(self, request: Request) -> Response:
        """Your agency's agreements, drafts too, by code."""
        rows = Agreement.objects.visible_to(self.viewer)
        if party := self.query.get("party"):
            rows = rows.filter(Q(first__code=party) | Q(second__code=party))
        found = page(rows, "code", by=("code",), request=request, query=self.query, falling=False)
        told = rows.told().filter(code__in=[row["code"] for row in found.rows]).order_by("code")
        now = timezone.now()
        return found.response(agreement_shape(row, now) for row in told)

    @says("agreements_create", AgreementShape, status=201, body=AgreementBody, errors=(403,))
    def post(self, request: Request) -> Response:
        """Enter a draft. The other side is told; nothing crosses until they accept it."""
        self.allow("agreement.propose")
        body = AgreementBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        own = self.viewer.agency_id or 0
        other = Agency.objects.get(code=given["other"]).pk
        terms = terms_from(given, own=own, first=own, second=other)
        made = self.tried(
            "agreement.propose",
            "",
            lambda: agreeing.propose(terms, viewer=self.viewer, at=timezone.now()),
        )
        return self.told(made.code, 201)


class OneAgreement(AgreementView):
    row: Any = None

    def find(self, request: Request, **kwargs: Any) -> None:
        row = Agreement.objects.visible_to(self.viewer).told().filter(code=kwargs["code"]).first()
        if row is None:
            raise Http404
        self.row = row

    def decide(self, verb: str, body: type[DecisionBody], request: Request, code: str) -> Response:
        self.allow(f"agreement.{verb}", code)
        given = body(data=request.data)
        given.is_valid(raise_exception=True)
        act = getattr(agreeing, verb)
        self.tried(
            f"agreement.{verb}",
            code,
            lambda: act(self.row, **given.validated_data, viewer=self.viewer, at=timezone.now()),
        )
        return self.told(code)


class AgreementDetail(OneAgreement):
    tagged = True

    @says("agreements_retrieve", AgreementShape, errors=(404,))
    def get(self, request: Request, code: str) -> Response:
        """One agreement of your agency's."""
        return Response(agreement_shape(self.row, timezone.now()))

    @says("agreements_change", AgreementShape, body=ChangeBody, errors=(403, 404))
    def put(self, request: Request, code: str) -> Response:
        """Edit your own draft, or propose another agreement in place of one that stands: the answer is the draft."""
        self.allow("agreement.change", code)
        body = ChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        parties = {"first": self.row.first_id, "second": self.row.second_id}
        terms = terms_from(given, own=self.viewer.agency_id or 0, **parties)
        made = self.tried(
            "agreement.change",
            code,
            lambda: agreeing.change(
                self.row, terms, revision=given["revision"], viewer=self.viewer, at=timezone.now()
            ),
        )
        return self.told(made.code)


class AgreementAccept(OneAgreement):
    @says("agreements_accept", AgreementShape, body=DecisionBody, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Put a draft into force: the side that did not enter it does, or a giver who only gives less."""
        return self.decide("accept", DecisionBody, request, code)


class AgreementDecline(OneAgreement):
    @says("agreements_decline", AgreementShape, body=ReasonBody, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Decline the other side's draft, or take your own back."""
        return self.decide("decline", ReasonBody, request, code)


class AgreementSuspend(OneAgreement):
    @says("agreements_suspend", AgreementShape, body=ReasonBody, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Stop everything that crosses under it, both ways, at once."""
        return self.decide("suspend", ReasonBody, request, code)


class AgreementResume(OneAgreement):
    @says("agreements_resume", AgreementShape, body=DecisionBody, errors=(403, 404))
    def post(self, request: Request, code: str) -> Response:
        """Take your own side's suspension back."""
        return self.decide("resume", DecisionBody, request, code)
