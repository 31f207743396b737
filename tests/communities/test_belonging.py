"""Children of an agency are its clients once it has confirmed them: given at once, told to owners, ended at once."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from hub.agencies.models import Agency
from sharing.audiences import settling
from sharing.audiences.actions import rebuild_grants
from sharing.flow import admitting, belonging
from sharing.flow.belonging import confirm_child, end_belonging, name_parent, refuse_child
from sharing.tasks import settle_grants
from tests.builders import published_bulletin, released
from tests.cast import agency
from tests.communities.conftest import by, holds, operation, told
from tests.disclosures.reader import reader, text

pytestmark = pytest.mark.django_db


def given(*to: str, tlp: str = "TLP:AMBER") -> str:
    bulletin = published_bulletin()
    released(bulletin, *to, tlp=tlp)
    return bulletin.ref


def nothing_to_mend() -> bool:
    found = rebuild_grants(timezone.now())
    return not (found.granted or found.changed or found.withdrawn)


def test_a_child_has_what_its_parent_is_given_once_the_parent_has_confirmed():
    amber, strict = given("HSI"), given("HSI", tlp="TLP:AMBER+STRICT")
    by("DEA", name_parent, "HSI")
    assert holds("DEA") == set() and holds("HSI") == {amber, strict}
    assert told("HSI")[-1] == {"what": "community.parent_asked", "agency": "DEA"}
    by("HSI", confirm_child, agency("DEA"))
    assert holds("DEA") == {amber}
    assert {"what": "community.client", "agency": "DEA", "parent": "HSI", "records": 1} in told("CBP")
    assert nothing_to_mend()
    by("DEA", end_belonging, agency("DEA"))
    assert holds("DEA") == set() and holds("HSI") == {amber, strict}
    assert told("HSI")[-1]["what"] == "community.parent_ended"
    assert nothing_to_mend()


def test_the_parent_refuses_or_ends_it():
    ref = given("HSI")
    by("DEA", name_parent, "HSI")
    by("HSI", refuse_child, agency("DEA"))
    assert agency("DEA").parent_id is None and told("DEA")[-1]["what"] == "community.parent_refused"
    with pytest.raises(ValidationError, match="meanwhile"):
        by("HSI", confirm_child, agency("DEA"))
    by("DEA", name_parent, "HSI")
    by("HSI", confirm_child, agency("DEA"))
    assert holds("DEA") == {ref}
    by("HSI", end_belonging, agency("DEA"))
    assert holds("DEA") == set()


def test_nobody_else_says_what_an_agency_belongs_to():
    by("DEA", name_parent, "HSI")
    with pytest.raises(PermissionDenied):
        by("CBP", end_belonging, agency("DEA"))
    with pytest.raises(ValidationError, match="meanwhile"):
        by("CBP", confirm_child, agency("DEA"))
    for code, said in (("NO-SUCH", "No active agency"), ("DEA", "neither to itself")):
        with pytest.raises(ValidationError, match=said):
            by("DEA", name_parent, code)
    with pytest.raises(ValidationError, match="neither to itself"):
        by("HSI", name_parent, "DEA")


def test_what_reached_the_parent_by_a_hidden_roster_is_told_to_no_owner():
    group = operation("CBP", "HSI", listed=False)
    hidden = given(f"community:{group.code}", tlp="TLP:GREEN")
    theirs = published_bulletin("cbsa.officer")
    by("DEA", name_parent, "HSI")
    by("HSI", confirm_child, agency("DEA"))
    assert holds("DEA") == {hidden} and theirs.ref not in holds("DEA")
    assert not [each for each in told("CBP") if each["what"] == "community.client"]


def test_the_parents_agreement_carries_what_the_child_gives_and_ends_with_it():
    """A body of CBP's shares with CBSA under CBP's agreement."""
    bulletin = published_bulletin("dea.agent")
    released(bulletin, "CBSA", by="dea.agent")
    assert holds("CBSA") == set()
    by("DEA", name_parent, "CBP")
    by("CBP", confirm_child, agency("DEA"))
    assert holds("CBSA") == {bulletin.ref}
    by("CBP", end_belonging, agency("DEA"))
    assert holds("CBSA") == set() and nothing_to_mend()


def test_of_many_the_end_holds_before_the_task_has_run(monkeypatch):
    for module in (admitting, settling, belonging):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    ref, own = given("HSI"), {published_bulletin("dea.agent") for _number in range(2)}
    for each in own:
        released(each, "CBSA", by="dea.agent")
    by("DEA", name_parent, "CBP")
    by("CBP", confirm_child, agency("DEA"))
    settle_grants()
    assert holds("CBSA") == {each.ref for each in own} and ref in holds("HSI")
    by("CBP", end_belonging, agency("DEA"))
    assert holds("CBSA") == set() and ref in holds("HSI")
    settle_grants()
    assert nothing_to_mend() and holds("CBSA") == set()


def test_it_is_done_on_a_page_of_ones_own_agency():
    ref = given("HSI")
    child, parent = reader("dea.agent"), reader("hsi.agent")
    assert child.get("/agencies/HSI/belonging/").status_code == 403
    assert child.post("/agencies/DEA/belonging/", {"deed": "name", "parent": "HSI"}).status_code == 302
    assert "Waits to be confirmed" in text(child.get("/agencies/DEA/belonging/"))
    assert "DEA says that it belongs to HSI" in text(parent.get("/"))
    page = text(parent.get("/agencies/HSI/belonging/"))
    assert "1 record goes on to it" in page
    assert parent.post("/agencies/HSI/belonging/", {"deed": "confirm", "child": "CBSA"}).status_code == 404
    confirmed = parent.post("/agencies/HSI/belonging/", {"deed": "confirm", "child": "DEA"})
    assert confirmed.status_code == 302 and holds("DEA") == {ref}
    again = parent.post("/agencies/HSI/belonging/", {"deed": "confirm", "child": "DEA"})
    assert again.status_code == 400 and "meanwhile" in text(again)
    assert child.post("/agencies/DEA/belonging/", {"deed": "leave"}).status_code == 302
    assert holds("DEA") == set() and Agency.objects.get(code="DEA").parent_id is None
