"""Questions asked of faces: search and filters, always through what the viewer is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from hub.database.context import require_viewer

if TYPE_CHECKING:
    from hub.accounts.viewer import Viewer


class FoundQuerySet(models.QuerySet[Any]):
    """Rows of the viewer's own faces. Filters use typed columns alone: a cast over `shown` could tell of others.

    What is listed or counted is looked at twice, by `look` or `looked_at`: the view's predicate chooses, and the policy
    of the table of faces, which is another lock, confirms each. So no number rests on the view alone, and no word that
    is withheld finds a record. `face` names the column that holds the face.
    """

    face = "id"

    def visible_to(self, viewer: Viewer) -> Self:
        """The faces `viewer` may see. The predicate stands in the view; here the two viewers are held together."""
        require_viewer(viewer)
        return self

    def looked_at(self, *columns: str, most: int | None) -> tuple[str, tuple[Any, ...]]:
        """SQL for `columns` of the first `most` rows that the faces' own policy shows too; in no order.

        Raises EmptyResultSet where there can be none. What the second look takes away leaves a gap.
        """
        named = ", ".join(connection.ops.quote_name(name) for name in columns)
        sql, parameters = self.values_list(self.face, *columns)[:most].query.sql_with_params()
        # The row number says the order, and fences: the second look is at what was chosen, at no row before. It is a
        # value, not `exists`, which PostgreSQL may turn into a join with every face (measured: 260 ms instead of 60).
        return (
            f"select place, {named} from (select *, row_number() over () from ({sql}) c) h (face, {named}, place)"  # noqa: S608 - our own names
            " where (select true from bulletins_face f where f.id = h.face)",
            tuple(parameters),
        )

    def look(self, *columns: str, most: int) -> list[tuple[Any, ...]]:
        """The first `most` rows in their order, looked at twice."""
        try:
            sql, parameters = self.looked_at(*columns, most=most)
        except EmptyResultSet:
            return []
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} order by place", parameters)
            return [row[1:] for row in cursor.fetchall()]

    def number(self, *, most: int) -> int:
        """How many faces there are, counted to `most` and looked at twice: all of them at once, by their keys."""
        try:
            sql, parameters = self.order_by().values_list(self.face)[:most].query.sql_with_params()
        except EmptyResultSet:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                f"select count(*) from bulletins_face where id = any(array({sql}))",  # noqa: S608 - our own names
                parameters,
            )
            return int(cursor.fetchone()[0])

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
                                @> jsonb_build_array(jsonb_build_object('value', c.value))
                            and exists (select from bulletins_face a where a.id = f.id))
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
