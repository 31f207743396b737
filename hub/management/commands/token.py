"""`manage.py token <username>`: a new token, its key alone on standard output; or theirs listed, or one ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.accounts.models import Token, TokenScope
from hub.accounts.tokens import LONGEST_DAYS, issue_token
from hub.accounts.viewer import NOBODY, desk_of
from hub.agencies.models import AgencyState, Person
from hub.database.context import viewing
from hub.rest.tokens import end_token
from hub.trail.actions import record as write_trail


class Command(BaseCommand):
    help = "Make a token that acts as a person, and print its key. It cannot be read again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.READ.value)
        parser.add_argument("--days", type=int, default=90, help=f"1 to {LONGEST_DAYS}; 90 unless told")
        parser.add_argument("--label", default="", help="what it is for")
        parser.add_argument("--list", action="store_true", help="list theirs in place of making one")
        parser.add_argument("--revoke", type=UUID, help="revoke the one that --list names so")

    def handle(self, *args: Any, username: str, scope: str, days: int, **options: Any) -> None:
        if options["list"] or options["revoke"]:
            return self._theirs(username, options["revoke"])
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
            key = issue_token(person, scope=scope, days=days, at=at, label=options["label"][:60])
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
        return None

    def _theirs(self, username: str, revoked: UUID | None) -> None:
        """Also of somebody who was deactivated: their tokens open nothing, and can still be ended for good."""
        person = Person.objects.select_related("agency").filter(username=username).first()
        if person is None:
            raise CommandError(_("there is nobody named %(name)s") % {"name": username})
        at = timezone.now()
        rows = Token.objects.filter(person=person).select_related("person").order_by("created_at")
        if revoked is None:
            for row in rows:
                ends = "revoked" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
                used = f"used {row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never used"
                self.stdout.write(f"{row.uid}  {row.scope}  {ends}  {used}  {row.label}".rstrip())
            return
        token = rows.filter(uid=revoked).first()
        if token is None:
            raise CommandError(_("%(name)s has no such token") % {"name": username})
        desk = desk_of(person.agency) if person.agency is not None else NOBODY
        with viewing(desk):
            end_token(desk, token, at=at)
