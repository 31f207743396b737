"""Charts that the server draws: shares and heights worked out, the words beside them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hub.pages.amounts import decimal, shown

Bar = dict[str, Any]


def bars(rows: Iterable[Any], *, newest: bool) -> list[Bar]:
    """Each of `rows` (label, value, href) with its share of the largest, in percent."""
    plain = [(str(row[0]), decimal(row[1]) or Decimal(0), row[2] if len(row) > 2 else "") for row in rows]
    most = max((value for _label, value, _href in plain), default=Decimal(0)) or Decimal(1)
    found = []
    for index, (label, value, href) in enumerate(plain):
        share = float(max(value, Decimal(0)) / most) * 100
        last = newest and index == len(plain) - 1
        found.append(
            {
                "label": label,
                "value": shown(value),
                "href": href or "",
                "share": f"{share:.2f}",
                "newest": last,
                "x": index * 10 + 1,
                "y": f"{100 - share:.2f}",
            }
        )
    return found


def spark(values: Iterable[Any]) -> SafeString:
    """Tiny columns, the newest marked; the number beside them says the same."""
    found = bars([("", value) for value in values], newest=True)
    columns = format_html_join(
        "",
        '<rect class="bar {}" x="{}" y="{}" width="7" height="{}"/>',
        (
            (
                "is-newest" if bar["newest"] else "bar--rest",
                index * 12,
                f"{27 - float(bar['share']) / 4:.1f}",
                f"{1 + float(bar['share']) / 4:.1f}",
            )
            for index, bar in enumerate(found)
        ),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} 28" aria-hidden="true" focusable="false">{}</svg>',
        max(len(found), 1) * 12,
        columns,
    )
