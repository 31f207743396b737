"""Loads vocabulary, agencies, communities and a demo's cast, as the tables' owner; changes nothing twice."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from bulletins.vocabulary.loading import load_vocabulary
from hub.agencies.loading import load_agencies
from sharing.communities.loading import load_communities
from sharing.demo.cast import load_cast, retire_cast


class Command(BaseCommand):
    help = "Load vocabulary, agencies and communities from the product's data files."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        terms, agencies = load_vocabulary(at), load_agencies(at)
        members = load_communities(at)
        if settings.HUB_DEMO:
            load_cast(settings.HUB_DEMO_PASSWORD, at)
        elif retired := retire_cast():
            self.stdout.write(f"deactivated {retired} people of the demo: this hub is none")
        if options["verbosity"]:
            self.stdout.write(
                f"vocabulary: {terms.added} added, {terms.changed} changed; agencies: {agencies.added} added; "
                f"members of communities: {members} added"
            )
