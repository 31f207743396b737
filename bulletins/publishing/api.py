"""Working copies as JSON: what a body may say of a record, and how one's own agency reads it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as Refusal
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from bulletins.flow import sources_for
from bulletins.markings.models import TLP, Control, Credibility, Reliability
from bulletins.publishing.actions import Entry, save
from bulletins.publishing.models import Urgency
from bulletins.records.actions import COMMON, ONLY_BULLETIN, ONLY_SEIZURE
from bulletins.records.models import Kind, PredicateCategory, Record
from bulletins.retention.models import Sensitivity
from bulletins.vocabulary.lists import IdentifierKind, LabState, Qualifier, Region, SubstanceForm, Unit
from bulletins.vocabulary.models import Mode, Port
from hub.accounts.viewer import Viewer
from hub.agencies.models import Agency, AgencyState

MOST_ROWS = 100
MOST_WHOLE = 2_147_483_647
# Whom it may reach is decided by a release: past the first publishing it is not edited along the way.
DECIDES = ("tlp", "controls", "rel_to", "originator", "originator_text")


class Code(serializers.CharField):
    """A code of the vocabulary; see /vocabulary/."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)


class Country(serializers.RegexField):
    """A country by its two letters (ISO 3166-1)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^[A-Z]{2}$", **options)


class Text(serializers.CharField):
    """Text that may be empty."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(max_length=most, required=False, allow_blank=True, **options)


