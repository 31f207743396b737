"""A partner's text in place of the author's: the words behind it reach that partner by no way, and others as before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from bulletins.faces.wording import Reworded, digest_of, reworded
from bulletins.flow import publish
from bulletins.models import Bulletin
from bulletins.records.actions import write_down
from hub.agencies.models import Agency
from hub.database.context import viewing
from hub.trail.models import TrailRow
from sharing.audiences.actions import rebuild_grants
from sharing.audiences.holders import holders_of
from sharing.audiences.models import Received
from sharing.audiences.preview import preview
from sharing.flow import carry_over, release
from sharing.releases.models import Release
from sharing.releases.plan import Pick
from tests.api.conftest import caller, unhurried  # noqa: F401
from tests.builders import pick, plan, published_bulletin
from tests.cast import agency, viewer
from tests.deliveries.conftest import (  # noqa: F401
    endpoint_for,
    loopback_is_permitted,
    receiver,
    send,
)
from tests.disclosures.conftest import store  # noqa: F401
from tests.disclosures.reader import reader, text, with_photographs

pytestmark = pytest.mark.django_db

PLACE = "Nightjarville"
SAID = {
    "title": f"A tank at {PLACE}",
    "tear_line": f"At {PLACE} fuel tanks ring hollow.",
    "narrative": f"Seen first on the bridge of {PLACE}.",
    "safety_note": f"At {PLACE} a respirator was needed.",
    "place": PLACE,
}
WHY = {"need_to_know": "Tanks", "right_to_know": "Law"}
OURS = {
    "core.title": "A tank at a southern port",
    "core.tear_line": "At a southern port fuel tanks ring wrenlike.",
    "core.safety_note": "A respirator was needed.",
    "detail.narrative": "Seen first on a bridge.",
}


def to(target: str, *withheld: str) -> Pick:
    with viewing(viewer("cbp.releaser")):
        return pick(target, *withheld)


def worded(target: str, *withheld: str, **texts: str) -> Pick:
    """A pick with texts of its own, `core__title` for `core.title`."""
    plain = to(target, *withheld)
    words = tuple(sorted((name.replace("__", "."), said) for name, said in texts.items()))
    return Pick(plain.agency, plain.community, plain.withheld, wording=words)


def give(record, *picks: Pick, tlp: str = "TLP:AMBER", **values) -> None:
    who = viewer("cbp.releaser")
    with viewing(who):
        release([record], plan(*picks, tlp=tlp, **values), viewer=who, at=timezone.now())


def cbsa(*withheld: str, **more: str) -> Pick:
    return worded(
        "CBSA", "place", *withheld, **{name.replace(".", "__"): said for name, said in OURS.items()}, **more
    )


def shown(username: str, record):
    answer = reader(username).get(f"/bulletins/{record.ref}/")
    assert answer.status_code == 200
    return answer.content.decode()


def face(username: str, record) -> Received:
    who = viewer(username)
    with viewing(who):
        return Received.objects.visible_to(who).get(record_id=record.pk)


def test_the_partner_finds_the_place_by_no_way_and_the_other_does(caller, receiver, store):  # noqa: F811
    record, uids = with_photographs(**SAID)
    caption = f"detail.caption.{uids['detail']}"
    from bulletins.models import Photograph

    with viewing(viewer("cbp.officer")):
        Photograph.objects.filter(uid=uids["detail"]).update(caption=f"The bridge of {PLACE}")
        publish(Bulletin.objects.get(pk=record.pk), viewer=viewer("cbp.officer"), at=timezone.now())
    _endpoint, _hook = endpoint_for("CBSA", receiver.url)
    endpoint_for("HSI", receiver.url)
    give(record, cbsa(**{caption.replace(".", "__"): "A bridge"}), to("HSI"), tlp="TLP:GREEN")
    send()

    def everything(username: str, code: str) -> dict[str, str]:
        pages, api = reader(username), caller(username)
        found = {
            path: text(pages.get(path))
            for path in (f"/bulletins/{record.ref}/", "/bulletins/", "/inbox/", "/", "/search/?q=tank")
        }
        for path in (f"bulletins/{record.uid}/", "bulletins/", "bulletins/?q=tank"):
            found[path] = api.get(path).content.decode()
        found["search"] = text(pages.get(f"/search/?q={PLACE}")).replace(f'value="{PLACE}"', "")
        found["api search"] = str(api.get(f"bulletins/?q={PLACE}").json()["results"])
        found["mail"] = next(
            str(each.message()) for each in mail.outbox if f"desk@{code.lower()}." in str(each.to)
        )
        return found

    theirs, others = everything("cbsa.officer", "CBSA"), everything("hsi.agent", "HSI")
    for way, said in others.items():
        assert PLACE in said or way in ("/inbox/", "/"), way
    assert record.ref in others["search"] and str(record.uid) in others["api search"]
    bodies = [each.body.decode() for each in receiver.received]
    assert len(bodies) == 2 and sum(PLACE in body for body in bodies) == 1
    assert sum("southern port" in body for body in bodies) == 1
    theirs_search = theirs.pop("search")
    for way, said in theirs.items():
        assert PLACE not in said, way
    assert record.ref not in theirs_search and theirs["api search"] == "[]"
    # And what stands in its place is found.
    assert "A tank at a southern port" in theirs[f"/bulletins/{record.ref}/"]
    assert "A bridge" in theirs[f"/bulletins/{record.ref}/"] and "southern port" in theirs["mail"]
    assert str(record.uid) in caller("cbsa.officer").get("bulletins/?q=wrenlike").content.decode()
    assert caller("hsi.agent").get("bulletins/?q=wrenlike").json()["results"] == []


def test_nothing_tells_the_partner_that_there_is_another_text(caller):  # noqa: F811
    record, plain = (
        published_bulletin(**SAID),
        published_bulletin(title="A tank at a southern port", place="X"),
    )
    give(record, cbsa())
    give(plain, to("CBSA", "place"))
    api = caller("cbsa.officer")
    one, other = (api.get(f"bulletins/{each.uid}/").json() for each in (record, plain))
    assert one.keys() == other.keys() and one["facts"].keys() == other["facts"].keys()
    assert one["withheld"] == other["withheld"]
    assert "of its own" not in shown("cbsa.officer", record)
    who = viewer("cbsa.officer")
    with viewing(who):
        from sharing.models import Rewording

        assert not Rewording.objects.exists()


def test_the_owner_reads_its_own_words_and_who_has_others():
    record = published_bulletin(**SAID)
    give(record, cbsa(), to("HSI"))
    page = shown("cbp.releaser", record)
    assert SAID["title"] in page and "a text of its own: the safety note, the tear line, the title" in page
    who = viewer("cbp.releaser")
    with viewing(who):
        held = {each.code: each.reworded for each in holders_of(record.pk, who).agencies}
    assert held["HSI"] == () and "The tear line" in held["CBSA"]
    with viewing(viewer("inspector")):
        row = TrailRow.objects.get(event="record.release", object_id=record.ref)
    assert row.facts["other_words"].startswith("CBSA: core.safety_note, core.tear_line, core.title")
    assert PLACE not in str(row.facts) and "southern" not in str(row.facts)


def test_show_as_shows_those_words_and_says_so_to_the_owner():
    record = published_bulletin(**SAID)
    form = {
        "to": ["CBSA"], "hold-CBSA": ["place"], "tlp": "TLP:AMBER", "need_to_know": "Tanks", "right_to_know": "Law",
        "word-CBSA-core.title": OURS["core.title"],
    }  # fmt: skip
    client = reader("cbp.releaser")
    page = client.post(f"/bulletins/{record.ref}/as/CBSA/", form).content.decode()
    assert OURS["core.title"] in page and SAID["title"] not in page.split("<h1")[1]
    assert "In words of their own" in page
    give(record, cbsa())
    page = client.get(f"/bulletins/{record.ref}/as/CBSA/").content.decode()
    assert OURS["core.tear_line"] in page and PLACE not in page.split("<h1")[1]


def test_a_client_of_the_partner_reads_what_the_partner_reads():
    record = published_bulletin(**SAID)
    Agency.objects.filter(code="RCMP").update(parent=agency("CBSA"), parent_confirmed_at=timezone.now())
    give(record, cbsa())
    for username in ("cbsa.officer", "rcmp.officer"):
        page = shown(username, record)
        assert OURS["core.title"] in page and PLACE not in page, username


def test_of_several_releases_a_text_in_other_words_wins_and_the_newest_of_them():
    record = published_bulletin(**SAID)
    give(record, to("community:DHE"))
    assert PLACE in face("txdps.trooper", record).title
    give(record, worded("TXDPS", "place", core__title="First words"))
    assert face("txdps.trooper", record).title == "First words"
    give(record, worded("community:DHE", core__title="Later words"))
    assert face("txdps.trooper", record).title == "Later words"
    # A later release without words of its own takes nothing away.
    give(record, to("community:HIDTA-STX"))
    assert face("txdps.trooper", record).title == "Later words"
    assert face("stx.analyst", record).title == SAID["title"]
    assert not rebuild_grants(timezone.now()).changed


def sees(username: str, record) -> bool:
    who = viewer(username)
    with viewing(who):
        return Received.objects.visible_to(who).filter(record_id=record.pk).exists()


def test_rebuilding_changes_nothing():
    record = published_bulletin(**SAID)
    give(record, cbsa(), to("HSI"), to("community:DHE", "technique"))
    changes = rebuild_grants(timezone.now())
    assert not (changes.granted or changes.changed or changes.withdrawn)


def test_released_anew_without_a_word_the_partner_keeps_its_own():
    record = published_bulletin(**SAID)
    give(record, cbsa())
    give(record, to("CBSA", "place", "detail"))
    assert face("cbsa.officer", record).title == OURS["core.title"]
    # Only somebody who empties the field gives the author's words.
    give(record, Pick(agency("CBSA").pk, wording=()))
    assert face("cbsa.officer", record).title == SAID["title"]


def amend(record, **values) -> None:
    who = viewer("cbp.officer")
    with viewing(who):
        fresh = Bulletin.objects.get(pk=record.pk)
        write_down(fresh, values, viewer=who, at=timezone.now())
        publish(fresh, viewer=who, at=timezone.now(), note="Amended")


def test_carried_over_without_a_word_what_was_written_anew_is_left_out_never_shown():
    record = published_bulletin(**SAID)
    give(record, cbsa(), to("HSI"))
    amend(record, title=f"Two tanks at {PLACE}", tear_line=f"Near {PLACE} two tanks ring hollow.")
    who = viewer("cbp.releaser")
    with viewing(who):
        rows = list(Release.objects.filter(record_id=record.pk).values_list("pk", flat=True))
        carry_over(record, rows, viewer=who, at=timezone.now())
    theirs = face("cbsa.officer", record)
    assert theirs.version == 2 and PLACE not in str(theirs.shown)
    # The title is made of the vocabulary's words; the tear line is gone; what stayed the same keeps its words.
    assert theirs.title.startswith("Fentanyl: ") and "tear_line" not in theirs.shown["core"]
    assert theirs.shown["core"]["safety_note"] == OURS["core.safety_note"]
    assert face("hsi.agent", record).title == f"Two tanks at {PLACE}"
    assert shown("cbsa.officer", record)
    assert not rebuild_grants(timezone.now()).changed


def test_the_page_that_carries_over_asks_for_the_words():
    record = published_bulletin(**SAID)
    give(record, cbsa())
    amend(record, title=f"Two tanks at {PLACE}", conveyance=f"The {PLACE} ferry")
    client, path = reader("cbp.releaser"), f"/bulletins/{record.ref}/carry-over/"
    page = client.get(path).content.decode()
    assert "Its author has written it anew since" in page and OURS["core.title"] in page
    assert 'name="word-CBSA-core.conveyance"' in page
    form = {f"word-CBSA-{field}": said for field, said in OURS.items()}
    too_long = client.post(path, {**form, "release": ["CBSA"], "word-CBSA-core.title": "x" * 201})
    assert too_long.status_code == 400 and "200 characters at most" in too_long.content.decode()
    assert face("cbsa.officer", record).version == 1
    done = client.post(
        path,
        {
            **form,
            "release": ["CBSA"],
            "word-CBSA-core.title": "Two at a port",
            "word-CBSA-core.conveyance": "A ferry",
        },
    )
    assert done.status_code == 302
    theirs = face("cbsa.officer", record)
    assert (theirs.version, theirs.title) == (2, "Two at a port") and PLACE not in str(theirs.shown)
    assert theirs.shown["core"]["conveyance"] == "A ferry"


def test_the_authors_note_of_an_amendment_is_not_for_who_reads_other_words():
    record = published_bulletin(**SAID)
    give(record, worded("DEA", core__title="A tank", core__tear_line="It rings hollow."), to("HSI"))
    who = viewer("cbp.officer")
    with viewing(who):
        fresh = Bulletin.objects.get(pk=record.pk)
        write_down(fresh, {"narrative": "Seen on a bridge."}, viewer=who, at=timezone.now())
        publish(fresh, viewer=who, at=timezone.now(), note=f"{PLACE} was asked")
    releaser = viewer("cbp.releaser")
    with viewing(releaser):
        rows = list(Release.objects.filter(record_id=record.pk).values_list("pk", flat=True))
        carry_over(record, rows, viewer=releaser, at=timezone.now())
    assert f"{PLACE} was asked" in shown("hsi.agent", record)
    assert f"{PLACE} was asked" not in shown("dea.agent", record)


def test_a_release_of_another_version_brings_no_word_back():
    record = published_bulletin(**SAID)
    give(record, worded("TXDPS", "place", core__title="First words"))
    amend(record, title=f"Two tanks at {PLACE}")
    give(record, to("community:DHE", "place"))
    theirs = face("txdps.trooper", record)
    assert theirs.version == 2 and PLACE not in theirs.title


def test_the_preview_warns_without_words_offers_them_and_reads_them_again():
    record = published_bulletin(**SAID)
    path = f"/bulletins/{record.ref}/release/"
    form = {
        "to": ["CBSA", "HSI"],
        "hold-CBSA": ["place"],
        "tlp": "TLP:AMBER",
        "need_to_know": "T",
        "right_to_know": "L",
    }
    client = reader("cbp.releaser")
    first = client.post(f"{path}preview/", form)
    offered = {words.offer.field for words in first.context["other_words"]}
    assert offered == set(OURS) and {words.key for words in first.context["other_words"]} == {"CBSA"}
    assert any(
        "The title names" in each and "the name goes out" in each
        for each in first.context["foreseen"].warnings
    )

    half = {
        **form,
        "word-CBSA-core.title": f"Near {PLACE}",
        "word-CBSA-core.tear_line": OURS["core.tear_line"],
    }
    second = client.post(f"{path}preview/", half)
    assert f"These words still name “{PLACE}”" in second.content.decode()
    warned = " ".join(second.context["foreseen"].warnings)
    assert "The title names" in warned and "The tear line names" not in warned

    whole = {**form, **{f"word-CBSA-{field}": said for field, said in OURS.items()}}
    whole |= {"drop-CBSA-detail.narrative": "1"}
    third = client.post(f"{path}preview/", whole)
    assert not any(" names " in each for each in third.context["foreseen"].warnings)
    # Words that were not looked at are not released.
    stale = client.post(path, {**whole, "seal": second.context["foreseen"].seal, "do": "release"})
    assert stale.status_code == 400 and not sees("cbsa.officer", record)
    done = client.post(path, {**whole, "seal": third.context["foreseen"].seal, "do": "release"})
    assert done.status_code == 302
    theirs = face("cbsa.officer", record)
    assert PLACE not in str(theirs.shown) and "narrative" not in theirs.shown["detail"]
    assert PLACE in str(face("hsi.agent", record).shown)
    # Picked again, the page holds the words that stand.
    again = client.post(f"{path}preview/", form).content.decode()
    assert OURS["core.title"] in again


def test_programs_give_other_words_too(caller):  # noqa: F811
    record = published_bulletin(**SAID)
    releaser = caller("cbp.releaser")
    body = {
        "record": str(record.uid),
        "to": [{"agency": "CBSA", "withheld": ["place"], "wording": OURS}, {"agency": "HSI"}],
        "need_to_know": "Tanks",
        "right_to_know": "Law",
    }
    for wrong in (
        {"core.tlp": "x"},
        {"place.place": "x"},
        {"core.title": "x" * 201},
        {"detail.caption.x": "y"},
    ):
        refused = releaser.post("releases/", {**body, "to": [{"agency": "CBSA", "wording": wrong}]})
        assert refused.status_code == 400, wrong
    assert releaser.post("releases/", body).status_code == 201
    assert PLACE not in caller("cbsa.officer").get(f"bulletins/{record.uid}/").content.decode()
    assert PLACE in caller("hsi.agent").get(f"bulletins/{record.uid}/").content.decode()
    rows = {row["to"]["agency"]: row["wording"] for row in releaser.get("releases/").json()["results"]}
    assert rows == {"CBSA": OURS, "HSI": {}}


def test_a_briefing_for_the_partner_leaves_those_texts_out_for_all():
    from sharing.briefings.attendees import Attendees
    from sharing.briefings.packs import pack_of
    from sharing.briefings.rules import Seat
    from sharing.disclosures.rules import Channel

    record, now = published_bulletin(**SAID), timezone.now()
    give(record, cbsa(), to("HSI"))
    span = (now - timedelta(days=1), now + timedelta(days=1))
    who = viewer("cbp.liaison")

    def said(*codes: str) -> str:
        seats = tuple(Seat(agency(code).pk, code) for code in codes)
        with viewing(who):
            pack = pack_of(Attendees(seats), span, who, Channel.PAGE, at=timezone.now())
        (found,) = pack.bulletins
        return str(found.facts)

    assert PLACE in said("HSI")
    assert PLACE not in said("HSI", "CBSA") and "Fentanyl: " in said("CBSA")


def test_a_face_of_its_own_for_each_wording():
    record = published_bulletin(**SAID)
    give(
        record,
        worded("CBSA", "place", core__title="One"),
        worded("HSI", "place", core__title="Other"),
        to("DEA", "place"),
    )
    titles = {face(who, record).title for who in ("cbsa.officer", "hsi.agent", "dea.agent")}
    assert titles == {"One", "Other", SAID["title"]}


def test_a_wording_as_plain_data():
    content = {
        "core": {"title": "A", "tear_line": "B", "substances": [], "methods": []},
        "detail": {"narrative": "C"},
    }
    words = (Reworded("core.tear_line", "Other", "B"), Reworded("detail.narrative", "Other", "not C"))
    found = reworded(content, words)
    assert found["core"]["tear_line"] == "Other" and "narrative" not in found["detail"]
    # What it was made from is left as it is.
    assert content["core"]["tear_line"] == "B" and content["detail"] == {"narrative": "C"}
    assert reworded({"core": {"title": "A"}}, words) == {"core": {"title": "A"}}
    assert digest_of(words) != digest_of(words[:1]) and digest_of(()) == ""


def test_a_plan_with_words_for_no_text_is_refused():
    record = published_bulletin(**SAID)
    with pytest.raises(ValidationError, match="no such text"):
        give(record, worded("CBSA", core__hazard="no"))
    assert not sees("cbsa.officer", record)
    who = viewer("cbp.releaser")
    with viewing(who):
        refusals = preview(
            record, plan(worded("CBSA", core__hazard="no")), viewer=who, at=timezone.now()
        ).refusals
    assert any("no such text" in each for each in refusals)
