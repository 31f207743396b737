"""Of one thing the newest notice counts: what it overtook is not unread any more."""

from __future__ import annotations

import pytest
from django.utils import timezone

from hub.database.context import viewing
from sharing.deliveries.actions import queue_notice
from sharing.deliveries.models import AlertKind
from sharing.deliveries.querysets import notices, unread_count
from tests.cast import agency, person, viewer
from tests.deliveries.conftest import send

pytestmark = pytest.mark.django_db


def told(kind, path, *codes, **values):
    with viewing(viewer("cbp.admin")):
        queue_notice(kind, [agency(code).pk for code in codes], at=timezone.now(), path=path, **values)
    send()


def unread(username):
    who = viewer(username)
    with viewing(who):
        found = [row.alert.facts.get("n") for row in notices(who, unread=True)]
        assert unread_count(who) == len(found)
        return found


@pytest.mark.parametrize(
    ("kind", "path", "left"),
    [
        (AlertKind.AGREEMENT, "/agreements/CBP-CBSA/", [2]),
        (AlertKind.REQUEST, "/requests/5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11/", [2]),
        (AlertKind.COMMUNITY, "/communities/joining/5b0f8f5e-54bb-4b1e-9c6b-6d1f6a3f0c11/", [2]),
        # What happens in a community are different things.
        (AlertKind.COMMUNITY, "/communities/DHE/", [2, 1]),
        (AlertKind.AGREEMENT, "", [2, 1]),
    ],
)
def test_the_newest_of_one_thing_is_unread(kind, path, left):
    told(kind, path, "CBSA", facts={"n": 1})
    assert unread("cbsa.officer") == [1]
    told(kind, path, "CBSA", facts={"n": 2})
    assert unread("cbsa.officer") == left
    who = viewer("cbsa.officer")
    with viewing(who):
        assert notices(who).count() == 2, "all of them stay to be read"


def test_another_thing_another_kind_and_another_agencys_notice_overtake_nothing():
    told(AlertKind.AGREEMENT, "/agreements/CBP-CBSA/", "CBSA", facts={"n": 1})
    told(AlertKind.AGREEMENT, "/agreements/CBP-RCMP/", "CBSA", facts={"n": 2})
    told(AlertKind.REVIEW, "/agreements/CBP-CBSA/", "CBSA", facts={"n": 3})
    told(AlertKind.AGREEMENT, "/agreements/CBP-CBSA/", "CBP", facts={"n": 4})
    told(
        AlertKind.AGREEMENT,
        "/agreements/CBP-CBSA/",
        "CBSA",
        facts={"n": 5},
        person=person("cbsa.liaison").pk,
    )
    assert unread("cbsa.officer") == [3, 2, 1]
    assert unread("cbsa.liaison") == [5, 3, 2]
