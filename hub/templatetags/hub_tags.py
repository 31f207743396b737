"""Tags and filters for the hub's templates: icons, drawings, markings, amounts, times."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django import template
from django.forms import Textarea
from django.forms.boundfield import BoundField, BoundWidget
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from hub.pages import amounts, charts, drawings, pictures, times
from hub.pages.assets import asset_url, icon_names

register = template.Library()

TLP_COLOURS = ("red", "amber", "green", "clear")
# What a search puts around matched words (ts_headline StartSel, StopSel): characters that no text contains.
MATCH_START, MATCH_STOP = "\x02", "\x03"


# --- Static files, icons ----------------------------------------------------------------------------------
@register.simple_tag
def asset(path: str) -> str:
    """The address of a built file: `{% asset "hub.css" %}`."""
    return asset_url(path)


@register.simple_tag
def icon(name: str, size: str = "", label: str = "", extra: str = "") -> SafeString:
    """An icon of the sprite, silent unless `label` says what it means; ValueError for an unknown name."""
    if name not in icon_names():
        raise ValueError(f"no icon {name!r}: add it to assets/icons")
    classes = " ".join(part for part in ("icon", f"icon--{size}" if size else "", extra) if part)
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        spoken,
        asset_url("icons.svg"),
        name,
    )


# --- Drawings ---------------------------------------------------------------------------------------------
@register.simple_tag
def drawing(
    codes: Collection[str] | None,
    mode: str = "read",
    transport: str = "",
    name: str = "methods",
    size: str = "",
) -> SafeString:
    """Where it was hidden, from vocabulary codes.

    `read` shows the fewest views with the codes marked, and a key; `pick` is the form field `name`; `thumb`
    is a small image. `transport`, a mode of the vocabulary, says which drawing where several have a zone.
    """
    chosen = list(dict.fromkeys(codes or ()))
    if mode == "thumb":
        return _thumb(chosen, transport, size)
    if mode == "read":
        return _read(chosen, transport)
    if mode == "pick":
        return _pick(chosen, transport, name)
    raise ValueError(f"drawing has no mode {mode!r}")


def _thumb(codes: list[str], transport: str, size: str) -> SafeString:
    on, shown = pictures.thumb_codes(codes, transport)
    url = reverse("drawing_thumb", args=["_".join(shown)]) + (f"?on={on}" if on else "")
    kind = " thumb--s" if size == "s" else ""
    return format_html(
        '<span class="thumb{}"><img src="{}" alt="" width="80" height="56" loading="lazy"></span>', kind, url
    )


def _read(codes: list[str], transport: str) -> SafeString:
    views = drawings.views_for(codes, transport)
    zoned = {code for view in views for code in view.codes}
    shown = format_html_join("", "{}", ((pictures.as_reported(view, codes),) for view in views))
    keys = format_html_join(
        "",
        '<li class="key{}"><i></i><span>{} <span class="mono quiet">{}</span></span></li>',
        (("" if code in zoned else " key--none", drawings.label(code), code) for code in codes),
    )
    return format_html('{}<ul class="keys">{}</ul>', shown, keys) if codes else mark_safe("")


def _pick(codes: list[str], transport: str, name: str) -> SafeString:
    listed: set[str] = set()

    def group(found: drawings.Drawing) -> dict[str, Any]:
        extras = drawings.EXTRAS[found.slug]
        # A code on several drawings is one checkbox, in the list of the first.
        fresh = [code for code in dict.fromkeys((*found.codes_in_order, *extras)) if code not in listed]
        listed.update(fresh)
        return {
            "slug": found.slug,
            "title": found.title,
            "name": found.name,
            "svg": pictures.to_pick(found, codes),
            "extras": [_choice(code, codes) for code in (*extras, "UNK")],
            "choices": [_choice(code, codes) for code in fresh],
        }

    start = drawings.OF_MODE.get(transport, transport)
    if not start and (views := drawings.views_for(codes)):
        start = views[0].drawing
    known = {
        "groups": [group(found) for found in drawings.drawings().values()],
        "other": [_choice(code, codes) for code in drawings.OTHER],
        "name": name,
        "start": start if start in drawings.drawings() else "car",
        # A code the drawings do not know is kept when the form is sent.
        "unknown_codes": [code for code in codes if code not in drawings.ZONES],
    }
    return mark_safe(get_template("parts/drawing_pick.html").render(known))  # noqa: S308 - an escaping template


def _choice(code: str, chosen: Collection[str]) -> dict[str, Any]:
    return {"code": code, "label": drawings.label(code), "on": code in chosen}


@register.filter
def method_label(code: str) -> str:
    """The translated name of a concealment method."""
    return drawings.label(code)


# --- Forms ------------------------------------------------------------------------------------------------
WIDGETS = {
    "select": "usa-select",
    "textarea": "usa-textarea",
    "checkbox": "usa-checkbox__input",
    "radio": "usa-radio__input",
}


@register.filter
def usa(field: BoundField) -> SafeString:
    """A form field's widget with the USWDS class, and its hint and errors as its description."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "") or ("textarea" if isinstance(widget, Textarea) else "")
    classes = f"{WIDGETS.get(kind, 'usa-input')} {widget.attrs.get('class', '')}".strip()
    attributes: dict[str, Any] = {"class": f"{classes} usa-input--error" if field.errors else classes}
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    if field.errors:
        described.append(f"{field.auto_id}_error")
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attributes)


