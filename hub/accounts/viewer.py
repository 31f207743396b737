"""The viewer: on whose behalf something is read. Made from a person, or from an agency's desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from hub.agencies.models import Agency, AgencyState, Person, Role


@dataclass(frozen=True)
class Viewer:
    """`mine` is what the audience of a face is matched with: the agency's group and, negative, the person."""

    person_id: int | None = None
    username: str = ""
    agency_id: int | None = None
    agency_code: str = ""
    agency_name: str = ""
    roles: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    scope: str = "write"

    @property
    def is_authenticated(self) -> bool:
        return self.person_id is not None

    @property
    def mine(self) -> tuple[int, ...]:
        if self.agency_id is None:
            return ()
        return (self.agency_id,) if self.person_id is None else (self.agency_id, -self.person_id)

    @property
    def powers(self) -> frozenset[str]:
        """What the viewer may do above agencies, as policies ask it: steward, trail_all, trail_own."""
        held = set()
        if Role.STEWARD in self.roles:
            held.add("steward")
        if Role.INSPECTOR in self.roles:
            held.add("trail_all")
        if Role.AUDITOR in self.roles and self.agency_id:
            held.add("trail_own")
        return frozenset(held)

    @property
    def role_label(self) -> str:
        return ", ".join(str(Role(role).label) for role in Role.values if role in self.roles)

    def can(self, *roles: str) -> bool:
        """Whether the viewer holds any of `roles`."""
        return bool(self.roles.intersection(roles))


NOBODY = Viewer()


def viewer_of(person: Any, *, scope: str = "write") -> Viewer:
    """The viewer for a signed-in person. Somebody inactive, or of a suspended agency, sees nothing."""
    if not isinstance(person, Person) or not person.is_active:
        return NOBODY
    agency = person.agency
    if agency is not None and agency.state != AgencyState.ACTIVE:
        return Viewer(person_id=person.pk, username=person.username)
    return Viewer(
        person_id=person.pk,
        username=person.username,
        agency_id=agency.pk if agency else None,
        agency_code=agency.code if agency else _("hub"),
        agency_name=agency.name if agency else _("the hub"),
        roles=frozenset(person.roles),
        time_zone=person.time_zone or (agency.time_zone if agency else "UTC"),
        scope=scope,
    )


def desk_of(agency: Agency) -> Viewer:
    """The viewer of an agency's desk: what mails, webhooks and commands on its behalf may see."""
    if agency.state != AgencyState.ACTIVE:
        return NOBODY
    return Viewer(
        agency_id=agency.pk,
        agency_code=agency.code,
        agency_name=agency.name,
        time_zone=agency.time_zone,
    )
