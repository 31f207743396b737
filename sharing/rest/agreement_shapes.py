"""What the API takes and says of agreements: bodies, filters, JSON, and how the schema describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from bulletins.markings.models import TLP
from bulletins.publishing.api import Text, codes
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import WITHHOLDABLE
from hub.agencies.models import Agency, AgencyState
from hub.rest.filters import PagedFilters
from sharing.agreements.forms import substance_classes
from sharing.agreements.models import Agreement
from sharing.agreements.rules import Scope, Stand, Terms, stand
from sharing.disclosures.shapes import instant

GROUPS = [(group.value, group.label) for group in WITHHOLDABLE]


class ScopeBody(serializers.Serializer[Any]):
    """What may cross one way. No `drug_classes` are all; no `keep_days` is no limit."""

    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Kind.choices), max_length=len(Kind))
    highest_tlp = serializers.ChoiceField(choices=TLP.choices)
    withheld = codes(serializers.ChoiceField(choices=GROUPS), len(GROUPS))
    drug_classes = codes(serializers.CharField(max_length=40), 40)
    caveat = Text(200)
    legal_basis = serializers.CharField(max_length=300)
    permitted_use = serializers.CharField(max_length=300)
    keep_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=36_500)

    def validate_drug_classes(self, given: list[str]) -> list[str]:
        if unknown := sorted(set(given) - set(substance_classes())):
            raise serializers.ValidationError(
                _("There is no class %(names)s of substances: see /vocabulary/drugs/.")
                % {"names": ", ".join(unknown)}
            )
        return given


class TermsBody(serializers.Serializer[Any]):
    """What is agreed on, from your side: without `gives` or `takes` nothing crosses that way."""

    name = serializers.CharField(max_length=200)
    whole_governments = serializers.BooleanField(required=False, default=False)
    valid_from = serializers.DateTimeField()
    valid_to = serializers.DateTimeField(help_text=gettext_lazy("it lapses at this instant"))
    gives = ScopeBody(required=False, allow_null=True)
    takes = ScopeBody(required=False, allow_null=True)


class AgreementBody(TermsBody):
    example = {
        "other": "RCMP",
        "name": "Concealment methods",
        "valid_from": "2027-01-01T00:00:00Z",
        "valid_to": "2028-01-01T00:00:00Z",
        "gives": {
            "kinds": ["bulletin"],
            "highest_tlp": "TLP:AMBER",
            "legal_basis": "Customs mutual assistance agreement",
            "permitted_use": "Border enforcement",
            "withheld": ["identifiers"],
            "keep_days": 365,
        },
    }

    other = serializers.CharField(max_length=20, help_text=gettext_lazy("the code of the other agency"))

    def validate_other(self, given: str) -> str:
        if not Agency.objects.filter(code=given, state=AgencyState.ACTIVE).exists():
            raise serializers.ValidationError(
                _("There is no agency %(code)s at work in the hub.") % {"code": given}
            )
        return given


class ChangeBody(TermsBody):
    example = {
        "revision": 1,
        "name": "Concealment methods",
        "valid_from": "2027-01-01T00:00:00Z",
        "valid_to": "2028-01-01T00:00:00Z",
        "gives": {
            "kinds": ["bulletin"],
            "highest_tlp": "TLP:AMBER",
            "legal_basis": "Customs mutual assistance agreement",
            "permitted_use": "Border enforcement",
            "withheld": ["identifiers"],
            "keep_days": 365,
        },
    }

    revision = serializers.IntegerField(
        min_value=1, help_text=gettext_lazy("as you read it: refused if somebody wrote since")
    )


class DecisionBody(serializers.Serializer[Any]):
    example: ClassVar[dict[str, Any]] = {"revision": 1}

    revision = serializers.IntegerField(
        min_value=1, help_text=gettext_lazy("as you read it: refused if somebody wrote since")
    )


class ReasonBody(DecisionBody):
    example = {"revision": 1, "reason": "Under review"}

    reason = serializers.CharField(max_length=300, help_text=gettext_lazy("shown to the other side"))


class ScopeShape(serializers.Serializer[Any]):
    giver = serializers.CharField()
    taker = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=Kind.choices))
    highest_tlp = serializers.ChoiceField(choices=TLP.choices)
    withheld = serializers.ListField(child=serializers.ChoiceField(choices=GROUPS))
    drug_classes = serializers.ListField(child=serializers.CharField())
    caveat = serializers.CharField()
    legal_basis = serializers.CharField()
    permitted_use = serializers.CharField()
    keep_days = serializers.IntegerField(allow_null=True)


class AgreementShape(serializers.Serializer[Any]):
    """An agreement of your agency's."""

    code = serializers.CharField()
    name = serializers.CharField()
    parties = serializers.ListField(child=serializers.CharField())
    whole_governments = serializers.BooleanField()
    state = serializers.ChoiceField(choices=[each.value for each in Stand])
    valid_from = serializers.DateTimeField()
    valid_to = serializers.DateTimeField()
    directions = ScopeShape(many=True)
    proposed_by = serializers.CharField(help_text=gettext_lazy("the other side accepts it"))
    replaces = serializers.CharField(help_text=gettext_lazy("the agreement whose place it takes, or empty"))
    accepted_at = serializers.DateTimeField(allow_null=True)
    suspended_at = serializers.DateTimeField(allow_null=True)
    suspended_by = serializers.ListField(child=serializers.CharField())
    suspend_reason = serializers.CharField()
    declined_at = serializers.DateTimeField(allow_null=True)
    decline_reason = serializers.CharField()
    replaced_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField()


