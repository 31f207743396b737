"""Tags and filters for the hub's templates: icons, drawings, markings, amounts, times."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.forms import Textarea
from django.forms.boundfield import BoundField, BoundWidget
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.pages import drawings
from hub.pages.assets import asset_url, icon_names

register = template.Library()

KG_OF_LB = Decimal("0.45359237")
METRIC = frozenset({"kg", "g", "mg", "tonne"})
IMPERIAL = frozenset({"lb", "oz"})
UNITS = {
    "tonne": gettext_lazy("tonnes"),
    "gal": gettext_lazy("US gallons"),
    "pills": gettext_lazy("pills"),
    "items": gettext_lazy("items"),
    "cartons": gettext_lazy("cartons"),
    "rounds": gettext_lazy("rounds"),
}
QUALIFIERS = {"approx": gettext_lazy("about"), "more_than": gettext_lazy("more than")}
TLP_COLOURS = ("red", "amber", "green", "clear")
# What a search puts around matched words (ts_headline StartSel, StopSel): characters that no text contains.
MATCH_START, MATCH_STOP = "\x02", "\x03"


def _of(item: Any, name: str, default: Any = "") -> Any:
    found = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
    return default if found is None else found


# --- Static files, icons ----------------------------------------------------------------------------------
@register.simple_tag
def asset(path: str) -> str:
    """The address of a built file: `{% asset "hub.css" %}`."""
    return asset_url(path)


@register.simple_tag
def icon(name: str, size: str = "", label: str = "", extra: str = "") -> SafeString:
    """An icon of the sprite, silent unless `label` says what it means. Raises ValueError for an unknown name."""
    if name not in icon_names():
        raise ValueError(f"no icon {name!r}: add it to assets/icons")
    classes = " ".join(part for part in ("icon", f"icon--{size}" if size else "", extra) if part)
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')  # noqa: S308
    return format_html(
        '<svg class="{}" {} focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        spoken,
        asset_url("icons.svg"),
        name,
    )


# --- Drawings ---------------------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def drawing(
    context: template.Context,
    codes: Collection[str] | None,
    mode: str = "read",
    transport: str = "",
    name: str = "methods",
    size: str = "",
) -> SafeString:
    """Where it was hidden, from vocabulary codes.

    `read` shows the fewest views with the codes marked and a key; `pick` is the form field `name`; `thumb` is a small image.
    `transport` (a mode of the vocabulary, or a drawing) says which drawing is meant where several have the zone.
    """
    chosen = list(dict.fromkeys(codes or ()))
    if mode == "thumb":
        return _thumb(chosen, transport, size)
    if mode == "read":
        return _read(chosen, transport)
    if mode == "pick":
        return _pick(context, chosen, transport, name)
    raise ValueError(f"drawing has no mode {mode!r}")


def _thumb(codes: list[str], transport: str, size: str) -> SafeString:
    on, shown = drawings.thumb_codes(codes, transport)
    url = reverse("drawing_thumb", args=["_".join(shown)]) + (f"?on={on}" if on else "")
    kind = " thumb--s" if size == "s" else ""
    return format_html(
        '<span class="thumb{}"><img src="{}" alt="" width="80" height="56" loading="lazy"></span>', kind, url
    )


def _read(codes: list[str], transport: str) -> SafeString:
    views = drawings.views_for(codes, transport)
    zoned = {code for view in views for code in view.codes}
    pictures = format_html_join("", "{}", ((drawings.as_reported(view, codes),) for view in views))
    keys = format_html_join(
        "",
        '<li class="key{}"><i></i><span>{} <span class="mono quiet">{}</span></span></li>',
        (("" if code in zoned else " key--none", drawings.label(code), code) for code in codes),
    )
    return format_html('{}<ul class="keys">{}</ul>', pictures, keys) if codes else mark_safe("")


def _pick(context: template.Context, codes: list[str], transport: str, name: str) -> SafeString:
    groups = [
        {
            "slug": found.slug,
            "title": found.title,
            "name": found.name,
            "svg": drawings.to_pick(found, codes),
            "extras": [_choice(code, codes) for code in drawings.EXTRAS.get(found.slug, ())],
            "choices": [
                _choice(code, codes)
                for code in dict.fromkeys(
                    (
                        *(
                            part.code
                            for view in found.views
                            for part in view.parts
                            if isinstance(part, drawings.Zone)
                        ),
                        *drawings.EXTRAS.get(found.slug, ()),
                    )
                )
            ],
        }
        for found in drawings.drawings().values()
    ]
    # A code on several drawings is one checkbox, in the list of the first.
    listed: set[str] = set()
    for group in groups:
        group["choices"] = [choice for choice in group["choices"] if choice["code"] not in listed]
        listed |= {choice["code"] for choice in group["choices"]}
    start = drawings.OF_MODE.get(transport, transport)
    if not start and (views := drawings.views_for(codes)):
        start = views[0].drawing
    return context.template.engine.get_template("parts/drawing_pick.html").render(  # type: ignore[union-attr]
        template.Context(
            {
                "groups": groups,
                "other": [_choice(code, codes) for code in drawings.OTHER],
                "name": name,
                "start": start if start in drawings.drawings() else "car",
                "unknown_codes": [code for code in codes if code not in drawings.ZONES],
            }
        )
    )


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
    return {"label": _of(item, "label"), "by": _of(item, "by"), "under": _of(item, "under")}


@register.filter
def marked(text: Any) -> SafeString:
    """Escapes `text`, then shows the words a search matched (between MATCH_START and MATCH_STOP) as such."""
    safe = escape(text)
    return mark_safe(re.sub(f"{MATCH_START}(.*?){MATCH_STOP}", r"<mark>\1</mark>", safe, flags=re.S))  # noqa: S308


# --- Amounts ----------------------------------------------------------------------------------------------
def _decimal(value: Any) -> Decimal | None:
    try:
        return None if value in (None, "") else Decimal(str(value))
    except InvalidOperation:
        return None


def _shown(value: Decimal, *, exact: bool = False) -> str:
    """As reported, or rounded: one decimal, below 1 three significant figures."""
    if not exact:
        if value and abs(value) < 1:
            value = value.quantize(Decimal(1).scaleb(value.adjusted() - 2))
        else:
            value = value.quantize(Decimal("0.1"))
    plain = format(value.normalize(), "f")
    decimals = len(plain.partition(".")[2])
    return number_format(plain, decimal_pos=decimals, use_l10n=True, force_grouping=True)


@register.simple_tag
def mass(substance: Any) -> str:
    """How much, as reported first and then in the other system: `962.31 lb (436.5 kg)`; counts stay counts."""
    quantity, kg = _decimal(_of(substance, "quantity")), _decimal(_of(substance, "mass_kg"))
    unit = str(_of(substance, "unit"))
    if quantity is None:
        return "" if kg is None else f"{_shown(kg)} kg ({_shown(kg / KG_OF_LB)} lb)"
    said = f"{_shown(quantity, exact=True)} {UNITS.get(unit, unit)}".strip()
    if word := QUALIFIERS.get(str(_of(substance, "qualifier"))):
        said = f"{word} {said}"
    if kg is None:
        return said
    if unit in METRIC:
        return f"{said} ({_shown(kg / KG_OF_LB)} lb)"
    if unit in IMPERIAL:
        return f"{said} ({_shown(kg)} kg)"
    return f"{said} ({_shown(kg)} kg, {_shown(kg / KG_OF_LB)} lb)"


@register.filter
def kilograms(kg: Any) -> str:
    """A sum in both systems: `1,204.5 kg (2,655.5 lb)`."""
    value = _decimal(kg)
    return "" if value is None else f"{_shown(value)} kg ({_shown(value / KG_OF_LB)} lb)"


# --- Times ------------------------------------------------------------------------------------------------
def _zone_name(moment: datetime) -> str:
    name = moment.tzname() or ""
    if re.fullmatch(r"[A-Za-z]+", name):
        return name
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


@register.simple_tag
def when(instant: Any, show: str = "") -> SafeString:
    """An instant in the reader's zone with the zone named, UTC on hover; a date as `22 Nov 2026`.

    `show` narrows an instant to "date" or "time". Accepts ISO text, as faces carry it.
    """
    if isinstance(instant, str):
        try:
            instant = datetime.fromisoformat(instant) if "T" in instant else date.fromisoformat(instant)
        except ValueError:
            return format_html("{}", instant)
    if isinstance(instant, datetime):
        if timezone.is_naive(instant):
            instant = instant.replace(tzinfo=UTC)
        return _instant(instant, show)
    if isinstance(instant, date):
        return format_html(
            '<time datetime="{}">{}</time>', instant.isoformat(), date_format(instant, "j M Y")
        )
    return mark_safe("")


def _instant(instant: datetime, show: str) -> SafeString:
    here, there = timezone.localtime(instant), instant.astimezone(UTC)
    day, clock = date_format(here, "j M Y"), f"{date_format(here, 'H:i')} {_zone_name(here)}"
    if show == "date":
        said = day
    elif show == "time":
        said = clock
    else:
        said = f"{day}, {clock}"
    utc = f"{date_format(there, 'j M Y, H:i')} UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', there.strftime("%Y-%m-%dT%H:%M:%SZ"), utc, said
    )


@register.simple_tag
def month(value: Any) -> SafeString:
    """`2026-11` as `November 2026`; a year alone stays a year."""
    text = value.strftime("%Y-%m") if isinstance(value, date) else str(value or "")
    if found := re.fullmatch(r"(\d{4})-(\d{2})(-\d{2})?", text):
        year, number = int(found[1]), int(found[2])
        if 1 <= number <= 12 and year:
            said = date_format(date(year, number, 1), "F Y")
            return format_html('<time datetime="{}-{}">{}</time>', found[1], found[2], said)
    return format_html("{}", text)


# --- Charts -----------------------------------------------------------------------------------------------
def _rows(rows: Any) -> tuple[list[tuple[str, Decimal, str]], Decimal]:
    """(label, value, href) of each row, and the value that fills the room."""
    plain = [
        (str(row[0]), _decimal(row[1]) or Decimal(0), (row[2] if len(row) > 2 else "") or "") for row in rows
    ]
    return plain, max((value for _label, value, _href in plain), default=Decimal(0)) or Decimal(1)


@register.inclusion_tag("parts/chart_bars.html")
def chart_bars(
    title: str, rows: Any, unit: str = "", newest: bool = False, labels: str = ""
) -> dict[str, Any]:
    """A table whose rows carry a bar. `rows` are (label, value, href); without an href the number is no link.

    `newest` marks the last bar; `labels` names the first column.
    """
    plain, most = _rows(rows)
    bars = [
        {
            "label": text,
            "value": _shown(value),
            "href": href,
            "share": f"{float(value / most) * 100:.2f}",
            "newest": newest and index == len(plain) - 1,
        }
        for index, (text, value, href) in enumerate(plain)
    ]
    return {"title": title, "bars": bars, "unit": unit, "labels": labels or _("Item")}


@register.inclusion_tag("parts/chart_columns.html")
def chart_columns(
    title: str, rows: Any, unit: str = "", newest: bool = False, labels: str = ""
) -> dict[str, Any]:
    """One column a row, for months and years, with the numbers in a table below. `rows` as for `chart_bars`."""
    plain, most = _rows(rows)
    columns = [
        {
            "label": text,
            "value": _shown(value),
            "href": href,
            "x": index * 10 + 1,
            "y": f"{100 - float(value / most) * 100:.2f}",
            "height": f"{float(value / most) * 100:.2f}",
            "newest": newest and index == len(plain) - 1,
        }
        for index, (text, value, href) in enumerate(plain)
    ]
    last = columns[-1] if columns else None
    width = len(columns) * 10
    return {
        "title": title,
        "columns": columns,
        "last": last,
        "unit": unit,
        "width": width,
        "labels": labels or _("Month"),
    }


@register.simple_tag
def spark(values: Any) -> SafeString:
    """Tiny columns beside a number that says the same; the newest is marked."""
    plain = [_decimal(value) or Decimal(0) for value in values]
    most = max(plain, default=Decimal(0)) or Decimal(1)
    bars = format_html_join(
        "",
        '<rect class="bar {}" x="{}" y="{}" width="7" height="{}"/>',
        (
            (
                "is-newest" if index == len(plain) - 1 else "bar--rest",
                index * 12,
                f"{27 - float(value / most) * 25:.1f}",
                f"{1 + float(value / most) * 25:.1f}",
            )
            for index, value in enumerate(plain)
        ),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} 28" aria-hidden="true" focusable="false">{}</svg>',
        max(len(plain), 1) * 12,
        bars,
    )


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