@register.filter
def usa_choice(choice: BoundWidget) -> SafeString:
    """One checkbox or radio of a group, without Django's own label around it."""
    data = choice.data
    data["attrs"]["class"] = WIDGETS[data["type"]]
    data["wrap_label"] = False
    return choice.tag(wrap_label=False)


# --- Markings and what is withheld ------------------------------------------------------------------------
@register.simple_tag
def tlp(marking: str) -> SafeString:
    """A TLP label in its own colours: `{% tlp "TLP:AMBER+STRICT" %}`."""
    return (
        format_html('<span class="tlp {}">{}</span>', tlp_class(marking), marking)
        if marking
        else mark_safe("")
    )


@register.filter
def tlp_class(marking: str) -> str:
    """The class of a TLP level's colour; an unknown level is shown as RED."""
    word = re.sub(r"^TLP:|\+STRICT$", "", str(marking).upper()).lower()
    return f"tlp-{word if word in TLP_COLOURS else 'red'}"


@register.inclusion_tag("parts/withheld.html")
def withheld(item: Any) -> dict[str, Any]:
    """A quiet line where a part is withheld: `label`, `by` (who), `under` (what)."""
    return {
        "label": amounts.of(item, "label"),
        "by": amounts.of(item, "by"),
        "under": amounts.of(item, "under"),
    }


@register.filter
def marked(text: Any) -> SafeString:
    """Escapes `text`, then shows the words a search matched (between MATCH_START and MATCH_STOP) as such."""
    safe = escape(text)
    return mark_safe(re.sub(f"{MATCH_START}(.*?){MATCH_STOP}", r"<mark>\1</mark>", safe, flags=re.S))  # noqa: S308


# --- Amounts, times, charts -------------------------------------------------------------------------------
@register.simple_tag
def mass(substance: Any) -> str:
    """How much, as reported first and then in the other system: `962.31 lb (436.5 kg)`."""
    return amounts.amount(substance)


@register.filter
def kilograms(kg: Any) -> str:
    """A sum in both systems: `1,204.5 kg (2,655.5 lb)`."""
    return amounts.in_kilograms(kg)


@register.simple_tag
def when(instant: Any, show: str = "") -> SafeString:
    """An instant in the reader's zone with the zone named, UTC on hover; a date as `22 Nov 2026`."""
    return times.as_time(instant, show)


@register.simple_tag
def month(value: Any) -> SafeString:
    """`2026-11` as `November 2026`; a year alone stays a year."""
    return times.as_month(value)


@register.inclusion_tag("parts/chart_bars.html")
def chart_bars(
    title: str, rows: Any, unit: str = "", newest: bool = False, labels: str = ""
) -> dict[str, Any]:
    """A table whose rows carry a bar. `rows` are (label, value, href); `labels` names the first column."""
    found = charts.bars(rows, newest=newest)
    return {"title": title, "bars": found, "unit": unit, "labels": labels or _("Item")}


@register.inclusion_tag("parts/chart_columns.html")
def chart_columns(
    title: str, rows: Any, unit: str = "", newest: bool = False, labels: str = ""
) -> dict[str, Any]:
    """One column a row, for months and years, with the numbers in a table below."""
    found = charts.bars(rows, newest=newest)
    return {
        "title": title,
        "columns": found,
        "unit": unit,
        "width": len(found) * 10,
        "labels": labels or _("Month"),
    }


@register.simple_tag
def spark(values: Any) -> SafeString:
    """Tiny columns beside a number that says the same."""
    return charts.spark(values)


@register.inclusion_tag("parts/progress.html")
def progress(done: int, total: int, label: str = "") -> dict[str, Any]:
    """A bar for `done` of `total`; `label` says of what."""
    return {
        "done": done,
        "total": max(total, 1),
        "label": label or _("%(done)s of %(total)s") % {"done": done, "total": total},
    }


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with `changes`; None or "" drops a name: `{% query mode="" after="" %}`."""
    request = context.get("request")
    current = request.GET.copy() if request is not None else None
    if current is None:
        return ""
    for name, value in changes.items():
        current.pop(name, None)
        if value not in (None, ""):
            current[name] = value
    return "?" + current.urlencode() if current else "?"
