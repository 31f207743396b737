"""What the API takes and says of releases: bodies, filters, JSON, and how the schema describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from bulletins.markings.models import TLP, Control
from bulletins.models import Record
from bulletins.publishing.api import Country, codes
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE, FieldGroup
from hub.rest.filters import Instant, TimedFilters
from sharing.audiences.bulk import MOST_RECORDS
from sharing.audiences.preview import Preview

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]
MOST_PICKS = 300
MOST_HOURS = 90 * 24


def groups() -> serializers.ListField:
    return codes(serializers.ChoiceField(choices=GROUPS), len(GROUPS))


class TargetBody(serializers.Serializer[Any]):
    """One whom it goes to: an agency, a community, or (TLP:CLEAR) every agency. Give one of the three."""

    agency = serializers.CharField(max_length=20, required=False, help_text=gettext_lazy("its code"))
    community = serializers.CharField(max_length=20, required=False, help_text=gettext_lazy("its code"))
    everybody = serializers.BooleanField(required=False)
    withheld = groups()
    persons = serializers.ListField(
        child=serializers.CharField(max_length=150),
        required=False,
        max_length=50,
        help_text=gettext_lazy("TLP:RED: usernames of the agency's people it is for"),
    )

    wording = serializers.DictField(
        child=serializers.CharField(max_length=20_000, allow_blank=True),
        required=False,
        help_text=gettext_lazy(
            "texts that this target reads in place of the author's, by name: `core.title`, `core.tear_line`, "
            "`core.safety_note`, `core.conveyance`, `detail.concealment`, `detail.narrative`, "
            "`technique.technique`, `detail.caption.<uid>`; an empty one leaves the text out. Without it, those "
            "that stand for the target stay"
        ),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("agency", "community", "everybody") if given.get(name)]
        if len(named) != 1:
            raise serializers.ValidationError(_("Give one of agency, community and everybody."))
        if given.get("persons") and not given.get("agency"):
            raise serializers.ValidationError({"persons": [_("People are named with their agency.")]})
        return given


class ReleaseBody(serializers.Serializer[Any]):
    """One record, or several at once: then each keeps the marking it has, and all are released or none."""

    example = {
        "record": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11",
        "to": [{"agency": "CBSA", "withheld": ["identifiers"]}],
        "tlp": "TLP:AMBER",
        "need_to_know": "Trucks of this kind cross their lanes",
        "right_to_know": "Drug enforcement in their jurisdiction",
    }

    record = serializers.UUIDField(required=False)
    records = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MOST_RECORDS,
        help_text=gettext_lazy("in place of `record`: several of your agency's"),
    )
    to = TargetBody(many=True, max_length=MOST_PICKS)  # type: ignore[call-arg]
    tlp = serializers.ChoiceField(
        choices=TLP.choices, required=False, help_text=gettext_lazy("the record's own where nothing is said")
    )
    controls = codes(serializers.ChoiceField(choices=Control.choices), 4)
    rel_to = codes(Country())
    marking_reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text=gettext_lazy("asked for where it is marked lower than what others were given"),
    )
    withheld = groups()
    need_to_know = serializers.CharField(max_length=300)
    right_to_know = serializers.CharField(max_length=300)
    starts_at = Instant(required=False, allow_null=True)
    ends_at = Instant(required=False, allow_null=True)
    acknowledge_by = Instant(
        required=False,
        allow_null=True,
        help_text=gettext_lazy(
            "until when each agency is asked to acknowledge: after the start, before the end"
        ),
    )
    acknowledge_within_h = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_HOURS,
        help_text=gettext_lazy("in place of `acknowledge_by`: hours from when it begins"),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("record" in given) == ("records" in given):
            raise serializers.ValidationError({"records": [_("Give record or records, not both.")]})
        marking = {"tlp", "controls", "rel_to", "marking_reason"} & given.keys()
        if "records" in given and marking:
            raise serializers.ValidationError(
                {name: [_("Several records keep the marking each has.")] for name in sorted(marking)}
            )
        return given


class RecallBody(serializers.Serializer[Any]):
    example = {"record": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11", "reason": "The laboratory found no fentanyl"}

    record = serializers.UUIDField()
    reason = serializers.CharField(max_length=500, help_text=gettext_lazy("shown to those who had it"))
    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text=gettext_lazy("one version alone; else all")
    )
    fall_back = serializers.BooleanField(
        default=False,
        help_text=gettext_lazy("of one version: whom an older release still reaches goes back to that one"),
    )


class OutcomeShape(serializers.Serializer[Any]):
    """What one agency gets, or a community whose roster is hidden from you as a whole."""

    code = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["all", "part", "no"])
    withheld = serializers.ListField(child=serializers.CharField())
    reasons = serializers.ListField(child=serializers.CharField())
    first_time = serializers.BooleanField(help_text=gettext_lazy("nothing of yours has gone to it before"))
    agencies = serializers.IntegerField()


class PreviewShape(serializers.Serializer[Any]):
    """`refusals` say why the release as a whole cannot be; `warnings` what to look at before it is."""

    record = serializers.UUIDField()
    reached = serializers.IntegerField()
    outcomes = OutcomeShape(many=True)
    refusals = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())


class PreviewsShape(serializers.Serializer[Any]):
    """Where several records were named: what each agency gets of each of them."""

    records = PreviewShape(many=True)


PREVIEWED = PolymorphicProxySerializer(
    component_name="PreviewedOneOrSeveral",
    serializers=[PreviewShape, PreviewsShape],
    resource_type_field_name=None,
)


class ToShape(serializers.Serializer[Any]):
    agency = serializers.CharField(required=False)
    community = serializers.CharField(required=False)
    everybody = serializers.BooleanField(required=False)


class ReleaseShape(serializers.Serializer[Any]):
    """A release of your agency's."""

    record = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    version = serializers.IntegerField()
    to = ToShape()
    withheld = serializers.ListField(child=serializers.CharField())
    wording = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text=gettext_lazy("texts it reads in place of the author's"),
    )
    need_to_know = serializers.CharField()
    right_to_know = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    acknowledge_by = serializers.DateTimeField(allow_null=True)
    released_at = serializers.DateTimeField()
    released_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    recalled_at = serializers.DateTimeField(allow_null=True)
    recall_reason = serializers.CharField()


