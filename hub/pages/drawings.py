"""The drawings of concealment: views, zones, and which of them shows given codes. Read once."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from django.utils.html import escape

from hub.pages.names import DRAWINGS, VIEWS, ZONES

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "drawings"
SVG = "{http://www.w3.org/2000/svg}"

# Which drawing is meant where a zone stands on several; by transport mode of the vocabulary.
OF_MODE = {
    "passenger_vehicle": "car",
    "highway_stop": "car",
    "bus": "car",
    "commercial_truck": "truck",
    "air_cargo": "container",
    "express_parcel": "parcel",
    "international_mail": "parcel",
    "air_passenger": "person",
    "pedestrian": "person",
    "vessel": "container",
    "small_boat": "vessel",
    "rail": "railcar",
}

# Codes without a zone of their own are buttons under the drawing of their family, or under "Other".
EXTRAS = {
    "car": ("VEH-TRAP", "VEH-MULTI", "VEH-UNSP", "VEH-BODY", "VEH-INT", "VEH-MECH", "VEH"),
    "truck": ("TRK-UNSP", "TRK", "LOAD"),
    "container": ("CONT-UNSP", "CONT"),
    "parcel": ("PCL-UNSP", "PCL", "GOOD", "FORM"),
    "person": ("PERS-UNSP", "PERS", "BAG"),
    "vessel": ("VSL-UNSP", "VSL"),
    "railcar": ("RAILC",),
}
OTHER = (
    *("AIRC", "AIRC-PANEL", "AIRC-AVION"),
    *("DELV", "DELV-DRONE", "DELV-ULTRA", "DELV-TUN", "DELV-THROW"),
    *("OPEN", "OPEN-UNDECL", "UNK"),
)
# A zone that only leads to another drawing, where the code itself is a button.
LEADS = {("vessel", "CONT"): "container"}
Box = tuple[float, float, float, float]  # x, y, width, height


@dataclass(frozen=True)
class Zone:
    code: str
    path: str
    box: Box


@dataclass(frozen=True)
class Line:
    """Drawn, and nothing to report."""

    markup: str
    box: Box


@dataclass(frozen=True)
class View:
    """One view of a drawing: its parts in painting order; a plain text opens or closes a group."""

    drawing: str
    name: str
    box: Box
    parts: tuple[Zone | Line | str, ...]
    codes: frozenset[str]

    @property
    def caption(self) -> str:
        return str(VIEWS[self.drawing, self.name])


@dataclass(frozen=True)
class Drawing:
    slug: str
    box: Box
    views: tuple[View, ...]

    @property
    def codes(self) -> frozenset[str]:
        return frozenset().union(*(view.codes for view in self.views))

    @property
    def codes_in_order(self) -> tuple[str, ...]:
        return tuple(part.code for view in self.views for part in view.parts if isinstance(part, Zone))

    @property
    def title(self) -> str:
        return str(DRAWINGS[self.slug][0])

    @property
    def name(self) -> str:
        return str(DRAWINGS[self.slug][1])


# --- Reading the sources ----------------------------------------------------------------------------------
def _shift(group: ElementTree.Element) -> tuple[float, float]:
    found = re.fullmatch(r"translate\((-?[\d.]+) (-?[\d.]+)\)", group.get("transform", ""))
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _box_of(path: str, dx: float, dy: float) -> Box:
    """The extent of a path of absolute commands; control points count: near enough for a thumbnail."""
    xs: list[float] = []
    ys: list[float] = []
    for command, text in re.findall(r"([A-Z])([^A-Z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", text)]
        if command == "H":
            xs += numbers
        elif command == "V":
            ys += numbers
        elif command == "A":
            xs += numbers[5::7]
            ys += numbers[6::7]
        else:
            xs += numbers[0::2]
            ys += numbers[1::2]
    return min(xs) + dx, min(ys) + dy, max(xs) - min(xs), max(ys) - min(ys)


def _box(text: str) -> Box:
    x, y, width, height = (float(number) for number in text.split())
    return x, y, width, height


def _read_view(slug: str, group: ElementTree.Element) -> View:
    dx, dy = _shift(group)
    parts: list[Zone | Line | str] = []

    def walk(element: ElementTree.Element, dx: float, dy: float) -> None:
        for child in element:
            tag = child.tag.removeprefix(SVG)
            if tag == "g":
                moved = child.get("transform")
                parts.append(f'<g transform="{moved}">' if moved else "<g>")
                more = _shift(child)
                walk(child, dx + more[0], dy + more[1])
                parts.append("</g>")
            elif tag == "text":
                continue  # the caption: written again from its translation
            elif "data-code" in child.attrib:
                parts.append(
                    Zone(child.attrib["data-code"], child.attrib["d"], _box_of(child.attrib["d"], dx, dy))
                )
            else:
                words = " ".join(f'{name}="{escape(value)}"' for name, value in child.attrib.items())
                parts.append(Line(f"<{tag} {words}/>", _box_of(child.attrib["d"], dx, dy)))

    walk(group, dx, dy)
    codes = frozenset(part.code for part in parts if isinstance(part, Zone))
    return View(slug, group.attrib["data-view"], _box(group.attrib["data-viewbox"]), tuple(parts), codes)


@cache
def drawings() -> dict[str, Drawing]:
    """Every drawing by its slug, in the order of the tabs."""
    found = {}
    for slug in DRAWINGS:
        root = ElementTree.parse(FOLDER / f"{slug}.svg").getroot()  # noqa: S314 - our own files
        views = tuple(_read_view(slug, group) for group in root if group.get("class") == "view")
        found[slug] = Drawing(slug, _box(root.attrib["viewBox"]), views)
    return found


# --- Which picture ----------------------------------------------------------------------------------------
def views_for(codes: Collection[str], transport: str = "") -> list[View]:
    """The fewest views, of the fewest drawings, that show all of `codes` which have a zone."""
    prefer = OF_MODE.get(transport, transport)
    left = set(codes) & set().union(*(drawing.codes for drawing in drawings().values()))
    chosen: list[View] = []
    while left:
        best = max(
            drawings().values(), key=lambda drawing: (len(drawing.codes & left), drawing.slug == prefer)
        )
        chosen += [view for view in best.views if view.codes & left]
        left -= best.codes
    return chosen


def label(code: str) -> str:
    """The translated name of a method; a code the drawings do not know names itself."""
    return str(ZONES.get(code, code))
