"""The drawings as markup: zones reported, zones to pick, or a small stand-alone picture."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from hub.pages.drawings import LEADS, Box, Drawing, Line, View, Zone, drawings, label, views_for
from hub.pages.names import ZONES

# What a thumbnail shows for a code without a zone: the first view of its family, nothing marked.
FAMILIES = {
    "VEH": "car",
    "TRK": "truck",
    "LOAD": "truck",
    "CONT": "container",
    "VSL": "vessel",
    "RAILC": "railcar",
}
FAMILIES |= {"PERS": "person", "BAG": "person", "PCL": "parcel", "GOOD": "parcel", "FORM": "parcel"}
# Views made of tiles: a thumbnail shows the marked tiles and a little around them.
TILED = {("truck", "load"), ("container", "load"), ("parcel", "goods"), ("truck", "chassis")}


def _number(value: float) -> str:
    return f"{value:g}"


def _words(box: Box) -> str:
    return " ".join(_number(value) for value in box)


# --- Markup -----------------------------------------------------------------------------------------------
def _zone(zone: Zone, state: str, attributes: str = "", inner: str = "") -> str:
    return (
        f'<path class="zone{state}" fill="currentColor" fill-opacity=".04" data-code="{escape(zone.code)}"'
        f'{attributes} d="{zone.path}">{inner}</path>'
    )


def _open(view_box: Box, kind: str, attributes: str) -> str:
    return (
        f'<svg class="drawing{kind}" viewBox="{_words(view_box)}" {attributes} fill="none"'
        ' stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round">'
    )


def _moved(view: View) -> str:
    return f'<g transform="translate({_number(view.box[0])} {_number(view.box[1])})">'


def _body(view: View, top: float = 12) -> Box:
    """The view without the line of its caption."""
    x, y, width, height = view.box
    return x, y + top, width, height - top


def as_reported(view: View, codes: Collection[str]) -> SafeString:
    """One view with the zones of `codes` marked, described in words for whoever does not see it."""
    shown = [label(code) for code in codes if code in view.codes]
    name = _("%(drawing)s, %(view)s. Marked: %(zones)s") % {
        "drawing": drawings()[view.drawing].name,
        "view": view.caption,
        "zones": ", ".join(shown),
    }
    parts = [_open(_body(view), " drawing--read", f'role="img" aria-label="{escape(name)}"'), _moved(view)]
    for part in view.parts:
        if isinstance(part, Zone):
            state = " is-reported" if part.code in codes else ""
            parts.append(_zone(part, state, inner=f"<title>{escape(label(part.code))}</title>"))
        else:
            parts.append(part.markup if isinstance(part, Line) else part)
    return mark_safe("".join((*parts, "</g></svg>")))  # noqa: S308 - our own drawing; names are escaped


def to_pick(drawing: Drawing, selected: Collection[str]) -> SafeString:
    """A whole drawing whose zones are checkboxes; a script keeps them in step with the real ones."""
    question = _("%(drawing)s: where was it hidden?") % {"drawing": drawing.name}
    parts = [_open(drawing.box, "", f'role="group" aria-label="{escape(question)}"')]
    for view in drawing.views:
        parts.append(_moved(view))
        parts.append(
            '<text class="cap" pointer-events="none" aria-hidden="true" x="6" y="11" font-size="12"'
            f' fill="currentColor" stroke="none">{escape(view.caption)}</text>'
        )
        for part in view.parts:
            if not isinstance(part, Zone):
                parts.append(part.markup if isinstance(part, Line) else part)
                continue
            name = escape(label(part.code))
            on = part.code in selected
            checked = "true" if on else "false"
            attributes = f' tabindex="0" role="checkbox" aria-checked="{checked}" aria-label="{name}"'
            if (leads := LEADS.get((drawing.slug, part.code))) is not None:
                attributes = f' tabindex="0" role="button" data-leads="{leads}" aria-label="{name}"'
            parts.append(_zone(part, " is-selected" if on else "", attributes, f"<title>{name}</title>"))
        parts.append("</g>")
    return mark_safe("".join((*parts, "</svg>")))  # noqa: S308 - our own drawing; names are escaped


def thumb_codes(codes: Iterable[str], transport: str = "") -> tuple[str, list[str]]:
    """(drawing, codes) that a thumbnail shows: those of the view that holds most of them, in stable order."""
    known = [code for code in dict.fromkeys(codes) if code in ZONES]
    found = views_for(known, transport)
    if not found:
        return "", known[:1] or ["UNK"]
    view = max(found, key=lambda view: len(view.codes.intersection(known)))
    return view.drawing, sorted(code for code in known if code in view.codes)[:6]


def _thumb_view(codes: Collection[str], drawing: str) -> View:
    if found := views_for(codes, drawing):
        return max(found, key=lambda view: len(view.codes.intersection(codes)))
    family = FAMILIES.get(next(iter(codes)).split("-")[0])
    if family:
        return drawings()[family].views[0]
    return next(view for view in drawings()["truck"].views if "LOAD-UNSP" in view.codes)


def _thumb_box(view: View, codes: Collection[str]) -> Box:
    marked = [part.box for part in view.parts if isinstance(part, Zone) and part.code in codes]
    unknown = not marked and (view.drawing, view.name) == ("truck", "load")
    if unknown:
        marked = [part.box for part in view.parts if isinstance(part, Zone) and part.code == "LOAD-UNSP"]
    if not marked or (view.drawing, view.name) not in TILED:
        return _body(view, 14)
    left, top = min(box[0] for box in marked) - 3, min(box[1] for box in marked) - 3
    right = max(box[0] + box[2] for box in marked) + 3
    bottom = max(box[1] + box[3] for box in marked) + 3
    return left, top, right - left, bottom - top


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def thumbnail(codes: Collection[str], drawing: str = "") -> str:
    """A small stand-alone SVG for lists, with the zones of `codes` marked; no ids, no titles, no small lines.

    Raises KeyError for a code that no drawing and no button knows.
    """
    for code in codes:
        ZONES[code]
    view = _thumb_view(codes, drawing)
    box = _thumb_box(view, codes)
    line = max(box[2] / 80, box[3] / 56) * 1.2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_number(box[2])}" height="{_number(box[3])}"'
        f' viewBox="{_words(box)}" fill="none"'
        f' stroke="#1b1b1b" stroke-width="{line:.2f}" stroke-linejoin="round" stroke-linecap="round">',
        _moved(view),
    ]
    for part in view.parts:
        if isinstance(part, str):
            parts.append(part)
        elif not _meet(part.box, box):
            continue
        elif isinstance(part, Line):
            if 'class="art"' in part.markup:
                parts.append(re.sub(r' ?(class|pointer-events)="[^"]*"', "", part.markup))
        elif part.code in codes:
            paint = f'fill="#c05600" fill-opacity=".55" stroke="#c05600" stroke-width="{line * 2:.2f}"'
            parts.append(f'<path {paint} d="{part.path}"/>')
        else:
            parts.append(f'<path fill="#1b1b1b" fill-opacity=".04" d="{part.path}"/>')
    return "".join((*parts, "</g></svg>"))
