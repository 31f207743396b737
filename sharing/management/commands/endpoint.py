"""`manage.py endpoint add | list | verify | test | move | rotate | end-old | disable | remove | resend`.

What lets the hub into a collection is read from standard input: on a command line others would see it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.html import strip_tags

from hub.accounts.viewer import Viewer, desk_of
from hub.agencies.models import Agency, AgencyState
from hub.database.context import viewing
from hub.trail.actions import Origin, origin
from sharing.deliveries.dead_letters import resend_all
from sharing.deliveries.endpoints import actions
from sharing.deliveries.endpoints.health import fare_of
from sharing.deliveries.models import Endpoint, EndpointKind
from sharing.deliveries.notifiers.base import Undelivered

# Verb -> what it is for; each takes the agency's code and the endpoint's uid.
VERBS = {
    "verify": "have it answer the challenge, or let the hub write, and take it into use",
    "test": "send a signed ping, or ask a collection whether the hub may write there",
    "move": "send to another address, which is verified first",
    "rotate": "print a new secret; the old one signs as well for seven days",
    "end-old": "let the newest secret alone sign from now on",
    "disable": "send nothing there any more",
    "remove": "forget its address and secrets",
    "resend": "send again what was given up",
}


class Command(BaseCommand):
    help = (
        "An agency's endpoints. A webhook's secret is printed once, when it is made. A collection's is a line of"
        " standard input: the header that lets the hub in, as `Authorization: Bearer ...`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="add an endpoint and print its secret")
        add.add_argument("agency", help="the agency's code")
        add.add_argument("url")
        add.add_argument("--collection", action="store_true", help="a collection of a TAXII server")
        listing = verbs.add_parser("list", help="an agency's endpoints, and how they fare")
        listing.add_argument("agency", help="the agency's code")
        for name, what in VERBS.items():
            verb = verbs.add_parser(name, help=what)
            verb.add_argument("agency", help="the agency's code")
            verb.add_argument("uid", type=UUID, help="as `list` shows it")
            if name == "move":
                verb.add_argument("url")

    def handle(self, *args: Any, verb: str, agency: str, **options: Any) -> None:
        found = Agency.objects.filter(code__iexact=agency, state=AgencyState.ACTIVE).first()
        if found is None:
            raise CommandError(f"there is no active agency {agency}")
        desk = desk_of(found)
        kept = origin.set(Origin(method="command"))
        refused = ""
        try:
            with viewing(desk):
                try:
                    self.run(verb, desk, options)
                # What was tried in vain is on the trail: it is said once that is written.
                except Undelivered as error:
                    refused = error.reason
        except ValidationError as error:
            refused = " ".join(error.messages)
        finally:
            origin.reset(kept)
        if refused:
            raise CommandError(f"{verb}: {refused}")

    def run(self, verb: str, desk: Viewer, options: dict[str, Any]) -> None:
        at = timezone.now()
        if verb == "add" and options["collection"]:
            endpoint = actions.add_collection(options["url"], _secret(), viewer=desk, at=at)
            self.stdout.write(f"{endpoint.uid}  added for {desk.agency_code}; verify it next")
            return
        if verb == "add":
            endpoint, secret = actions.add_endpoint(options["url"], viewer=desk, at=at)
            self.stdout.write(f"{endpoint.uid}  added for {desk.agency_code}; verify it next")
            self.stdout.write(f"secret, shown this once: {secret}")
            return
        if verb == "list":
            for each in fare_of(desk, at):
                self.stdout.write(f"{each.uid}  {each.state.value}  {each.url}  {strip_tags(each.words)}")
            return
        uid = options["uid"]
        found = Endpoint.objects.visible_to(desk).filter(uid=uid).first()
        if found is None:
            raise CommandError(f"{desk.agency_code} has no endpoint {uid}")
        said = self.act(verb, found, options, {"viewer": desk, "at": at})
        self.stdout.write(f"{uid}  {said}")

    def act(self, verb: str, found: Endpoint, options: dict[str, Any], by: dict[str, Any]) -> str:
        match verb:
            case "verify":
                actions.verify_endpoint(found, **by)
                return "verified, and in use"
            case "test":
                actions.ping_endpoint(found, **by)
                return "answered"
            case "move" if found.kind == EndpointKind.COLLECTION:
                actions.move_collection(found, options["url"], _secret(), **by)
                return "moved" if found.verified_at else "moved; verify it next"
            case "move":
                actions.move_endpoint(found, options["url"], **by)
                return "moved" if found.verified_at else "moved; verify it next"
            case "rotate":
                return f"secret, shown this once: {actions.rotate_secret(found, **by)}"
            case "end-old":
                actions.end_old_secret(found, **by)
                return "the newest secret alone signs"
            case "remove":
                actions.remove_endpoint(found, **by)
                return "removed"
            case "resend":
                return f"{resend_all(found, **by)} to be sent again"
        return "disabled" if actions.disable_endpoint(found, **by) else "was disabled already"


def _secret() -> str:
    return sys.stdin.readline().strip()
