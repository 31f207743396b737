"""Questions asked of faces: search and filters, always through what the viewer is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.search import SearchQuery
from django.db import connection, models

from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class FoundQuerySet(models.QuerySet[Any]):
    """Rows of the viewer's own faces. Filters use typed columns alone: a cast over `shown` could tell of others."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The faces `viewer` may see. The predicate stands in the view; here the two viewers are held together."""
        require_viewer(viewer)
        return self

    def matching(self, text: str) -> Self:
        """Faces that say `text`, as a person types it: words, "phrases", or, -not."""
        return (
            self.filter(words=SearchQuery(text, config="english", search_type="websearch")) if text else self
        )

    def narrowed(self, filters: dict[str, Any]) -> Self:
        """Narrow by the filters of lists and search. Empty values do not narrow; unknown names raise KeyError."""
        found = self
        for name, value in filters.items():
            if value not in ("", None, [], False):
                found = found.filter(**{FILTERS[name]: _listed(name, value)})
        return found


def identifiers_read(viewer: Viewer, words: Sequence[str]) -> set[str]:
    """Of `words`, those that are identifiers of records the viewer reads whole: another agency's are not looked at.

    The words' text index is asked first; what it finds is compared as a whole, in the case it was written in.
    """
    require_viewer(viewer)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.value from unnest(%s::text[]) c(value)
            where exists (select 1 from bulletins_found f
                          where f.words @@ phraseto_tsquery('english', c.value) and f.withheld = '{}'
                            and f.shown -> 'identifiers' -> 'items'
                                @> jsonb_build_array(jsonb_build_object('value', c.value)))
            """,
            [list(words)],
        )
        return {value for (value,) in cursor.fetchall()}


# Filter name to lookup. A method's face carries its ancestors' codes, so one lookup takes all below it.
FILTERS = {
    "kind": "kind",
    "method": "methods__contains",
    "drug": "drugs__contains",
    "mode": "mode",
    "month": "month",
    "region": "region",
    "country": "country",
    "port": "port",
    "owner": "owner__code",
    "hazard": "hazard",
    "tlp": "tlp",
    "urgency": "urgency",
}


def _listed(name: str, value: Any) -> Any:
    return [value] if FILTERS[name].endswith("__contains") else value
