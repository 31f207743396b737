"""The drawings: their zones are the vocabulary, each code can be reported, pictures say nothing else."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import RequestFactory
from django.utils.translation import gettext

from hub.pages import drawings, pictures
from hub.pages.names import DRAWINGS, VIEWS, ZONES
from hub.pages.views import drawing_thumb

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "assets" / "drawings").glob("*.svg"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


TABLE = rows(ROOT / "assets" / "drawings" / "zones.csv")


def zones() -> Iterator[tuple[str, str]]:
    for source in SOURCES:
        for element in ElementTree.parse(source).iter():
            if code := element.get("data-code"):
                yield f"drawings/{source.name}", code


def test_the_table_of_zones_is_what_the_drawings_hold():
    assert sorted(zones()) == sorted((row["file"], row["code"]) for row in TABLE if row["file"])


def test_zones_and_vocabulary_name_the_same_codes():
    methods = rows(ROOT / "bulletins" / "vocabulary" / "data" / "methods.csv")
    assert {row["code"] for row in TABLE} == {row["code"] for row in methods} == set(ZONES)
    assert {row["code"]: row["label"] for row in methods} == {code: str(name) for code, name in ZONES.items()}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_drawing_needs_no_style_and_no_script_and_keeps_its_ids_apart(source):
    text = source.read_text(encoding="utf-8")
    assert not re.search(r"<style|<script| style=| on[a-z]+=|href=", text)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_every_view_and_drawing_has_a_name_to_translate():
    found = drawings.drawings()
    assert list(found) == list(DRAWINGS)
    assert {(view.drawing, view.name) for drawing in found.values() for view in drawing.views} == set(VIEWS)


def test_every_code_can_be_picked_by_a_zone_or_a_button():
    on_zones = {code for _file, code in zones()} - {code for _drawing, code in drawings.LEADS}
    on_buttons = {code for codes in drawings.EXTRAS.values() for code in codes} | set(drawings.OTHER)
    assert on_zones | on_buttons == set(ZONES)


def test_one_drawing_is_chosen_for_codes_that_stand_on_one():
    views = drawings.views_for(["VEH-MECH-FUEL", "TRK-CAB"])
    assert [(view.drawing, view.name) for view in views] == [("truck", "outside")]


@pytest.mark.parametrize(
    ("transport", "drawing"),
    [("passenger_vehicle", "car"), ("commercial_truck", "truck"), ("truck", "truck")],
)
def test_the_transport_decides_between_drawings_with_the_same_zone(transport, drawing):
    assert {view.drawing for view in drawings.views_for(["VEH-MECH-FUEL"], transport)} == {drawing}


def test_codes_of_several_drawings_are_all_shown():
    views = drawings.views_for(["PERS-SHOE", "VSL-HULL", "RAILC-BEAM", "UNK"])
    assert {view.drawing for view in views} == {"person", "vessel", "railcar"}


@pytest.mark.parametrize("code", ZONES)
def test_every_code_has_a_thumbnail_that_is_an_image_of_its_own(code):
    picture = ElementTree.fromstring(pictures.thumbnail([code]))
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    drawn = {element.tag.rpartition("}")[2] for element in picture.iter()}
    assert drawn <= {"svg", "g", "path"}
    assert not [element for element in picture.iter() if element.get("id") or element.get("data-code")]
    marked = [element for element in picture.iter() if element.get("fill") == "#c05600"]
    assert len(marked) == (1 if any(code == zone for _file, zone in zones()) else 0)


def test_the_reported_view_names_what_it_marks_and_marks_nothing_else():
    (view,) = drawings.views_for(["VEH-MECH-FUEL"], "truck")
    markup = pictures.as_reported(view, ["VEH-MECH-FUEL"])
    assert markup.count("is-reported") == 1
    assert "tabindex" not in markup and " id=" not in markup
    assert gettext("Fuel tank") in ElementTree.fromstring(markup).get("aria-label", "")


def test_zones_to_pick_are_checkboxes_with_names():
    root = ElementTree.fromstring(pictures.to_pick(drawings.drawings()["car"], ["VEH-INT-SEAT"]))
    boxes = [element for element in root.iter() if element.get("role") == "checkbox"]
    assert {box.get("data-code") for box in boxes} == drawings.drawings()["car"].codes
    assert [box.get("data-code") for box in boxes if box.get("aria-checked") == "true"] == ["VEH-INT-SEAT"]
    assert all(box.get("aria-label") and box.get("tabindex") == "0" for box in boxes)


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ("VEH-MECH-FUEL", 200),
        ("VEH-BODY-DOOR_VEH-INT-SEAT", 200),
        ("NO-SUCH", 404),
        ("UNK_NO-SUCH", 404),
        ("<b>", 404),
    ],
)
def test_thumbnails_are_served_for_codes_of_the_vocabulary_alone(codes, status):
    from django.http import Http404

    request = RequestFactory().get(f"/drawings/{codes}.svg")
    if status == 404:
        with pytest.raises(Http404):
            drawing_thumb(request, codes=codes)
        return
    answer = drawing_thumb(request, codes=codes)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert "public" in answer["Cache-Control"]


def test_a_thumbnail_of_seven_codes_is_refused():
    from django.http import Http404

    with pytest.raises(Http404):
        drawing_thumb(RequestFactory().get("/"), codes="_".join(list(ZONES)[:7]))
