"""The cast of every test: the demo's agencies and people, as viewers."""

from __future__ import annotations

from django.utils import timezone

from bulletins.vocabulary.loading import load_vocabulary
from hub.accounts.viewer import Viewer, viewer_of
from hub.agencies.loading import load_agencies
from hub.agencies.models import Agency, Person
from sharing.communities.loading import load_communities
from sharing.demo.cast import load_cast

PASSWORD = "a long demo password"


def load_world() -> None:
    """Vocabulary, agencies, communities, people: written once by the owner, kept by every test."""
    at = timezone.now()
    load_vocabulary(at)
    load_agencies(at)
    load_communities(at)
    load_cast(PASSWORD, at)


def person(username: str) -> Person:
    return Person.objects.select_related("agency").get(username=username)


def viewer(username: str) -> Viewer:
    return viewer_of(person(username))


def agency(code: str) -> Agency:
    return Agency.objects.get(code=code)
