"""Who moves to another agency keeps nothing, also not what they were named for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from bulletins.models import Found
from hub.database.context import viewing
from sharing.disclosures.actions import disclose
from sharing.disclosures.rules import Channel
from sharing.flow import release
from tests.builders import CANARIES, pick, plan, published_bulletin
from tests.cast import agency, person, viewer

pytestmark = pytest.mark.django_db


def finds(who, bulletin):
    with viewing(who):
        found = list(Found.objects.visible_to(who).matching(CANARIES["core"]))
        return len(found), len(disclose(who, [bulletin.pk], Channel.PAGE))


def test_somebody_named_at_tlp_red_who_moves_agency_keeps_nothing():
    bulletin = published_bulletin()
    named, colleague = person("hsi.agent"), viewer("dea.agent")
    releaser = viewer("cbp.releaser")
    with viewing(releaser):
        to = replace(pick("HSI"), persons=frozenset({named.pk}))
        release([bulletin], plan(to, tlp="TLP:RED"), viewer=releaser, at=timezone.now())
    assert finds(viewer("hsi.agent"), bulletin) == (1, 1)
    assert finds(colleague, bulletin) == (0, 0)
    moved = replace(viewer("hsi.agent"), agency_id=agency("DEA").pk)
    assert finds(moved, bulletin) == (0, 0)
    assert finds(replace(moved, agency_id=None), bulletin) == (0, 0)
