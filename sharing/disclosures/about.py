"""Views of lists to which something is added about a record that the caller was given."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from hub.rest.views import HubView
from sharing.audiences.models import Received
from sharing.disclosures.actions import disclose
from sharing.disclosures.answers import absent, carried
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.rules import Channel


class OfARecord(HubView):
    """A POST names the record it is about: `disclosed` is that. One that is not held is the same 404 as none."""

    disclosed: Disclosure | None = None

    def find(self, request: Request, **kwargs: Any) -> None:
        if request.method != "POST":
            return
        uid = request.data.get("record") if isinstance(request.data, dict) else None
        if not isinstance(uid, str):
            raise serializers.ValidationError({"record": [_("Give the uid of a record.")]})
        asked = serializers.UUIDField().run_validation(uid)
        rows = carried(Received.objects.visible_to(self.viewer).filter(uid=asked))
        shown = disclose(self.viewer, list(rows.values_list("record_id", flat=True)), Channel.REST)
        if not shown:
            raise absent(self.viewer, asked)
        self.disclosed = shown[0]
