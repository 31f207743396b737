"""The cells of one row: each reading either gives a typed value or notes why it cannot."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from django.utils.translation import gettext as _

CELL_LIMIT = 10_000
EXCERPT_LIMIT = 60
NUMBER_LIMIT = 24
EARLIEST = date(1970, 1, 1)
HUNDRED_THOUSANDTH = Decimal("0.00001")  # of a degree: about a metre

_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_PLAIN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SERIAL_DAY = re.compile(r"[1-9]\d{4}(\.\d+)?", re.ASCII)
# Control characters but tab and line ends; and bytes that are no UTF-8, as `surrogateescape` reads them.
_ESCAPED_BYTES = "\udc80"
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udcff]")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """Why a cell was refused; `column` is empty where it is the row itself."""

    column: str
    reason: str
    value_excerpt: str = ""


class Cells:
    """Readings of one row by column name. What cannot be read is noted in `problems` and comes back empty."""

    def __init__(self, values: dict[str, str], *, today: date, decimal_comma: bool = False) -> None:
        self.raw = tuple(values.values())
        self._values = {column: value.strip() for column, value in values.items()}
        self._latest = today + timedelta(days=1)  # where the day begins first it is already tomorrow
        self._decimal_comma = decimal_comma
        self.problems: list[Problem] = []
        for column, value in self._values.items():
            if len(value) > CELL_LIMIT:
                self._values[column] = ""
                reason = _("longer than %(limit)s characters (%(length)s)")
                self._note(column, reason % {"limit": CELL_LIMIT, "length": len(value)}, value)
            elif value.startswith("="):
                self._values[column] = ""
                self._note(column, _("begins with “=”: a formula is not computed, write its value"), value)
            elif found := _unreadable(value):
                self._values[column] = ""
                self._note(column, found, value)

    def has(self, column: str) -> bool:
        return column in self._values

    def refuse(self, column: str, reason: str) -> None:
        """Note a problem, once a column: what follows from the first is noise."""
        if all(problem.column != column for problem in self.problems):
            self._note(column, reason, self._values[column])

    def text(self, column: str, limit: int = CELL_LIMIT, *, required: bool = False) -> str:
        value = unicodedata.normalize("NFC", self._values[column])
        if len(value) > limit:
            self.refuse(column, _("longer than %(limit)s characters") % {"limit": limit})
            return ""
        if required and not value:
            self.refuse(column, _("must not be empty"))
        return value

    def word(self, column: str, known: Collection[str], *, required: bool = False) -> str:
        """One code of `known`."""
        value = self.text(column, required=required)
        if value and value not in known:
            self.refuse(column, _("unknown code"))
            return ""
        return value

    def words(self, column: str, known: Collection[str]) -> tuple[str, ...]:
        """Codes of `known`, separated by semicolons, each once."""
        values = [word.strip() for word in self._values[column].split(";") if word.strip()]
        if unknown := [word for word in values if word not in known]:
            self.refuse(column, _("unknown code: %(code)s") % {"code": excerpt(unknown[0])})
            return ()
        return tuple(dict.fromkeys(values))

    def number(self, column: str, *, digits: int = 10, decimals: int = 4) -> Decimal | None:
        """A number not below 0, with at most so many digits before the point and so many after it."""
        value = self._number(column)
        if value is None:
            return None
        if value < 0:
            self.refuse(column, _("must not be negative"))
            return None
        if value >= 10**digits or -int(value.normalize().as_tuple().exponent) > decimals:
            reason = _("must have at most %(digits)s digits before the point and %(decimals)s after it")
            self.refuse(column, reason % {"digits": digits, "decimals": decimals})
            return None
        return value

    def whole(self, column: str, most: int) -> int | None:
        value = self.number(column)
        if value is None:
            return None
        if value != int(value) or value > most:
            self.refuse(column, _("must be a whole number up to %(most)s") % {"most": most})
            return None
        return int(value)

    def degrees(self, column: str, most: int) -> Decimal | None:
        """Degrees to the fifth decimal."""
        value = self._number(column, coordinate=True)
        if value is not None and abs(value) > most:
            self.refuse(column, _("must lie between %(least)s and %(most)s") % {"least": -most, "most": most})
            return None
        return None if value is None else value.quantize(HUNDRED_THOUSANDTH)

    def day(self, column: str) -> date | None:
        """A date between 1970 and today."""
        value = self._values[column]
        if not value:
            return None
        try:
            found = date.fromisoformat(value) if _PLAIN_DAY.fullmatch(value) else None
        except ValueError:
            self.refuse(column, _("there is no such day"))
            return None
        if found is None and _SERIAL_DAY.fullmatch(value):
            self.refuse(column, _("this is a day's number in a spreadsheet: write the date, as YYYY-MM-DD"))
            return None
        if found is None:
            self.refuse(column, _("a date is written YYYY-MM-DD"))
            return None
        if not EARLIEST <= found <= self._latest:
            self.refuse(column, _("the date is in the future, or before 1970"))
            return None
        return found

    def web_address(self, column: str, limit: int) -> str:
        value = self.text(column, limit)
        if value and not _WEB_ADDRESS.fullmatch(value):
            self.refuse(column, _("must be a web address (http or https)"))
            return ""
        return value

    def _number(self, column: str, *, coordinate: bool = False) -> Decimal | None:
        value = self._values[column]
        if not value:
            return None
        if self._decimal_comma and "." not in value:
            if re.fullmatch(r"-?\d+,\d{3}", value, re.ASCII) and not coordinate:
                self.refuse(
                    column, _("may be thousands or a fraction; write it with a point, or without a comma")
                )
                return None
            value = value.replace(",", ".", 1)
        if len(value) > NUMBER_LIMIT or not _PLAIN_NUMBER.fullmatch(value):
            self.refuse(column, _("must be a plain number such as 1234.5"))
            return None
        return Decimal(value)

    def _note(self, column: str, reason: str, value: str) -> None:
        self.problems.append(Problem(column, reason, excerpt(value)))


def excerpt(value: str) -> str:
    """The value's beginning, safe to print: what no screen shows is written as an escape."""
    shown = value if len(value) <= EXCERPT_LIMIT else value[: EXCERPT_LIMIT - 1] + "…"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in shown
    )


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1, two letters."""
    import pycountry  # opens its files on import

    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def currency_codes() -> frozenset[str]:
    """ISO 4217, three letters."""
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def _unreadable(value: str) -> str:
    """Why the text cannot be kept at all, or nothing."""
    found = _UNREADABLE.search(value)
    if not found:
        return ""
    if found[0] == "\x00":
        return _("holds a NUL byte")
    if found[0] < _ESCAPED_BYTES:
        return _("holds a control character")
    reason = _("not UTF-8 (byte %(byte)s): save the file as “CSV UTF-8”")
    return reason % {"byte": f"0x{ord(found[0]) - 0xDC00:02X}"}
