"""Search and lists over what the reader is shown: a page, its counts, and the words of each that matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from bulletins.models import Found
from bulletins.vocabulary.terms import terms
from hub.accounts.viewer import Viewer
from hub.templatetags.hub_tags import MATCH_START, MATCH_STOP
from sharing.audiences.models import Received
from sharing.disclosures.disclosure import Disclosure
from sharing.disclosures.facets import COUNTED, Facet, counts_of, facets_of
from sharing.disclosures.filters import Filters
from sharing.disclosures.paging import Keys, page_of
from sharing.disclosures.presenting import line_of
from sharing.disclosures.wording import where_of, word


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


def list_of(viewer: Viewer, filters: Filters, kind: str) -> Results:
    """A list of one kind that fits, newest first by when it became visible; counted as search counts."""
    rows = filters.narrow(Received.objects.visible_to(viewer).filter(kind=kind))
    keys = page_of(rows, by="visible_since", after=filters.after)
    total, counts = counts_of(Found.objects.visible_to(viewer).filter(kind=kind), filters)
    return Results(keys, total, tuple(facets_of(filters, counts, over=total > COUNTED, but=("kind",))))


@dataclass(frozen=True)
class Matches:
    """The words of one result with the matching ones marked: its title, its line of facts, a text of it."""

    title: str = ""
    line: tuple[str, ...] = ()
    snippet: str = ""


def matches(shown: Sequence[Disclosure], words: str) -> list[Matches]:
    """What of each disclosure matched. Made of what was disclosed alone: the withheld cannot be quoted."""
    if not words or not shown:
        return [Matches() for _each in shown]
    lines = [line_of(each) for each in shown]
    texts = [_texts(each) for each in shown]
    asked = [(each.title, *line, *several) for each, line, several in zip(shown, lines, texts, strict=True)]
    marked = _marked([text for group in asked for text in group], words)
    found = []
    for line, several in zip(lines, texts, strict=True):
        title, facts = next(marked), tuple(next(marked) for _part in line)
        quoted = [text for text in [next(marked) for _text in several] if MATCH_START in text]
        said = f"{title} {' '.join(facts)}".casefold()
        found.append(
            Matches(title, facts, next((text for text in quoted if text.casefold() not in said), ""))
        )
    return found


# Short texts are shown whole; of longer ones a few words around what matched.
WHOLE_CHARACTERS = 240
WINDOW = 'MaxFragments=2, MinWords=8, MaxWords=26, FragmentDelimiter=" … "'


def _marked(texts: Sequence[str], words: str) -> Iterator[str]:
    """The texts in their order, with what matches `words` between the two marks: one statement for all."""
    marks = f"StartSel={MATCH_START}, StopSel={MATCH_STOP}"
    windows = ["HighlightAll=true" if len(text) <= WHOLE_CHARACTERS else WINDOW for text in texts]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select ts_headline('english', t.body, q.words, t.options)
            from unnest(%s::text[], %s::text[]) with ordinality t(body, options, place),
                 (select websearch_to_tsquery('english', %s) as words) q
            order by t.place
            """,
            [
                [text.replace(MATCH_START, "").replace(MATCH_STOP, "") for text in texts],
                [f"{marks}, {window}" for window in windows],
                words,
            ],
        )
        return iter([row[0] for row in cursor.fetchall()])


def _texts(shown: Disclosure) -> list[str]:
    """What stands on the page in words and not on the line, as far as it was disclosed; the telling first."""
    core, detail = shown.core, shown.facts.get("detail", {})
    place, technique = shown.facts.get("place", {}), shown.facts.get("technique", {})
    case, items = shown.facts.get("case", {}), shown.facts.get("identifiers", {}).get("items", [])
    parts = [
        core.get("tear_line", ""),
        detail.get("narrative", ""),
        detail.get("concealment", ""),
        core.get("safety_note", ""),
        core.get("conveyance", ""),
        *(row.get("caption", "") for row in shown.photographs),
        technique.get("technique", ""),
        ", ".join(word(terms().detections, code) for code in technique.get("detection", [])),
        *(f"{row['value']} {row.get('note', '')}".strip() for row in items),
        where_of(shown),
        *(str(place.get(name, "")) for name in ("destination", "note")),
        *(str(value) for value in case.values()),
    ]
    return [part for part in parts if part]