class Choice(serializers.ChoiceField):
    """One of a short list, or empty."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices=choices, required=False, allow_blank=True, **options)


def number(digits: int, places: int, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=digits, decimal_places=places, required=False, allow_null=True, **options
    )


def codes(child: serializers.Field[Any, Any, Any, Any], most: int = 40) -> serializers.ListField:
    return serializers.ListField(child=child, required=False, max_length=most)


def whole() -> serializers.IntegerField:
    return serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=MOST_WHOLE)


class SubstanceBody(serializers.Serializer[Any]):
    """One drug or other thing seized, the amount as reported."""

    drug = Code()
    quantity = number(14, 4, min_value=0)
    unit = Choice(Unit.choices)
    qualifier = Choice(Qualifier.choices)
    form = Choice(SubstanceForm.choices)
    purity_percent = number(5, 2, min_value=0, max_value=100)
    lab_state = Choice(LabState.choices)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("quantity") is not None and not given.get("unit"):
            raise serializers.ValidationError({"unit": [_("An amount needs its unit.")]})
        return given


class IdentifierBody(serializers.Serializer[Any]):
    """Something that leads to a person or a thing. It is shared only as 28 CFR Part 23 allows."""

    kind = serializers.ChoiceField(choices=IdentifierKind.choices)
    value = serializers.CharField(max_length=200)
    note = Text(200)


class RecordBody(serializers.Serializer[Any]):
    """What both kinds of record may say. What is left out stays; rows that are given replace the old."""

    tlp = serializers.ChoiceField(choices=TLP.choices, required=False)
    controls = codes(serializers.ChoiceField(choices=Control.choices), 4)
    rel_to = codes(Country())
    cui_categories = codes(serializers.CharField(max_length=10), 20)
    caveat = Text(120)
    reliability = Choice(Reliability.choices)
    credibility = Choice(Credibility.choices)
    external_id = Text(60, help_text=gettext_lazy("your own reference, once in your agency"))
    source_url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    originator = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Agency.objects.filter(state=AgencyState.ACTIVE),
        required=False,
        allow_null=True,
        help_text=gettext_lazy("the code of the agency that found it; yours where nothing is said"),
    )
    originator_text = Text(200)
    occurred_on = serializers.DateField(required=False, allow_null=True)
    occurred_time = serializers.TimeField(required=False, allow_null=True)
    occurred_period = serializers.RegexField(
        r"^[12][0-9]{3}(-(0[1-9]|1[0-2]))?$", required=False, allow_blank=True, help_text="2024 or 2024-03"
    )
    country = Country(required=False, allow_blank=True)
    region = Choice(Region.choices)
    state = Text(60)
    place = Text(200)
    port = serializers.PrimaryKeyRelatedField(queryset=Port.objects.all(), required=False, allow_null=True)
    latitude = number(8, 5, min_value=-90, max_value=90)
    longitude = number(8, 5, min_value=-180, max_value=180)
    mode = serializers.PrimaryKeyRelatedField(queryset=Mode.objects.all(), required=False, allow_null=True)
    conveyance = Text(200)
    origin_country = Country(required=False, allow_blank=True)
    transit_countries = codes(Country())
    destination = Text(200)
    methods = codes(Code())
    packages = whole()
    packages_qualifier = Choice(Qualifier.choices)
    safety_note = Text(2000)
    hazard = serializers.BooleanField(required=False)
    concealment = Text(500)
    narrative = Text(20_000)
    detection = codes(Code())
    technique = Text(5000)
    case_number = Text(100)
    referred_to = Text(200)
    investigators = Text(300)
    prosecution = Text(2000)
    people_count = whole()
    predicate = Text(2000)
    predicate_category = Choice(PredicateCategory.choices)
    sensitivity = serializers.ChoiceField(choices=Sensitivity.choices, required=False)
    control_official = Text(150, help_text=gettext_lazy("who answers for its identifiers (28 CFR 23.20 g)"))
    review_due = serializers.DateField(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("when its identifiers are reviewed: at most five years from their entry"),
    )
    substances = SubstanceBody(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    identifiers = IdentifierBody(many=True, required=False, max_length=MOST_ROWS)  # type: ignore[call-arg]
    certify = serializers.BooleanField(
        required=False,
        help_text=gettext_lazy("identifiers were lawfully obtained and rest on the predicate (28 CFR 23)"),
    )
    publish = serializers.BooleanField(
        required=False, help_text=gettext_lazy("publish at once, in your own agency; sharing is a release")
    )
    publish_note = Text(300, help_text=gettext_lazy("what this version changes"))

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)

    def validate_tlp(self, value: str) -> str:
        if value == TLP.RED:
            raise serializers.ValidationError(
                _("TLP:RED is not for machines: write it on its page in the hub.")
            )
        return value

    def validate_controls(self, value: list[str]) -> list[str]:
        if Control.DISPLAY_ONLY in value:
            raise serializers.ValidationError(
                _("DISPLAY ONLY is not for machines: write it on its page in the hub.")
            )
        return value


class BulletinBody(RecordBody):
    """A bulletin: a concealment method or hazard that others must know."""

    example = {
        "title": "Fentanyl behind the fuel tank of a pickup",
        "tear_line": "Look for fresh bolts on the straps of the tank.",
        "tlp": "TLP:AMBER",
        "urgency": "routine",
        "occurred_on": "2026-11-02",
        "region": "southwest",
        "mode": "passenger_vehicle",
        "methods": ["VEH-MECH-FUEL"],
        "substances": [{"drug": "fentanyl", "quantity": "12.5", "unit": "lb", "form": "powder"}],
        "hazard": True,
        "safety_note": "Wear a respirator when the tank is opened.",
        "narrative": "The tank rang hollow; a dog alerted at the filler.",
        "publish": False,
    }

    title = Text(200)
    tear_line = Text(1000, help_text=gettext_lazy("what anyone it is released to may read"))
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    seizures = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_ROWS,
        help_text=gettext_lazy(
            "uids of the seizure reports or bulletins it rests on, your agency's or given to it"
        ),
    )


class SeizureBody(RecordBody):
    """A seizure report."""

    example = {
        "external_id": "2026-0117",
        "occurred_on": "2026-11-02",
        "mode": "passenger_vehicle",
        "methods": ["VEH-BODY-QTR"],
        "substances": [{"drug": "cocaine", "quantity": "20", "unit": "kg"}],
        "packages": 18,
        "publish": False,
    }

    value_amount = number(16, 2, min_value=0)
    value_currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, allow_blank=True)
    value_usd = number(16, 2, min_value=0)
    value_qualifier = Choice(Qualifier.choices)
    lab_reference = Text(100)
    reported_on = serializers.DateField(required=False, allow_null=True)
    note = Text(2000, help_text=gettext_lazy("a note on the data of the report"))


BODIES: dict[str, type[RecordBody]] = {"bulletin": BulletinBody, "seizure": SeizureBody}
EDITABLE = {"bulletin": COMMON | ONLY_BULLETIN, "seizure": COMMON | ONLY_SEIZURE}


def write_body(record: Any, body: dict[str, Any], *, viewer: Viewer, at: datetime) -> None:
    """Put a body that was understood into the working copy, whole or not at all: ValidationError by field."""
    entry = Entry(
        values={name: value for name, value in body.items() if name in EDITABLE[record.kind]},
        substances=body.get("substances"),
        identifiers=body.get("identifiers"),
        certify=body.get("certify"),
        seizures=_refs(body["seizures"], viewer) if "seizures" in body else None,
    )
    if record.latest:
        moved = [
            name for name in DECIDES if name in entry.values and _differs(record, name, entry.values[name])
        ]
        if moved:
            why = _("This is published: its marking is changed by a release, its originator not at all.")
            raise Refusal({name: [why] for name in moved})
    _value_has_currency(record, entry.values)
    try:
        with transaction.atomic():
            errors = save(record, entry, viewer=viewer, at=at)
    except IntegrityError as error:
        # The same reference sent twice at once: the second did not see the first.
        if "record_external_id" not in str(error):
            raise
        errors = {"external_id": [_("Another record of your agency has this reference.")]}
    if errors:
        raise Refusal(errors)


def _value_has_currency(record: Any, values: dict[str, Any]) -> None:
    """A program that gives none has left it out: dollars are not assumed for it."""
    if record.kind == Kind.BULLETIN:
        return
    amount = values.get("value_amount", record.value_amount)
    if amount is not None and not values.get("value_currency", record.value_currency):
        raise Refusal({"value_currency": [_("Give the currency of the value.")]})


def _refs(uids: list[UUID], viewer: Viewer) -> list[str]:
    found = {each.uid: each.ref for each in sources_for(viewer, uids=uids, programs=True)}
    return [found.get(uid, str(uid)) for uid in uids]


def _differs(record: Record, name: str, value: Any) -> bool:
    old = getattr(record, name)
    if isinstance(value, list):
        return sorted(old) != sorted(value)
    return bool(old != value)


class WorkingCopyShape(serializers.Serializer[Any]):
    """A working copy, as its own agency may read it: the same names as a body takes."""

    uid = serializers.UUIDField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    state = serializers.ChoiceField(
        choices=["draft", "edited", "published"],
        help_text=gettext_lazy("never published; edited since; as published"),
    )
    version = serializers.IntegerField(help_text=gettext_lazy("the newest published version, 0 for none"))
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField()
    certified_at = serializers.DateTimeField(allow_null=True)
    embargo_until = serializers.DateTimeField(
        allow_null=True, help_text=gettext_lazy("before then nobody but its owner has it")
    )
    photographs = serializers.ListField(child=serializers.DictField())
    values = serializers.DictField(help_text=gettext_lazy("what a body may set, as it stands"))


def working_copy_shapes(records: Iterable[Any], viewer: Viewer) -> list[dict[str, Any]]:
    """The JSON of working copies, for their own agency alone. What hangs on them is best prefetched."""
    copies = list(records)
    linked = {
        each.pk: [link.source_id for link in each.links.all()]
        for each in copies
        if each.kind == Kind.BULLETIN
    }
    ids = {pk for each in linked.values() for pk in each}
    uids = {each.id: str(each.uid) for each in sources_for(viewer, ids=ids, programs=True)}
    return [
        _working_copy(each, [uids[pk] for pk in linked.get(each.pk, ()) if pk in uids]) for each in copies
    ]


def working_copy_shape(record: Any, viewer: Viewer) -> dict[str, Any]:
    return working_copy_shapes([record], viewer)[0]


def _working_copy(record: Any, sources: list[str]) -> dict[str, Any]:
    if not record.latest:
        state = "draft"
    else:
        state = "edited" if record.latest_at and record.edited_at > record.latest_at else "published"
    values = {name: _plain(record, name) for name in sorted(EDITABLE[record.kind])}
    values["substances"] = [
        {
            "drug": row.drug_id,
            "quantity": _text(row.quantity),
            "unit": row.unit,
            "qualifier": row.qualifier,
            "form": row.form,
            "purity_percent": _text(row.purity_percent),
            "lab_state": row.lab_state,
        }
        for row in record.substances.all()
    ]
    values["identifiers"] = [
        {"kind": row.kind, "value": row.value, "note": row.note} for row in record.identifiers.all()
    ]
    if record.kind == "bulletin":
        values["seizures"] = sources
    return {
        "uid": str(record.uid),
        "ref": record.ref,
        "kind": record.kind,
        "state": state,
        "version": record.latest,
        "created_at": _instant(record.created_at),
        "edited_at": _instant(record.edited_at),
        "certified_at": _instant(record.certified_at),
        "embargo_until": _instant(record.embargo_until),
        "photographs": [
            {
                "uid": str(row.uid),
                "group": row.group,
                "caption": row.caption,
                "width": row.width,
                "height": row.height,
            }
            for row in record.photographs.all()
        ],
        "values": values,
    }


def _plain(record: Any, name: str) -> Any:
    if name == "originator":
        return record.originator.code if record.originator_id else None
    if name in ("port", "mode"):
        return getattr(record, f"{name}_id")
    value = getattr(record, name)
    if name in ("latitude", "longitude", "value_amount", "value_usd"):
        return _text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(value: Any) -> str | None:
    return None if value is None else format(value, "f")


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