class AgreementFilters(PagedFilters):
    party = serializers.CharField(max_length=20, required=False, help_text=gettext_lazy("an agency's code"))


def terms_from(given: dict[str, Any], *, own: int, first: int, second: int) -> Terms:
    """The terms that a body describes from the side of `own`."""
    other = second if own == first else first
    scopes = {own: given.get("gives"), other: given.get("takes")}
    return Terms(
        first=first,
        second=second,
        name=given["name"],
        valid_from=given["valid_from"],
        valid_to=given["valid_to"],
        gives={giver: _scope(scope) for giver, scope in scopes.items() if scope},
        whole_governments=given.get("whole_governments", False),
    )


def _scope(given: dict[str, Any]) -> Scope:
    return Scope(
        kinds=frozenset(given["kinds"]),
        highest_tlp=given["highest_tlp"],
        legal_basis=given["legal_basis"],
        permitted_use=given["permitted_use"],
        drug_classes=frozenset(given.get("drug_classes", ())),
        withheld=frozenset(given.get("withheld", ())),
        caveat=given.get("caveat", ""),
        keep_days=given.get("keep_days"),
    )


def agreement_shape(row: Agreement, now: datetime) -> dict[str, Any]:
    parties = {row.first_id: row.first.code, row.second_id: row.second.code}
    others = {row.first_id: row.second.code, row.second_id: row.first.code}
    return {
        "code": row.code,
        "name": row.name,
        "parties": list(parties.values()),
        "whole_governments": row.whole_governments,
        "state": stand(row, now).value,
        "valid_from": instant(row.valid_from),
        "valid_to": instant(row.valid_to),
        "directions": [
            {
                "giver": parties[each.giver_id],
                "taker": others[each.giver_id],
                "kinds": each.kinds,
                "highest_tlp": each.highest_tlp,
                "withheld": each.withheld,
                "drug_classes": each.drug_classes,
                "caveat": each.caveat,
                "legal_basis": each.legal_basis,
                "permitted_use": each.permitted_use,
                "keep_days": each.keep_days,
            }
            for each in sorted(row.directions.all(), key=lambda each: each.giver_id != row.first_id)
        ],
        "proposed_by": row.proposed_by.code if row.proposed_by else "",
        "replaces": row.replaces.code if row.replaces else "",
        "suspended_by": [parties[side] for side in row.suspended_by if side in parties],
        "suspend_reason": row.suspend_reason,
        "decline_reason": row.decline_reason,
        "revision": row.revision,
        **{
            name: instant(at) if (at := getattr(row, name)) else None
            for name in ("accepted_at", "suspended_at", "declined_at", "replaced_at")
        },
    }
