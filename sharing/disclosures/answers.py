"""What the API says of a record: its JSON, its tombstone, its filters, and how the schema describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import exceptions, serializers, status

from bulletins.markings.models import TLP, Control
from bulletins.publishing.api import Text, WorkingCopyShape
from bulletins.publishing.models import PhotographGroup, Urgency
from bulletins.records.models import Kind
from bulletins.vocabulary.lists import Region
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.rest.filters import Filters, TimedFilters
from sharing.audiences.models import Received, Withdrawal, WithdrawalKind
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.fields import FieldsField
from sharing.disclosures.shapes import instant, shape

Q = TypeVar("Q", bound=QuerySet[Any])


def carried(rows: Q) -> Q:
    """Of rows that bear a marking, those that REST carries: `carries` as a query. A test holds them equal."""
    return rows.exclude(tlp=TLP.RED).exclude(controls__contains=[Control.DISPLAY_ONLY])


class Gone(exceptions.APIException):
    """The tombstone of a record, for those it was taken back from."""

    status_code = status.HTTP_410_GONE
    default_code = "gone"

    def __init__(self, row: Withdrawal, *, own: bool) -> None:
        recalled = row.kind == WithdrawalKind.RECALLED
        self.default_detail = _("Recalled") if recalled else _("No longer shared")
        by = _("The hub it came from") if own else row.owner.code
        super().__init__(
            _("%(agency)s has recalled it: do not use what you have of it.") % {"agency": by}
            if recalled
            else _("%(agency)s no longer shares it with your agency.") % {"agency": by}
        )
        at = instant(row.at)
        self.facts = {
            "uid": str(row.uid),
            "ref": row.ref,
            "owner": row.owner.code,
            "ended_at": at,
            "recalled_at": at if recalled else None,
            "recalled_version": row.only_version,
            "reason": row.reason,
        }


ORDERS = ("-visible_since", "visible_since")
WORD_ORDERS = ("-issued_at", "issued_at")


class RecordFilters(TimedFilters):
    q = serializers.CharField(
        required=False, max_length=200, help_text=gettext_lazy('words, "phrases", or, -not')
    )
    method = serializers.CharField(
        required=False, max_length=40, help_text=gettext_lazy("a method and all below it")
    )
    drug = serializers.CharField(required=False, max_length=40)
    mode = serializers.CharField(required=False, max_length=40)
    month = serializers.RegexField(r"^[12][0-9]{3}(-(0[1-9]|1[0-2]))?$", required=False, help_text="2025-03")
    region = serializers.ChoiceField(choices=Region.choices, required=False)
    country = serializers.CharField(required=False, max_length=2)
    port = serializers.CharField(required=False, max_length=10)
    owner = serializers.CharField(required=False, max_length=20, help_text=gettext_lazy("an agency's code"))
    tlp = serializers.ChoiceField(choices=TLP.choices, required=False)
    hazard = serializers.BooleanField(required=False)
    order = serializers.ChoiceField(
        choices=[*ORDERS, *WORD_ORDERS],
        required=False,
        help_text=gettext_lazy(
            "by `visible_since`, with `q` by `issued_at`; with the minus newest first, and so where nothing is said"
        ),
    )
    fields = FieldsField()  # type: ignore[assignment]
    state = serializers.ChoiceField(
        choices=["draft"],
        required=False,
        help_text=gettext_lazy("your agency's working copies with words not yet published; goes alone"),
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if "state" in given and set(given) - {"state", "cursor", "limit"}:
            raise serializers.ValidationError({"state": [_("Ask for drafts without other filters.")]})
        if given.get("q") and {"since", "until"} & given.keys():
            raise serializers.ValidationError({"q": [_("Ask by words or by time, not both.")]})
        known = WORD_ORDERS if given.get("q") else ORDERS
        if given.get("order", known[0]) not in known:
            said = _("Here it is %(names)s.") % {"names": ", ".join(known)}
            raise serializers.ValidationError({"order": [said]})
        return given


class BulletinFilters(RecordFilters):
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)


class CopyFilters(Filters):
    state = serializers.ChoiceField(
        choices=["draft"], required=False, help_text=gettext_lazy("your agency's working copy; goes alone")
    )
    fields = FieldsField()  # type: ignore[assignment]

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if len(given) > 1:
            raise serializers.ValidationError({"state": [_("A working copy is given whole.")]})
        return given


class PublishBody(serializers.Serializer[Any]):
    example = {"note": "The port is put right"}

    note = Text(300, help_text=gettext_lazy("what this version changes"))


class PhotographBody(serializers.Serializer[Any]):
    photograph = serializers.FileField(
        help_text=gettext_lazy("JPEG, PNG, WebP or HEIC, up to 20 MB; it is kept without its metadata")
    )
    caption = Text(200)
    group = serializers.ChoiceField(
        choices=PhotographGroup.choices,
        default=PhotographGroup.DETAIL.value,
        help_text=gettext_lazy("`technique` for an X-ray: it goes where the technique goes"),
    )


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
    label = serializers.CharField()  # type: ignore[assignment]
    by = serializers.CharField()
    under = serializers.CharField(help_text=gettext_lazy("the agreement that withholds it, or empty"))


class TermsShape(serializers.Serializer[Any]):
    """What an agreement that it crossed under binds you to."""

    agreement = serializers.CharField()
    giver = serializers.CharField(help_text=gettext_lazy("the agency whose side of the agreement it is"))
    caveat = serializers.CharField()
    legal_basis = serializers.CharField()
    permitted_use = serializers.CharField()
    keep_days = serializers.IntegerField(allow_null=True)
    keep_until = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("you may not keep it longer; null for no limit")
    )


class RecordShape(serializers.Serializer[Any]):
    """A record as it is disclosed to you: `facts` by field group, without those named in `withheld`."""

    example = {
        "uid": "1b7c2f0e-6c1d-4a57-9a53-3d0c1f6f8a11",
        "ref": "7K3M-Q2XF",
        "kind": "bulletin",
        "version": 2,
        "url": "https://hub.example.org/bulletins/7K3M-Q2XF/",
        "owner": {"code": "AGENCY-A", "name": "Agency A"},
        "originator": "AGENCY-A",
        "marking": {
            "tlp": "TLP:AMBER",
            "caveats": "",
            "controls": [],
            "rel_to": [],
            "cui_categories": [],
            "reliability": "B",
            "credibility": "2",
        },
        "issued_at": "2026-11-02T14:20:00+00:00",
        "visible_since": "2026-11-02T14:31:00+00:00",
        "acknowledge_by": None,
        "agreement": "AGENCY-A-AGENCY-B",
        "terms": [],
        "facts": {"core": {"title": "Fentanyl behind the fuel tank of a pickup", "hazard": True}},
        "withheld": [
            {
                "group": "place",
                "label": "Exact place and time",
                "by": "AGENCY-A",
                "under": "AGENCY-A-AGENCY-B",
            }
        ],
        "labels": {},
        "seizures": [],
    }

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
    acknowledge_by = serializers.DateTimeField(
        allow_null=True,
        help_text=gettext_lazy("until when your agency is asked to acknowledge this version, done or not"),
    )
    agreement = serializers.CharField()
    terms = TermsShape(many=True)
    facts = serializers.DictField(child=serializers.DictField())
    withheld = WithheldShape(many=True)
    labels = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    seizures = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        help_text=gettext_lazy("bulletins: the seizure reports it rests on that you may see"),
    )


def either(*, many: bool = False) -> Any:
    """A record as disclosed or, where drafts are asked for, a working copy."""
    found: Any = PolymorphicProxySerializer(
        component_name="DisclosedOrWorkingCopy",
        serializers=[RecordShape, WorkingCopyShape],
        resource_type_field_name=None,
        many=many,
    )
    found.example = None if many else RecordShape.example
    return found


def shapes(viewer: Viewer, shown: Sequence[Disclosure]) -> list[dict[str, Any]]:
    """The JSON of disclosures; of the seizure reports a bulletin rests on, those the caller may see too."""
    linked = {key for each in shown for key in each.linked}
    seen: dict[int, str] = {}
    if linked:
        rows = carried(Received.objects.visible_to(viewer).filter(record_id__in=linked))
        seen = {key: str(uid) for key, uid in rows.values_list("record_id", "uid")}
    known = terms()
    found = []
    for each in shown:
        facts = shape(each, labels=known)
        if each.kind == Kind.BULLETIN:
            facts["seizures"] = [seen[key] for key in each.linked if key in seen]
        found.append(facts)
    return found


def absent(viewer: Viewer, uid: UUID, kind: str = "") -> Exception:
    """A tombstone for those who had it; for all others the answer that a ghost gives."""
    row = (
        Withdrawal.objects.visible_to(viewer)
        .filter(uid=uid, record_kind__in=[kind] if kind else Kind.values)
        .exclude(tlp=TLP.RED)
        .select_related("owner")
        .order_by("-at", "-id")
        .first()
    )
    return Gone(row, own=row.owner_id == viewer.agency_id) if row is not None else Http404()
