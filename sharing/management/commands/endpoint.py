"""`manage.py endpoint add | list | disable`: where an agency takes webhooks."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hub.accounts.viewer import Viewer, desk_of
from hub.agencies.models import Agency, AgencyState
from hub.database.context import viewing
from hub.outgoing.post import Refused, Unreachable
from hub.trail.actions import Origin, origin
from sharing.deliveries.endpoints import add_endpoint, disable_endpoint
from sharing.deliveries.models import Endpoint


class Command(BaseCommand):
    help = "Add, list or disable an agency's webhook endpoints. A secret is printed once, when it is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="add an endpoint and print its secret")
        add.add_argument("agency", help="the agency's code")
        add.add_argument("url")
        listing = verbs.add_parser("list", help="an agency's endpoints")
        listing.add_argument("agency", help="the agency's code")
        disable = verbs.add_parser("disable", help="send nothing there any more")
        disable.add_argument("agency", help="the agency's code")
        disable.add_argument("uid", type=UUID, help="as `list` shows it")

    def handle(self, *args: Any, verb: str, agency: str, **options: Any) -> None:
        found = Agency.objects.filter(code__iexact=agency, state=AgencyState.ACTIVE).first()
        if found is None:
            raise CommandError(f"there is no active agency {agency}")
        desk = desk_of(found)
        kept = origin.set(Origin(method="command"))
        try:
            with viewing(desk):
                getattr(self, verb)(desk, **options)
        finally:
            origin.reset(kept)

    def add(self, desk: Viewer, url: str, **options: Any) -> None:
        try:
            endpoint, secret = add_endpoint(url, viewer=desk, at=timezone.now())
        except (Refused, Unreachable) as error:
            raise CommandError(f"not added: {error}") from error
        self.stdout.write(f"{endpoint.uid}  added for {desk.agency_code}")
        self.stdout.write(f"secret, shown this once: {secret}")

    def list(self, desk: Viewer, **options: Any) -> None:
        for row in Endpoint.objects.filter(agency_id=desk.agency_id).order_by("id"):
            state = f"disabled {row.disabled_at:%Y-%m-%d %H:%M} UTC" if row.disabled_at else "live"
            self.stdout.write(f"{row.uid}  {state}  {row.url}")

    def disable(self, desk: Viewer, uid: UUID, **options: Any) -> None:
        endpoint = Endpoint.objects.filter(agency_id=desk.agency_id, uid=uid).first()
        if endpoint is None:
            raise CommandError(f"{desk.agency_code} has no endpoint {uid}")
        done = disable_endpoint(endpoint, viewer=desk, at=timezone.now())
        self.stdout.write(f"{uid}  {'disabled' if done else 'was disabled already'}")
