"""Cells of files that spreadsheets open: nothing in them becomes a formula."""

from __future__ import annotations

import re

# A spreadsheet takes what begins so for a formula, and would run it; some take the wide signs as well.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What no cell of a workbook can hold.
BARRED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST = 32_767


def is_risky(text: str) -> bool:
    return text.startswith(RISKY)


def guarded(text: str) -> str:
    """Words of people that a spreadsheet would take for a formula get an apostrophe before them."""
    return f"'{text}" if is_risky(text) else text


def held(text: str) -> str:
    """What a cell of a workbook can hold of `text`; one that is cut short says so."""
    kept = BARRED.sub("", text)
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 1]}…"
