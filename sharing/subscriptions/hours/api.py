"""Time zone and quiet hours as JSON: the caller's own, and their desk's."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hub.rest.schema import says
from hub.rest.views import HubView
from sharing.subscriptions.hours.actions import Hours, hours_of, set_hours
from sharing.subscriptions.rules import may_manage_desk, may_subscribe


class HoursShape(serializers.Serializer[Any]):
    """Both times or neither: from `begins` up to `ends`, over midnight too, mail waits; hazards and recalls do not."""

    example = {"zone": "America/Toronto", "begins": "22:00", "ends": "06:00"}

    zone = serializers.CharField(
        max_length=60,
        allow_blank=True,
        help_text=gettext_lazy("as `America/Toronto`; empty, for a person only, is their agency's"),
    )
    begins = serializers.TimeField(format="%H:%M", allow_null=True)
    ends = serializers.TimeField(format="%H:%M", allow_null=True)


class OwnHours(HubView):
    desk = False

    @says("hours_retrieve", HoursShape, errors=(403,))
    def get(self, request: Request) -> Response:
        """Your time zone, and when mail leaves you alone."""
        return self._stands()

    @says("hours_set", HoursShape, body=HoursShape, errors=(403,))
    def put(self, request: Request) -> Response:
        """Set your time zone and quiet hours. Your next digests are due by it."""
        return self._set(request)

    def _stands(self) -> Response:
        self._mine()
        return Response(HoursShape(hours_of(self.viewer, desk=self.desk)).data)

    def _set(self, request: Request) -> Response:
        self._mine()
        body = HoursShape(data=request.data)
        body.is_valid(raise_exception=True)
        set_hours(Hours(**body.validated_data), desk=self.desk, viewer=self.viewer, at=timezone.now())
        return self._stands()

    def _mine(self) -> None:
        allowed = (may_manage_desk if self.desk else may_subscribe)(self.viewer)
        why = _("The desk's are set by its liaison and administrators; who is of no agency has none.")
        self.require(allowed, "subscription.hours", why=why)


class DeskHours(OwnHours):
    desk = True

    @says("hours_retrieve_desk", HoursShape, errors=(403,))
    def get(self, request: Request) -> Response:
        """The desk's time zone and quiet hours, for its liaison and administrators."""
        return self._stands()

    @says("hours_set_desk", HoursShape, body=HoursShape, errors=(403,))
    def put(self, request: Request) -> Response:
        """Set the desk's. Its zone is the agency's, and so that of colleagues who chose none."""
        return self._set(request)