class RecallShape(serializers.Serializer[Any]):
    uid = serializers.UUIDField(help_text=gettext_lazy("names its proof: /recalls/{uid}/proof/"))
    record = serializers.UUIDField()
    version = serializers.IntegerField(allow_null=True)
    recalled_at = serializers.DateTimeField()
    agencies = serializers.IntegerField(
        help_text=gettext_lazy("how many agencies had it, without members of communities that are not listed")
    )


class ReleaseFilters(TimedFilters):
    record = serializers.UUIDField(required=False)
    live = serializers.BooleanField(
        required=False, help_text=gettext_lazy("those that have, or have not, ended")
    )


COLUMNS = [
    "record__uid",
    "record__ref",
    "record__kind",
    "version",
    "agency__code",
    "community__code",
    "withheld",
    "wording",
    "need_to_know",
    "right_to_know",
    "starts_at",
    "ends_at",
    "acknowledge_by",
    "released_at",
    "released_by__username",
    "ended_at",
    "recalled_at",
    "recall_reason",
]


def preview_shape(record: Record, foreseen: Preview) -> dict[str, Any]:
    by_label = {str(group.label): group.value for group in FieldGroup}
    return {
        "record": str(record.uid),
        "reached": foreseen.reached,
        "outcomes": [
            {
                "code": row.code,
                "name": row.name,
                "outcome": row.outcome,
                "withheld": [by_label[label] for label in row.withheld],
                "reasons": list(row.reasons),
                "first_time": row.first_time,
                "agencies": row.count,
            }
            for row in foreseen.rows
        ],
        "refusals": list(foreseen.refusals),
        "warnings": list(foreseen.warnings),
    }


def release_shape(row: dict[str, Any]) -> dict[str, Any]:
    if row["agency__code"]:
        to: dict[str, Any] = {"agency": row["agency__code"]}
    elif row["community__code"]:
        to = {"community": row["community__code"]}
    else:
        to = {"everybody": True}
    return {
        "record": str(row["record__uid"]),
        "ref": row["record__ref"],
        "kind": row["record__kind"],
        "version": row["version"],
        "to": to,
        "withheld": row["withheld"],
        "wording": row["wording"],
        "need_to_know": row["need_to_know"],
        "right_to_know": row["right_to_know"],
        **{name: _instant(row[name]) for name in ("starts_at", "ends_at", "acknowledge_by", "released_at")},
        "released_by": row["released_by__username"] or "",
        **{name: _instant(row[name]) for name in ("ended_at", "recalled_at")},
        "recall_reason": row["recall_reason"],
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
