"""`manage.py token <username>`: a new token for somebody's programs; its key alone on standard output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.accounts.models import TokenScope
from hub.accounts.tokens import LONGEST_DAYS, issue_token
from hub.accounts.viewer import NOBODY, desk_of
from hub.agencies.models import AgencyState, Person
from hub.database.context import viewing
from hub.trail.actions import record as write_trail


class Command(BaseCommand):
    help = "Make a token that acts as a person, and print its key. It cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ.value)
        parser.add_argument("--days", type=int, default=90, help=f"1 to {LONGEST_DAYS}; 90 unless told")

    def handle(self, *args: Any, username: str, scope: str, days: int, **options: Any) -> None:
        if not 1 <= days <= LONGEST_DAYS:
            raise CommandError(_("--days must be a number from 1 to %(most)d") % {"most": LONGEST_DAYS})
        person = Person.objects.select_related("agency").filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError(_("there is no active person named %(name)s") % {"name": username})
        agency = person.agency
        if agency is not None and agency.state != AgencyState.ACTIVE:
            raise CommandError(_("%(agency)s is suspended") % {"agency": agency.code})
        at = timezone.now()
        # On the agency's part of the trail, where its auditor sees it; the actor is whoever runs commands.
        desk = desk_of(agency) if agency is not None else NOBODY
        with viewing(desk):
            key = issue_token(person, scope=scope, days=days, at=at)
            write_trail(
                "token.issue",
                viewer=desk,
                at=at,
                object_type="person",
                object_id=username,
                scope=scope,
                days=days,
            )
        self.stdout.write(key)
