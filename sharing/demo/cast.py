"""The demo's people and agreements. Loaded by the tables' owner; outside the demo the cast is deactivated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from bulletins.markings.models import TLP
from hub.agencies.models import Agency, Person, Role
from sharing.agreements.models import Agreement, Direction

OFFICER, RELEASER, LIAISON, ADMIN = Role.OFFICER, Role.RELEASER, Role.LIAISON, Role.ADMIN


@dataclass(frozen=True)
class Member:
    username: str
    first: str
    last: str
    agency: str | None
    roles: tuple[Role, ...]
    seconded: str | None = None


CAST = (
    Member("cbp.officer", "Olivia", "Ortega", "CBP", (OFFICER,)),
    Member("cbp.releaser", "Ruth", "Reyes", "CBP", (OFFICER, RELEASER)),
    Member("cbp.liaison", "Liam", "Lopez", "CBP", (LIAISON,)),
    Member("cbp.admin", "Ada", "Adams", "CBP", (ADMIN, Role.AUDITOR)),
    Member("hsi.agent", "Hank", "Hill", "HSI", (OFFICER, RELEASER)),
    Member("dea.agent", "Dora", "Diaz", "DEA", (OFFICER, RELEASER)),
    Member("stx.analyst", "Stella", "Sanchez", "HIDTA-STX", (OFFICER, LIAISON, ADMIN)),
    Member("txdps.trooper", "Tom", "Tate", "TXDPS", (OFFICER,)),
    Member("cbsa.officer", "Claire", "Caron", "CBSA", (OFFICER,)),
    Member("cbsa.releaser", "Remi", "Roy", "CBSA", (OFFICER, RELEASER)),
    Member("cbsa.liaison", "Lucie", "Lavoie", "CBSA", (LIAISON, ADMIN)),
    Member("rcmp.officer", "Rob", "Ross", "RCMP", (OFFICER,)),
    Member("ncb.officer", "Nina", "Novak", "NCB-OTTAWA", (OFFICER,)),
    Member("steward", "Sam", "Stone", None, (Role.STEWARD,)),
    Member("inspector", "Iris", "Iqbal", None, (Role.INSPECTOR,), "USPS-OIG"),
    Member("inspector.ca", "Ian", "Irving", None, (Role.INSPECTOR,), "RCMP"),
)


def load_cast(password: str, at: datetime) -> None:
    """Make the demo's people and the CBP-CBSA agreement, or bring their password up to date."""
    agencies = {agency.code: agency for agency in Agency.objects.all()}
    encoded = ""  # one password of all, so one hash: each costs a tenth of a second
    with transaction.atomic():
        for member in CAST:
            person, made = Person.objects.get_or_create(
                username=member.username,
                defaults={
                    "first_name": member.first,
                    "last_name": member.last,
                    "email": f"{member.username}@hub.example",
                    "agency": agencies[member.agency] if member.agency else None,
                    "roles": [role.value for role in member.roles],
                    "seconded_from": agencies[member.seconded] if member.seconded else None,
                },
            )
            if member.seconded and person.seconded_from_id is None:
                person.seconded_from = agencies[member.seconded]
                person.save(update_fields=["seconded_from"])
            known = not made and (person.password == encoded or person.check_password(password))
            encoded = person.password if known else encoded or make_password(password)
            if not known or not person.is_active:
                person.password, person.is_active = encoded, True
                person.save()
        _agreement(agencies["CBP"], agencies["CBSA"], at)


def retire_cast() -> int:
    """Deactivate the demo's people: what a hub that is no demo does with a demo's database. Returns how many."""
    names = [member.username for member in CAST]
    return Person.objects.filter(username__in=names, email__endswith="@hub.example", is_active=True).update(
        is_active=False
    )


def _agreement(cbp: Agency, cbsa: Agency, at: datetime) -> None:
    agreement, made = Agreement.objects.get_or_create(
        code="CBP-CBSA",
        defaults={
            "name": "CBP and CBSA memorandum on concealment intelligence",
            "first": cbp,
            "second": cbsa,
            "valid_from": at - timedelta(days=365),
            "valid_to": at + timedelta(days=3 * 365),
            "accepted_at": at - timedelta(days=365),
            "settled_at": at - timedelta(days=365),
        },
    )
    if not made:
        return
    common = {
        "kinds": ["bulletin", "seizure"],
        "highest_tlp": TLP.STRICT,
        "permitted_use": "Customs enforcement; not for use as evidence without consent",
        "keep_days": 5 * 365,
    }
    basis = "Customs mutual assistance agreement between Canada and the United States, 1984"
    Direction.objects.create(agreement=agreement, giver=cbp, withheld=["case"], legal_basis=basis, **common)
    Direction.objects.create(agreement=agreement, giver=cbsa, legal_basis=basis, **common)
