"""Search over what the reader is shown: a page of results, and the words of each that matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from bulletins.models import Found
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.templatetags.hub_tags import MATCH_START, MATCH_STOP
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.facets import COUNTED, Facet, counts_of, facets_of
from sharing.disclosures.filters import Filters
from sharing.disclosures.paging import Keys, page_of
from sharing.disclosures.wording import word


@dataclass(frozen=True)
class Results:
    """`total` counts to just past `COUNTED`."""

    keys: Keys
    total: int
    facets: tuple[Facet, ...]


def search(viewer: Viewer, filters: Filters) -> Results:
    """What `viewer` is shown that fits. Words match, and filters narrow, what is shown to them alone."""
    matching = Found.objects.visible_to(viewer).matching(filters.words)
    keys = page_of(filters.narrow(matching), by="issued_at", after=filters.after)
    total, counts = counts_of(matching, filters)
    return Results(keys, total, tuple(facets_of(filters, counts, over=total > COUNTED)))


def highlights(shown: Sequence[Disclosure], words: str) -> list[tuple[str, str]]:
    """For each disclosure its title and a few words of its text, both with the matches marked.

    Made of what was disclosed alone: what is withheld cannot be quoted. A text without a match is left out.
    """
    if not words or not shown:
        return [("", "")] * len(shown)
    titles = [_plain(each.title) for each in shown]
    texts = [_plain(_text(each)) for each in shown]
    options = f"StartSel={MATCH_START}, StopSel={MATCH_STOP}"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select ts_headline('english', t.title, q.words, %s), ts_headline('english', t.body, q.words, %s)
            from unnest(%s::text[], %s::text[]) with ordinality t(title, body, place),
                 (select websearch_to_tsquery('english', %s) as words) q
            order by t.place
            """,
            [
                f"{options}, HighlightAll=true",
                f'{options}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … "',
                titles,
                texts,
                words,
            ],
        )
        found = cursor.fetchall()
    return [(title, body if MATCH_START in body else "") for title, body in found]


def _plain(text: str) -> str:
    return text.replace(MATCH_START, "").replace(MATCH_STOP, "")


def _text(shown: Disclosure) -> str:
    """What stands on the page in words, group by group, as far as it was disclosed."""
    core, detail = shown.core, shown.facts.get("detail", {})
    place, technique = shown.facts.get("place", {}), shown.facts.get("technique", {})
    case = shown.facts.get("case", {})
    items = shown.facts.get("identifiers", {}).get("items", [])
    known = terms()
    parts = [
        core.get("tear_line", ""),
        detail.get("narrative", ""),
        detail.get("concealment", ""),
        core.get("safety_note", ""),
        core.get("conveyance", ""),
        *(row.get("caption", "") for row in shown.photographs),
        *(str(place.get(name, "")) for name in ("place", "state", "destination", "note")),
        word(known.ports, place.get("port", "")),
        technique.get("technique", ""),
        *(word(known.detections, code) for code in technique.get("detection", [])),
        *(f"{row['value']} {row.get('note', '')}".strip() for row in items),
        *(str(value) for value in case.values()),
        *(word(known.methods, code) for code in core.get("methods", [])),
        *(word(known.drugs, row["drug"]) for row in core.get("substances", [])),
    ]
    return " … ".join(part for part in parts if part)
