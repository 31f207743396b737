"""Objects as partners send them, and what they became."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.utils import timezone

from bulletins.models import Bulletin, Record, SeizureReport
from hub.accounts.viewer import desk_of
from hub.database.context import engine, viewing
from sharing.feeds.taxii.inbox import Unreadable
from sharing.intake.inbox import Status, take_envelope
from sharing.intake.participation import ask_to_speak, confirm_voice, end_voice, let_publish
from sharing.stix.ids import EXTENSION
from tests.cast import agency, viewer

AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
WHITE_1 = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
FIRST, LATER, LAST = (f"2026-0{month}-01T00:00:00.000Z" for month in (1, 2, 3))


def stix(
    kind: str, *, modified: str = FIRST, marked: str | list[str] = AMBER, **values: Any
) -> dict[str, Any]:
    """An object of the kind with what STIX requires of it."""
    required: dict[str, dict[str, Any]] = {
        "report": {
            "name": "Cocaine in a spare wheel",
            "published": FIRST,
            "object_refs": [ident("identity")],
        },
        "incident": {"name": "A find"},
        "note": {"content": "Look at the rims.", "object_refs": [ident("identity")]},
        "indicator": {
            "pattern": "[email-addr:value = 'broker@example.org']",
            "pattern_type": "stix",
            "valid_from": FIRST,
        },
        "observed-data": {
            "first_observed": "2026-02-03T04:05:06Z",
            "last_observed": "2026-02-03T04:05:06Z",
            "number_observed": 1,
            "object_refs": ["email-addr--2d77a846-6264-5d51-b586-e43822ea1ea3"],
        },
    }
    found = {
        "type": kind,
        "spec_version": "2.1",
        "id": ident(kind),
        "created": FIRST,
        "modified": modified,
        "object_marking_refs": [marked] if isinstance(marked, str) else marked,
        **required.get(kind, {}),
        **values,
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def ident(kind: str) -> str:
    return f"{kind}--{uuid.uuid4()}"


def ours(kind: str = "seizure", *, originator: str = "", facts: Any = None, **values: Any) -> dict[str, Any]:
    """A record of a hub, with the extension."""
    core: dict[str, Any] = {
        "title": "Cocaine: spare wheel",
        "methods": ["VEH-BODY-QTR"],
        "mode": "passenger_vehicle",
        "substances": [{"drug": "cocaine", "quantity": "20", "unit": "kg", "mass_kg": "20"}],
        "country": "US",
    }
    if kind == "bulletin":
        core["tear_line"] = "Cocaine is carried in quarter panels."
    if originator:
        core["originator"] = originator
    extension = {
        "extension_type": "property-extension",
        "kind": kind,
        "facts": facts or {"core": core, "place": {"occurred_on": "2026-02-03", "place": "Lane 4"}},
        "marking": {"tlp": "TLP:AMBER"},
    }
    return stix("report", **{"extensions": {EXTENSION: extension}, **values})


def send(*objects: Any, by: str = "cbp.officer") -> Status:
    who = viewer(by)
    with viewing(who):
        try:
            return take_envelope(who, json.dumps({"objects": list(objects)}).encode(), timezone.now())
        except Unreadable as refused:
            assert refused.status == 422
            return Status(uuid.UUID(int=0), timezone.now(), [], refused.details)


def records(kind: str = "bulletin") -> list[Any]:
    """Every record there is, in the order taken in."""
    model: Any = Bulletin if kind == "bulletin" else SeizureReport
    with engine():
        return list(model.objects.select_related("owner", "originator").order_by("id"))


def fresh(record: Record) -> Any:
    with engine():
        return type(record)._default_manager.get(pk=record.pk)


@contextmanager
def as_speaker(speaker: str, principal: str) -> Iterator[None]:
    """`speaker` may name `principal` as originator, as both their administrators say."""
    _by_admin(speaker, lambda who: ask_to_speak(principal, viewer=who, at=timezone.now()))
    _by_admin(principal, lambda who: confirm_voice(speaker, viewer=who, at=timezone.now()))
    yield
    _by_admin(principal, lambda who: end_voice(speaker, principal, viewer=who, at=timezone.now()))


def publishing(code: str) -> None:
    """What the agency sends in is published in it at once."""
    _by_admin(code, lambda who: let_publish(True, viewer=who, at=timezone.now()))


def _by_admin(code: str, act: Any) -> None:
    who = replace(desk_of(agency(code)), person_id=None, roles=frozenset({"admin"}))
    with viewing(who):
        act(who)
